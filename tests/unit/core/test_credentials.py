"""Generation and hashing of API keys."""

import pytest

from core.credentials import (
    KEY_PREFIX,
    PREFIX_LENGTH,
    hash_secret,
    is_well_formed,
    new_key,
    visible_prefix,
)


def test_new_keys_are_unique_and_have_prefix() -> None:
    first, second = new_key(), new_key()

    assert first != second
    assert first.startswith(KEY_PREFIX)


def test_visible_prefix_reveals_eight_characters_of_the_secret() -> None:
    key = new_key()

    assert key.startswith(visible_prefix(key))
    assert len(visible_prefix(key)) == PREFIX_LENGTH == len(KEY_PREFIX) + 8


def test_hash_accepts_any_text_and_depends_on_it() -> None:
    assert len(hash_secret("\udc80")) == 32
    assert hash_secret("a") != hash_secret("b")


def test_checksum_reveals_mistyped_and_incomplete_keys() -> None:
    key = new_key()
    swapped = key[:20] + ("A" if key[20] != "A" else "B") + key[21:]

    assert is_well_formed(key)
    assert not is_well_formed(swapped)
    assert not is_well_formed(key[:-1])
    assert not is_well_formed(key + "0")


def test_key_of_an_earlier_version_has_no_checksum() -> None:
    assert is_well_formed("gal_" + "x" * 43)


@pytest.mark.parametrize("key", ["", "gal_", "ghp_" + "x" * 43, "gal_" + "ä" * 43, "gal_\udc80"])
def test_other_text_is_not_a_key(key: str) -> None:
    assert not is_well_formed(key)
