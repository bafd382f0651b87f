"""Generation and hashing of API keys."""

from core.credentials import KEY_PREFIX, PREFIX_LENGTH, hash_secret, new_key, visible_prefix


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
