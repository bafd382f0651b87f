"""Grouping of concurrent writes by GroupCommit."""

import asyncio
from collections.abc import Sequence

import pytest

from core.errors import DatabaseUnavailableError
from core.group_commit import GroupCommit

pytestmark = pytest.mark.anyio


class Writer:
    """Writes numbers and returns them doubled. Refuses negative ones, and all while it is down."""

    def __init__(self) -> None:
        self.is_down = False
        self.groups: list[list[int]] = []

    async def write(self, entries: Sequence[int]) -> list[int]:
        self.groups.append(list(entries))
        await asyncio.sleep(0.01)
        if self.is_down:
            raise DatabaseUnavailableError
        if min(entries) < 0:
            raise ValueError("negative")
        return [2 * entry for entry in entries]


@pytest.fixture
def writer() -> Writer:
    return Writer()


async def test_entries_that_arrive_during_a_write_form_the_next_group(writer: Writer) -> None:
    commit = GroupCommit(writer.write, max_entries=3)

    assert await asyncio.gather(*map(commit.add, range(6))) == [0, 2, 4, 6, 8, 10]
    assert await commit.add(6) == 12
    assert writer.groups == [[0, 1, 2], [3, 4, 5], [6]]


async def test_invalid_entry_fails_alone(writer: Writer) -> None:
    commit = GroupCommit(writer.write)

    results = await asyncio.gather(*map(commit.add, [1, -1, 2]), return_exceptions=True)
    assert results[0] == 2
    assert isinstance(results[1], ValueError)
    assert results[2] == 4


async def test_unavailable_service_fails_the_group_without_repeating_the_write(
    writer: Writer,
) -> None:
    commit = GroupCommit(writer.write)
    writer.is_down = True

    results = await asyncio.gather(*map(commit.add, [1, 2]), return_exceptions=True)
    assert all(isinstance(each, DatabaseUnavailableError) for each in results)
    assert writer.groups == [[1, 2]]

    writer.is_down = False
    assert await commit.add(3) == 6


async def test_entry_of_a_cancelled_caller_is_written(writer: Writer) -> None:
    commit = GroupCommit(writer.write)
    first, second = (asyncio.create_task(commit.add(entry)) for entry in (1, 2))
    await asyncio.sleep(0)
    first.cancel()

    assert await second == 4
    assert writer.groups == [[1, 2]]
