"""Zip archives that are written as a stream, read with Python's zipfile."""

import io
import struct
import zipfile
import zlib

import pytest

from api.exports.zip_stream import ZipStream

SIZES_FOLLOW = 0x0008


def pack(*entries: tuple[str, bytes], level: int = 0, limit: int = 2**32 - 1) -> bytes:
    archive = ZipStream(level, limit)
    blocks = []
    for name, data in entries:
        archive.begin(name)
        archive.write(data[:3])
        archive.write(data[3:])
        blocks.append(archive.take())
    return b"".join(blocks) + archive.finish()


@pytest.mark.parametrize("level", [0, zlib.Z_DEFAULT_COMPRESSION])
def test_entries_keep_names_content_and_time(level: int) -> None:
    entries = {"a.jpg": bytes(range(256)) * 500, "größe/ü.jpg": b"\xff", "empty": b""}
    content = pack(*entries.items(), level=level)
    read = zipfile.ZipFile(io.BytesIO(content))

    assert read.testzip() is None
    assert {name: read.read(name) for name in read.namelist()} == entries
    assert {each.date_time for each in read.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert {each.external_attr >> 16 for each in read.infolist()} == {0o100644}


def test_time_has_a_resolution_of_two_seconds() -> None:
    archive = ZipStream()
    archive.begin("a", (2026, 11, 24, 23, 59, 59))
    read = zipfile.ZipFile(io.BytesIO(archive.finish()))

    assert read.getinfo("a").date_time == (2026, 11, 24, 23, 59, 58)


def test_entry_whose_size_follows_is_deflated_and_not_zip64() -> None:
    content = pack(("a.jpg", b"content"))
    version, flags, method = struct.unpack_from("<3H", content, 4)
    extra_length = struct.unpack_from("<H", content, 28)[0]

    assert flags & SIZES_FOLLOW
    assert (version, method, extra_length) == (20, zipfile.ZIP_DEFLATED, 0)


def test_archive_without_entries_is_valid() -> None:
    assert zipfile.ZipFile(io.BytesIO(pack())).namelist() == []


def test_more_than_65535_entries_are_listed() -> None:
    content = pack(*((str(number), b"") for number in range(70_000)))

    assert len(zipfile.ZipFile(io.BytesIO(content)).namelist()) == 70_000


def test_entries_beyond_four_gigabytes_are_readable() -> None:
    # The writer's limit is lowered: four gigabytes take 15 s to compress.
    entries = {"long": bytes(2000), "after": b"abc"}
    read = zipfile.ZipFile(io.BytesIO(pack(*entries.items(), limit=1000)))

    assert read.testzip() is None
    assert {name: read.read(name) for name in read.namelist()} == entries
