"""CSV export: columns, formats, search and escaped formulas."""

import csv
import io
import re

import pytest
from httpx2 import AsyncClient

from infra.database.search.export import defuse_formula
from infra.settings import Settings
from tests.support.factories import execute
from tests.support.gallery import add

pytestmark = pytest.mark.anyio


async def test_csv_has_contracted_columns_and_formats(
    client: AsyncClient, gallery: dict[str, str]
) -> None:
    response = await client.get("/api/v1/export", params={"format": "csv"})
    rows = list(csv.reader(io.StringIO(response.text)))

    assert response.headers["content-type"].startswith("text/csv")
    assert ",".join(rows[0]) == (
        "ID,Name,Timestamp,Label 1,Score 1,Label 2,Score 2,Label 3,Score 3,"
        "Label 4,Score 4,Label 5,Score 5"
    )
    assert [row[1] for row in rows[1:]] == ["new.jpg", "cat.jpg", "dog.jpg"]
    dog = rows[3]
    assert dog[0] == gallery["dog"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", dog[2])
    assert dog[3:] == [
        "golden_retriever", "90.00%", "Labrador_retriever", "5.00%", "kuvasz", "2.00%",
        "tennis_ball", "1.00%", "collie", "0.50%",
    ]  # fmt: skip
    assert rows[1][3:] == [""] * 10


@pytest.mark.usefixtures("gallery")
async def test_csv_contains_images_of_search(client: AsyncClient) -> None:
    response = await client.get("/api/v1/export", params={"q": "cat", "min_score": 0.5})

    assert [row["Name"] for row in csv.DictReader(io.StringIO(response.text))] == ["cat.jpg"]


@pytest.mark.parametrize("name", ["=1+1.jpg", "+1.jpg", "-1.jpg", "@x.jpg", "＝1.jpg"])
async def test_formula_in_name_is_escaped_in_csv(client: AsyncClient, name: str) -> None:
    await add(client, 1, name)
    response = await client.get("/api/v1/export")

    assert [row["Name"] for row in csv.DictReader(io.StringIO(response.text))] == [f"'{name}"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (";=1+1", '";\'=1+1"'),
        ("a|=1+1;  -2", "\"a|'=1+1;'  -2\""),
        ("=1;b", '"\'=1;b"'),
        ("a;b.jpg", '"a;b.jpg"'),
        ('a";@x', '"a"";\'@x"'),
        ("plain.jpg", "plain.jpg"),
    ],
)
async def test_formula_after_other_separator_is_escaped_and_quoted(
    client: AsyncClient, settings: Settings, name: str, expected: str
) -> None:
    """S17: programs that separate cells by semicolons evaluated the rest of the name."""
    await add(client, 1)
    image = (await client.get("/api/v1/images")).json()["items"][0]
    assert defuse_formula(name) == next(csv.reader([expected]))[0]
    execute(settings.require_database_url(), "UPDATE images SET name = %s", name)
    line = (await client.get("/api/v1/export")).text.splitlines()[1]

    assert line.startswith(f"{image['id']},{expected},")
