"""Exports, read back by readers that are not ours."""

import asyncio
import csv
import hashlib
import io
import json
import subprocess
import threading
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

import openpyxl
import pandas as pd
import psycopg
import pyarrow.parquet as pq
import pytest
from httpx import AsyncClient, Response

import api.exports.routes
from api.exports.zip_stream import ZipStream
from infra.settings import Settings
from tests.support.gallery import CAT, DOG, add, classify
from tests.support.images import jpeg

pytestmark = pytest.mark.anyio

NAMES = ["=1+1.jpg", "Käfer <ü>.jpg", "Käfer <ü>.jpg"]


@pytest.fixture
async def ids(client: AsyncClient, settings: Settings) -> list[str]:
    """A dog, a cat and a picture that waits; named alike, or like a formula. Newest first."""
    ids = [await add(client, seed, name) for seed, name in enumerate(NAMES)]
    classify(settings, ids[0], DOG, {"dog": 0.97, "mammal": 0.98})
    classify(settings, ids[1], CAT, {"cat": 0.95})
    with psycopg.connect(settings.require_database_url()) as conn:
        for day, image_id in enumerate(ids, start=1):
            time = datetime(2026, 1, day, 13, 14, 15, 600_000, tzinfo=UTC)
            conn.execute("UPDATE images SET created_at = %s WHERE id = %s", (time, image_id))
        conn.execute(
            "UPDATE images SET classified_at = created_at + interval '2 min' WHERE status = 'done'"
        )
    return ids[::-1]


