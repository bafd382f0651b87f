"""Sanitizing of file names."""

import pytest

from api.uploads.filenames import MAX_BYTES, clean_name


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("tabby.jpg", "tabby.jpg"),
        ("holiday/2026/tabby.jpg", "tabby.jpg"),
        (r"C:\Users\me\tabby.jpg", "tabby.jpg"),
        ("../../etc/passwd", "passwd"),
        ("two\r\nlines.jpg", "twolines.jpg"),
        ("nul\0byte.jpg", "nulbyte.jpg"),
        ("gpj.\u202eexe.jpg", "gpj.exe.jpg"),
        ('she said "cat".jpg', 'she said "cat".jpg'),
        ("caf\u0065\u0301.png", "caf\u00e9.png"),
        ("  猫 と 犬.webp ", "猫 と 犬.webp"),
        ("👩\u200d👧.png", "👩\u200d👧.png"),
        ("<b>bold</b>", "b>"),
        ("", "unnamed"),
        ("..", "unnamed"),
        ("/", "unnamed"),
        ("\ud800.jpg", ".jpg"),
    ],
)
def test_file_name_is_sanitized(name: str, cleaned: str) -> None:
    assert clean_name(name) == cleaned


@pytest.mark.parametrize("letter", ["a", "é", "猫", "👩"])
def test_long_name_is_cut_between_characters_and_keeps_extension(letter: str) -> None:
    name = clean_name(letter * 300 + ".jpeg")

    assert len(name.encode()) <= MAX_BYTES
    assert len(name.encode()) > MAX_BYTES - 4
    assert name.endswith(f"{letter}.jpeg")
