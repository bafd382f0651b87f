"""Exports in each format, read with independent libraries."""

import csv
import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest
from httpx2 import AsyncClient

from tests.support.exports import export
from tests.support.gallery import CAT, add
from tests.support.images import jpeg

pytestmark = pytest.mark.anyio


async def test_csv_equals_expected_bytes(client: AsyncClient, ids: list[str]) -> None:
    response = await export(client)

    assert response.content.decode() == (
        "ID,Name,Timestamp,Label 1,Score 1,Label 2,Score 2,Label 3,Score 3,Label 4,Score 4,"
        "Label 5,Score 5\n"
        f"{ids[0]},Käfer <ü>.jpg,2026-01-03 13:14:15,,,,,,,,,,\n"
        f"{ids[1]},Käfer <ü>.jpg,2026-01-02 13:14:15,Egyptian_cat,60.00%,tabby,30.00%,"
        "tiger_cat,5.00%,tennis_ball,3.00%,lynx,1.00%\n"
        f"{ids[2]},'=1+1.jpg,2026-01-01 13:14:15,golden_retriever,90.00%,"
        "Labrador_retriever,5.00%,kuvasz,2.00%,tennis_ball,1.00%,collie,0.50%\n"
    )
    marked = await export(client, bom="true")
    assert marked.content == b"\xef\xbb\xbf" + response.content
    frame = pd.read_csv(io.BytesIO(response.content), parse_dates=["Timestamp"])
    assert list(frame["Score 1"].dropna()) == ["60.00%", "90.00%"]


async def test_json_lines_equal_expected_bytes(client: AsyncClient, ids: list[str]) -> None:
    sizes = [len(jpeg(seed)) for seed in (2, 1, 0)]
    common = '"media_type":"image/jpeg","width":320,"height":240'

    def tag(tag: str, label: str, score: float, kind: str = "class") -> str:
        return (
            f'{{"tag":"{tag}","label":"{label}","kind":"{kind}","score":{score},"source":"model",'
            '"verdict":null}'
        )

    cat = [
        tag("n02121620", "cat", 0.95, "category"),
        tag("n02124075", "Egyptian cat", 0.6),
        tag("n02123045", "tabby", 0.3),
        tag("n02123159", "tiger cat", 0.05),
        tag("n04409515", "tennis ball", 0.03),
        tag("n02127052", "lynx", 0.01),
    ]
    dog = [
        tag("n01861778", "mammal", 0.98, "category"),
        tag("n02084071", "dog", 0.97, "category"),
        tag("n02099601", "golden retriever", 0.9),
        tag("n02099712", "Labrador retriever", 0.05),
        tag("n02104029", "kuvasz", 0.02),
        tag("n04409515", "tennis ball", 0.01),
        tag("n02106030", "collie", 0.005),
    ]
    assert (await export(client, format="jsonl")).content.decode() == (
        f'{{"id":"{ids[0]}","name":"Käfer <ü>.jpg","status":"queued",{common},"bytes":{sizes[0]},'
        '"created_at":"2026-01-03T13:14:15.600000Z","classified_at":null,"deleted_at":null,'
        '"model":null,"failure":null,"predictions":[],"categories":[],"tags":[]}\n'
        f'{{"id":"{ids[1]}","name":"Käfer <ü>.jpg","status":"done",{common},"bytes":{sizes[1]},'
        '"created_at":"2026-01-02T13:14:15.600000Z",'
        '"classified_at":"2026-01-02T13:16:15.600000Z","deleted_at":null,'
        '"model":"test","failure":null,"predictions":['
        '{"rank":1,"label":"Egyptian_cat","score":0.6,"class_index":285,"wnid":"n02124075"},'
        '{"rank":2,"label":"tabby","score":0.3,"class_index":281,"wnid":"n02123045"},'
        '{"rank":3,"label":"tiger_cat","score":0.05,"class_index":282,"wnid":"n02123159"},'
        '{"rank":4,"label":"tennis_ball","score":0.03,"class_index":852,"wnid":"n04409515"},'
        '{"rank":5,"label":"lynx","score":0.01,"class_index":287,"wnid":"n02127052"}],'
        '"categories":[{"label":"cat","score":0.95,"technical":false}],'
        f'"tags":[{",".join(cat)}]}}\n'
        f'{{"id":"{ids[2]}","name":"=1+1.jpg","status":"done",{common},"bytes":{sizes[2]},'
        '"created_at":"2026-01-01T13:14:15.600000Z",'
        '"classified_at":"2026-01-01T13:16:15.600000Z","deleted_at":null,'
        '"model":"test","failure":null,"predictions":['
        '{"rank":1,"label":"golden_retriever","score":0.9,"class_index":207,"wnid":"n02099601"},'
        '{"rank":2,"label":"Labrador_retriever","score":0.05,"class_index":208,"wnid":"n02099712"},'
        '{"rank":3,"label":"kuvasz","score":0.02,"class_index":222,"wnid":"n02104029"},'
        '{"rank":4,"label":"tennis_ball","score":0.01,"class_index":852,"wnid":"n04409515"},'
        '{"rank":5,"label":"collie","score":0.005,"class_index":231,"wnid":"n02106030"}],'
        '"categories":[{"label":"mammal","score":0.98,"technical":false},'
        '{"label":"dog","score":0.97,"technical":false}],'
        f'"tags":[{",".join(dog)}]}}\n'
    )