async def export(client: AsyncClient, **parameters: Any) -> Response:
    answer = await client.get("/api/v1/export", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer


async def test_the_csv_is_these_bytes(client: AsyncClient, ids: list[str]) -> None:
    answer = await export(client)

    assert answer.content.decode() == (
        "ID,Name,Timestamp,Label 1,Score 1,Label 2,Score 2,Label 3,Score 3,Label 4,Score 4,"
        "Label 5,Score 5\n"
        f"{ids[0]},Käfer <ü>.jpg,2026-01-03 13:14:15,,,,,,,,,,\n"
        f"{ids[1]},Käfer <ü>.jpg,2026-01-02 13:14:15,Egyptian_cat,60.00%,tabby,30.00%,"
        "tiger_cat,5.00%,tennis_ball,3.00%,lynx,1.00%\n"
        f"{ids[2]},'=1+1.jpg,2026-01-01 13:14:15,golden_retriever,90.00%,"
        "Labrador_retriever,5.00%,kuvasz,2.00%,tennis_ball,1.00%,collie,0.50%\n"
    )
    marked = await export(client, bom="true")
    assert marked.content == b"\xef\xbb\xbf" + answer.content
    frame = pd.read_csv(io.BytesIO(answer.content), parse_dates=["Timestamp"])
    assert list(frame["Score 1"].dropna()) == ["60.00%", "90.00%"]


async def test_the_json_lines_are_these_bytes(client: AsyncClient, ids: list[str]) -> None:
    sizes = [len(jpeg(seed)) for seed in (2, 1, 0)]
    picture = '"media_type":"image/jpeg","width":320,"height":240'

    assert (await export(client, format="jsonl")).content.decode() == (
        f'{{"id":"{ids[0]}","name":"Käfer <ü>.jpg","status":"queued",{picture},"bytes":{sizes[0]},'
        '"created_at":"2026-01-03T13:14:15.600000Z","classified_at":null,"deleted_at":null,'
        '"model":null,"failure":null,"predictions":[],"categories":[]}\n'
        f'{{"id":"{ids[1]}","name":"Käfer <ü>.jpg","status":"done",{picture},"bytes":{sizes[1]},'
        '"created_at":"2026-01-02T13:14:15.600000Z",'
        '"classified_at":"2026-01-02T13:16:15.600000Z","deleted_at":null,'
        '"model":"test","failure":null,"predictions":['
        '{"rank":1,"label":"Egyptian_cat","score":0.6,"class_index":285,"wnid":"n02124075"},'
        '{"rank":2,"label":"tabby","score":0.3,"class_index":281,"wnid":"n02123045"},'
        '{"rank":3,"label":"tiger_cat","score":0.05,"class_index":282,"wnid":"n02123159"},'
        '{"rank":4,"label":"tennis_ball","score":0.03,"class_index":852,"wnid":"n04409515"},'
        '{"rank":5,"label":"lynx","score":0.01,"class_index":287,"wnid":"n02127052"}],'
        '"categories":[{"label":"cat","score":0.95}]}\n'
        f'{{"id":"{ids[2]}","name":"=1+1.jpg","status":"done",{picture},"bytes":{sizes[2]},'
        '"created_at":"2026-01-01T13:14:15.600000Z",'
        '"classified_at":"2026-01-01T13:16:15.600000Z","deleted_at":null,'
        '"model":"test","failure":null,"predictions":['
        '{"rank":1,"label":"golden_retriever","score":0.9,"class_index":207,"wnid":"n02099601"},'
        '{"rank":2,"label":"Labrador_retriever","score":0.05,"class_index":208,"wnid":"n02099712"},'
        '{"rank":3,"label":"kuvasz","score":0.02,"class_index":222,"wnid":"n02104029"},'
        '{"rank":4,"label":"tennis_ball","score":0.01,"class_index":852,"wnid":"n04409515"},'
        '{"rank":5,"label":"collie","score":0.005,"class_index":231,"wnid":"n02106030"}],'
        '"categories":[{"label":"mammal","score":0.98},{"label":"dog","score":0.97}]}\n'
    )


async def test_json_lines_carry_everything_raw(client: AsyncClient, ids: list[str]) -> None:
    answer = await export(client, format="jsonl")
    lines = [json.loads(line) for line in answer.text.splitlines()]

    assert [line["id"] for line in lines] == ids
    assert lines[2]["predictions"][0] == {
        "rank": 1,
        "label": "golden_retriever",
        "score": 0.9,
        "class_index": 207,
        "wnid": "n02099601",
    }
    assert lines[2]["categories"] == [
        {"label": "mammal", "score": 0.98},
        {"label": "dog", "score": 0.97},
    ]
    frame = pd.read_json(io.StringIO(answer.text), lines=True)
    assert list(frame["status"]) == ["queued", "done", "done"]


PARQUET_SCHEMA = (
    "id: string\n"
    "name: string\n"
    "status: string\n"
    "media_type: string\n"
    "width: int32\n"
    "height: int32\n"
    "bytes: int64\n"
    "created_at: timestamp[us, tz=UTC]\n"
    "classified_at: timestamp[us, tz=UTC]\n"
    "model: string\n"
    "failure: string\n"
    "predictions: list<element: struct<rank: int8, label: string, score: float, "
    "class_index: int16, wnid: string>>\n"
    "  child 0, element: struct<rank: int8, label: string, score: float, "
    "class_index: int16, wnid: string>\n"
    "      child 0, rank: int8\n"
    "      child 1, label: string\n"
    "      child 2, score: float\n"
    "      child 3, class_index: int16\n"
    "      child 4, wnid: string\n"
    "categories: list<element: struct<label: string, score: float>>\n"
    "  child 0, element: struct<label: string, score: float>\n"
    "      child 0, label: string\n"
    "      child 1, score: float"
)


@pytest.mark.usefixtures("ids")
@pytest.mark.parametrize("q", ["", "nothing_like_it"])
async def test_the_parquet_schema_is_this_whatever_is_found(client: AsyncClient, q: str) -> None:
    answer = await export(client, format="parquet", q=q)

    assert str(pq.read_schema(io.BytesIO(answer.content))) == PARQUET_SCHEMA


async def test_parquet_is_typed_and_nested(client: AsyncClient, ids: list[str]) -> None:
    answer = await export(client, format="parquet")
    table = pq.read_table(io.BytesIO(answer.content))
    frame = pd.read_parquet(io.BytesIO(answer.content))

    assert table.column("id").to_pylist() == ids
    assert str(table.schema.field("created_at").type) == "timestamp[us, tz=UTC]"
    assert table.column("created_at").to_pylist()[2] == datetime(
        2026, 1, 1, 13, 14, 15, 600_000, tzinfo=UTC
    )
    predictions = table.column("predictions").to_pylist()
    assert [each["label"] for each in predictions[1]] == list(CAT)
    assert predictions[0] == []
    assert table.column("categories").to_pylist()[1] == [
        {"label": "cat", "score": pytest.approx(0.95)}
    ]
    best = frame["predictions"].map(lambda rows: rows[0]["score"] if len(rows) else None)
    assert list(best.dropna()) == [pytest.approx(0.6), pytest.approx(0.9)]


async def test_the_workbook_has_these_cells(client: AsyncClient, ids: list[str]) -> None:
    answer = await export(client, format="xlsx")
    [sheet] = openpyxl.load_workbook(io.BytesIO(answer.content))
    days = [datetime(2026, 1, day, 13, 14, 15) for day in (3, 2, 1)]  # noqa: DTZ001 (workbooks know no zones)

    assert [list(row) for row in sheet.iter_rows(values_only=True)] == [
        ["ID", "Name", "Timestamp", "Label 1", "Score 1", "Label 2", "Score 2", "Label 3",
         "Score 3", "Label 4", "Score 4", "Label 5", "Score 5"],
        [ids[0], "Käfer <ü>.jpg", days[0], *[None] * 10],
        [ids[1], "Käfer <ü>.jpg", days[1], "Egyptian_cat", 0.6, "tabby", 0.3, "tiger_cat", 0.05,
         "tennis_ball", 0.03, "lynx", 0.01],
        [ids[2], "'=1+1.jpg", days[2], "golden_retriever", 0.9, "Labrador_retriever", 0.05,
         "kuvasz", 0.02, "tennis_ball", 0.01, "collie", 0.005],
    ]  # fmt: skip
    date, share = "yyyy\\-mm\\-dd\\ hh:mm:ss", "0.00%"
    formats = [[cell.number_format for cell in row] for row in sheet.iter_rows()]
    plain = "General"
    assert formats == [
        [plain] * 13,
        [plain, plain, date, *[plain] * 10],
        [plain, plain, date, *[plain, share] * 5],
        [plain, plain, date, *[plain, share] * 5],
    ]


async def test_a_workbook_has_dates_percentages_and_no_formulas(
    client: AsyncClient, ids: list[str]
) -> None:
    answer = await export(client, format="xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    rows = list(sheet.iter_rows(min_row=2))

    assert [cell.value for cell in sheet[1]][:5] == [
        "ID",
        "Name",
        "Timestamp",
        "Label 1",
        "Score 1",
    ]
    assert [row[0].value for row in rows] == ids
    dog = rows[2]
    assert (dog[1].value, dog[1].data_type) == ("'=1+1.jpg", "s")
    assert (dog[2].value, dog[2].is_date) == (datetime(2026, 1, 1, 13, 14, 15), True)  # noqa: DTZ001 (workbooks know no zones)
    assert dog[3].value == "golden_retriever"
    assert (dog[4].value, dog[4].number_format) == (pytest.approx(0.9), "0.00%")
    assert all(cell.data_type != "f" for row in rows for cell in row)
    assert list(pd.read_excel(io.BytesIO(answer.content))["ID"]) == ids


async def test_the_originals_come_under_names_of_their_own(
    client: AsyncClient, ids: list[str]
) -> None:
    answer = await export(client, format="zip")
    archive = zipfile.ZipFile(io.BytesIO(answer.content))

    assert len(ids) == 3
    assert archive.testzip() is None
    assert archive.namelist() == [
        "000001-Käfer _ü_.jpg", "000002-Käfer _ü_.jpg", "000003-=1+1.jpg"
    ]  # fmt: skip
    assert archive.read("000003-=1+1.jpg") == jpeg(0)
    assert archive.infolist()[2].date_time == (2026, 1, 1, 13, 14, 14)  # zips count in two seconds


@pytest.mark.parametrize("letter", ["a", "ü", "猫"])
async def test_originals_with_the_longest_names_can_be_unpacked(
    client: AsyncClient, tmp_path: Path, letter: str
) -> None:
    image_id = await add(client, 0, letter * 255 + ".jpg")
    image = (await client.get(f"/api/v1/images/{image_id}")).json()
    answer = await export(client, format="zip")
    zipfile.ZipFile(io.BytesIO(answer.content)).extractall(tmp_path / "out")

    assert len(image["name"].encode()) > 250
    [unpacked] = (tmp_path / "out").iterdir()
    assert unpacked.name.startswith(f"000001-{letter * 70}")
    assert unpacked.name.endswith(f"{letter}.jpg")
    assert unpacked.read_bytes() == jpeg(0)


async def test_an_export_with_a_manifest_waits_its_turn_too(
    client: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    monkeypatch.setattr("api.exports.routes._exporting", asyncio.Semaphore(0))
    monkeypatch.setattr("api.exports.routes.list_models", lambda *_: asked.append(1))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await export(client, manifest="true")

    assert asked == []


async def test_an_export_begins_when_another_ends(
    client: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = asyncio.Event()

    class Places(asyncio.Semaphore):
        async def acquire(self) -> Literal[True]:
            asked.set()
            return await super().acquire()

    places = Places(0)
    monkeypatch.setattr("api.exports.routes._exporting", places)
    waiting = asyncio.create_task(export(client))
    await asked.wait()
    assert not waiting.done()
    places.release()

    assert (await waiting).text.startswith("ID,Name")


@pytest.mark.parametrize("manifest", ["false", "true"])
async def test_an_export_whose_turn_does_not_come_is_told_to_try_again(
    client: AsyncClient, monkeypatch: pytest.MonkeyPatch, manifest: str
) -> None:
    monkeypatch.setattr("api.exports.routes._exporting", asyncio.Semaphore(0))
    monkeypatch.setattr("api.exports.routes.SLOT_SECONDS", 0.1)
    async with asyncio.timeout(4):
        answer = await client.get("/api/v1/export", params={"manifest": manifest})

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert "exports" in answer.json()["detail"]


async def test_originals_with_a_manifest_are_packed_off_the_loop_and_not_twice(
    client: AsyncClient, ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write, threads = ZipStream.write, set()

    def noted(archive: ZipStream, data: bytes) -> None:
        if len(data) > 1000:
            threads.add(threading.get_ident())
        write(archive, data)

    monkeypatch.setattr("api.exports.zip_stream.ZipStream.write", noted)
    answer = await export(client, format="zip", manifest="true")
    packed = zipfile.ZipFile(io.BytesIO(answer.content))

    assert [each.compress_type for each in packed.infolist()] == [zipfile.ZIP_STORED] * 2
    originals = zipfile.ZipFile(io.BytesIO(packed.read("gallery.zip")))
    assert len(originals.namelist()) == len(ids)
    told = json.loads(packed.read("manifest.json"))
    assert told["sha256"] == hashlib.sha256(packed.read("gallery.zip")).hexdigest()
    assert threads
    assert threading.get_ident() not in threads


@pytest.mark.usefixtures("ids")
@pytest.mark.parametrize("file_format", ["csv", "jsonl", "parquet", "xlsx", "zip"])
async def test_the_same_search_gives_the_same_bytes_and_a_manifest_says_which(
    client: AsyncClient, file_format: str
) -> None:
    asked = {"format": file_format, "q": "ball score:>=0.02"}
    first, second = [(await export(client, **asked)).content for _ in range(2)]
    packed = zipfile.ZipFile(io.BytesIO((await export(client, **asked, manifest="true")).content))
    told = json.loads(packed.read("manifest.json"))

    assert first == second
    assert packed.read(f"gallery.{file_format}") == first
    assert told == {
        "file": f"gallery.{file_format}",
        "bytes": len(first),
        "sha256": hashlib.sha256(first).hexdigest(),
        "query": "ball score:>=0.02",
        "min_score": 0.0,
        "status": None,
        "models": ["test"],
        "rows": 1,
    }


@pytest.mark.parametrize("file_format", ["csv", "jsonl", "parquet", "xlsx", "zip"])
async def test_an_empty_export_is_a_file_too(client: AsyncClient, file_format: str) -> None:
    content = (await export(client, format=file_format, q="dog")).content

    rows = {
        "csv": lambda: len(list(csv.reader(io.StringIO(content.decode())))) - 1,
        "jsonl": lambda: len(content),
        "parquet": lambda: pq.read_table(io.BytesIO(content)).num_rows,
        "xlsx": lambda: openpyxl.load_workbook(io.BytesIO(content)).active.max_row - 1,
        "zip": lambda: len(zipfile.ZipFile(io.BytesIO(content)).namelist()),
    }
    assert rows[file_format]() == 0


async def test_chosen_pictures_are_a_file_however_many_they_are(
    client: AsyncClient, ids: list[str]
) -> None:
    chosen = [ids[2], *(str(uuid4()) for _ in range(5000)), ids[0]]
    answer = await client.post("/api/v1/export", json={"ids": chosen})

    assert answer.status_code == 200, answer.text
    assert answer.content == (await export(client, ids=[ids[0], ids[2]])).content
    assert len(list(csv.reader(io.StringIO(answer.text)))) == 1 + 2

    packed = await client.post(
        "/api/v1/export", params={"format": "jsonl", "manifest": True}, json={"ids": chosen}
    )
    told = json.loads(zipfile.ZipFile(io.BytesIO(packed.content)).read("manifest.json"))
    assert (told["ids"], told["rows"], told["models"]) == (len(chosen), 2, ["test"])
    assert told["ids_sha256"] == digest(chosen)


def digest(ids: list[str]) -> str:
    """As a shell makes it of one id a line."""
    given = "".join(f"{each}\n" for each in ids)
    made = subprocess.run(
        ["/bin/sh", "-c", "sort -u | sha256sum"],
        input=given,
        capture_output=True,
        text=True,
        check=True,
    )
    return made.stdout.split()[0]


async def test_a_manifest_tells_chosen_pictures_from_all(
    client: AsyncClient, ids: list[str]
) -> None:
    packed = await export(client, format="jsonl", manifest="true", ids=[ids[2], ids[1], ids[2]])
    told = json.loads(zipfile.ZipFile(io.BytesIO(packed.content)).read("manifest.json"))

    assert (told["query"], told["ids"], told["ids_sha256"]) == ("", 2, digest(ids[1:]))


@pytest.mark.usefixtures("ids")
@pytest.mark.parametrize(
    ("file_format", "reads"), [("csv", ["pictures", "models"]), ("jsonl", ["pictures"])]
)
async def test_a_manifests_models_are_not_asked_for_ahead_of_the_pictures(
    client: AsyncClient, monkeypatch: pytest.MonkeyPatch, file_format: str, reads: list[str]
) -> None:
    noted: list[str] = []

    def note(name: str, what: str) -> None:
        read = getattr(api.exports.routes, name)
        monkeypatch.setattr(
            api.exports.routes, name, lambda *given: noted.append(what) or read(*given)
        )

    for name in ("copy_csv", "read_images"):
        note(name, "pictures")
    note("list_models", "models")
    packed = await export(client, format=file_format, manifest="true")
    told = json.loads(zipfile.ZipFile(io.BytesIO(packed.content)).read("manifest.json"))

    assert noted == reads
    assert told["models"] == ["test"]


@pytest.mark.parametrize("offset", ["+16:00", "+23:00", "-23:59", "+00:00:30"])
async def test_a_time_may_be_as_far_from_utc_as_it_likes(
    client: AsyncClient, ids: list[str], offset: str
) -> None:
    answer = await export(client, q=f"after:2026-01-02T00:00{offset}")

    assert answer.text.splitlines()[1].startswith(ids[0])


async def test_a_malformed_search_is_a_problem_and_no_file(client: AsyncClient) -> None:
    answer = await client.get("/api/v1/export", params={"q": '"', "format": "xlsx"})

    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
