"""The files of a request lie in one place, and each is read like any other."""

import os

import pytest

from api.uploads.spool import Spool


def test_a_file_is_read_as_if_it_were_alone() -> None:
    spool = Spool()
    file = spool.begin()
    file.write(b"012")
    file.write(b"34")
    spool.begin().write(b"5")

    assert file.seek(-2, os.SEEK_END) == 3
    assert (file.read(), file.read(), file.tell()) == (b"34", b"", 5)
    assert file.seek(1) == 1
    assert (file.read(2), file.seek(1, os.SEEK_CUR), file.read(9)) == (b"12", 4, b"4")
    assert (file.seek(99), file.read()) == (99, b"")
    with pytest.raises(ValueError, match="before"):
        file.seek(-1)
    spool.close()


def test_files_are_read_in_turns() -> None:
    spool = Spool()
    first = spool.begin()
    first.write(b"abc")
    second = spool.begin()
    second.write(b"xyz")

    assert [file.read(1) for _ in range(3) for file in (first, second)] == [
        b"a", b"x", b"b", b"y", b"c", b"z"
    ]  # fmt: skip
    spool.close()