async def test_json_lines_contain_raw_scores_and_categories(
    client: AsyncClient, ids: list[str]
) -> None:
    response = await export(client, format="jsonl")
    lines = [json.loads(line) for line in response.text.splitlines()]

    assert [line["id"] for line in lines] == ids
    assert lines[2]["predictions"][0] == {
        "rank": 1,
        "label": "golden_retriever",
        "score": 0.9,
        "class_index": 207,
        "wnid": "n02099601",
    }
    assert lines[2]["categories"] == [
        {"label": "mammal", "score": 0.98, "technical": False},
        {"label": "dog", "score": 0.97, "technical": False},
    ]
    frame = pd.read_json(io.StringIO(response.text), lines=True)
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
@pytest.mark.parametrize("q", ["", "unknown_tag"])
async def test_parquet_schema_is_independent_of_result(client: AsyncClient, q: str) -> None:
    response = await export(client, format="parquet", q=q)

    assert str(pq.read_schema(io.BytesIO(response.content))) == PARQUET_SCHEMA


async def test_parquet_has_typed_and_nested_columns(client: AsyncClient, ids: list[str]) -> None:
    response = await export(client, format="parquet")
    table = pq.read_table(io.BytesIO(response.content))
    frame = pd.read_parquet(io.BytesIO(response.content))

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


async def test_workbook_has_expected_cells(client: AsyncClient, ids: list[str]) -> None:
    response = await export(client, format="xlsx")
    [sheet] = openpyxl.load_workbook(io.BytesIO(response.content))
    days = [datetime(2026, 1, day, 13, 14, 15) for day in (3, 2, 1)]  # noqa: DTZ001 (workbooks have no time zones)

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


async def test_workbook_has_dates_percentages_and_no_formulas(
    client: AsyncClient, ids: list[str]
) -> None:
    response = await export(client, format="xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(response.content)).active
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
    assert (dog[2].value, dog[2].is_date) == (datetime(2026, 1, 1, 13, 14, 15), True)  # noqa: DTZ001 (workbooks have no time zones)
    assert dog[3].value == "golden_retriever"
    assert (dog[4].value, dog[4].number_format) == (pytest.approx(0.9), "0.00%")
    assert all(cell.data_type != "f" for row in rows for cell in row)
    assert list(pd.read_excel(io.BytesIO(response.content))["ID"]) == ids


async def test_originals_have_unique_names(client: AsyncClient, ids: list[str]) -> None:
    response = await export(client, format="zip")
    archive = zipfile.ZipFile(io.BytesIO(response.content))

    assert len(ids) == 3
    assert archive.testzip() is None
    assert archive.namelist() == [
        "000001-Käfer _ü_.jpg", "000002-Käfer _ü_.jpg", "000003-=1+1.jpg"
    ]  # fmt: skip
    assert archive.read("000003-=1+1.jpg") == jpeg(0)
    assert archive.infolist()[2].date_time == (
        2026,
        1,
        1,
        13,
        14,
        14,
    )  # zip stores times in steps of 2 s


@pytest.mark.parametrize("letter", ["a", "ü", "猫"])
async def test_originals_with_longest_names_can_be_extracted(
    client: AsyncClient, tmp_path: Path, letter: str
) -> None:
    image_id = await add(client, 0, letter * 255 + ".jpg")
    image = (await client.get(f"/api/v1/images/{image_id}")).json()
    response = await export(client, format="zip")
    zipfile.ZipFile(io.BytesIO(response.content)).extractall(tmp_path / "out")

    assert len(image["name"].encode()) > 250
    [unpacked] = (tmp_path / "out").iterdir()
    assert unpacked.name.startswith(f"000001-{letter * 70}")
    assert unpacked.name.endswith(f"{letter}.jpg")
    assert unpacked.read_bytes() == jpeg(0)


@pytest.mark.parametrize("file_format", ["csv", "jsonl", "parquet", "xlsx", "zip"])
async def test_empty_export_is_a_valid_file(client: AsyncClient, file_format: str) -> None:
    content = (await export(client, format=file_format, q="dog")).content

    rows: dict[str, Callable[[], int]] = {
        "csv": lambda: len(list(csv.reader(io.StringIO(content.decode())))) - 1,
        "jsonl": lambda: len(content),
        "parquet": lambda: pq.read_table(io.BytesIO(content)).num_rows,
        "xlsx": lambda: openpyxl.load_workbook(io.BytesIO(content)).active.max_row - 1,
        "zip": lambda: len(zipfile.ZipFile(io.BytesIO(content)).namelist()),
    }
    assert rows[file_format]() == 0


@pytest.mark.parametrize("offset", ["+16:00", "+23:00", "-23:59", "+00:00:30"])
async def test_search_accepts_any_utc_offset(
    client: AsyncClient, ids: list[str], offset: str
) -> None:
    response = await export(client, q=f"after:2026-01-02T00:00{offset}")

    assert response.text.splitlines()[1].startswith(ids[0])


async def test_syntax_error_in_search_returns_problem(client: AsyncClient) -> None:
    response = await client.get("/api/v1/export", params={"q": '"', "format": "xlsx"})

    assert response.status_code == 400
    assert response.headers["content-type"] == "application/problem+json"
