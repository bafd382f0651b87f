"""Files of a request in one spool."""

import os

import pytest

from api.uploads.spool import Spool


def test_file_is_read_and_seeked_independently_of_others() -> None:
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


def test_files_can_be_read_alternately() -> None:
    spool = Spool()
    first = spool.begin()
    first.write(b"abc")
    second = spool.begin()
    second.write(b"xyz")

    assert [file.read(1) for _ in range(3) for file in (first, second)] == [
        b"a", b"x", b"b", b"y", b"c", b"z"
    ]  # fmt: skip
    spool.close()
