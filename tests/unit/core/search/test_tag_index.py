"""From words to tags."""

import pytest

from core.search.ast import Words
from core.search.tag_index import find_tags, matching_name
from core.vocabulary import load_vocabulary
from core.vocabulary.tags import load_tags, split_words


def labels(*words: str, prefix: bool = True) -> set[str]:
    return {load_tags()[tag].label for tag in find_tags(Words(words, prefix=prefix))}


WHOLE_WORDS = sorted(
    {word for each in load_vocabulary().classes for word in each.label.lower().split()}
)


def test_whatever_a_whole_word_found_as_a_substring_is_still_found() -> None:
    vocabulary = load_vocabulary()
    missing = {
        word: lost
        for word in WHOLE_WORDS
        if (
            lost := vocabulary.classes_matching(word)
            - find_tags(Words(split_words(word), prefix=True))
        )
    }

    assert len(WHOLE_WORDS) > 1000
    assert missing == {}


def test_a_word_finds_categories_and_by_other_words() -> None:
    assert {"dog", "golden retriever"} & labels("dog") == {"dog"}
    assert "car" in labels("auto")
    assert "linnet" not in labels("linnet")
    assert labels("linnet") == {"house finch"}


def test_the_beginning_of_a_word_finds_it_and_a_phrase_wants_it_whole() -> None:
    assert "golden retriever" in labels("retriev")
    assert labels("retriev", prefix=False) == set()
    assert labels("golden", "retriever", prefix=False) == {"golden retriever"}


def test_a_part_within_a_word_finds_nothing_unless_it_is_a_word_itself() -> None:
    assert labels("etriever") == set()
    assert "hotdog" in labels("dog")


@pytest.mark.parametrize(
    ("typed", "name"), [("golden", "golden retriever"), ("zzz", "golden retriever")]
)
def test_a_tag_is_called_by_its_own_name_where_that_will_do(typed: str, name: str) -> None:
    assert matching_name(207, Words((typed,), prefix=True)) == name


def test_a_whole_word_finds_no_category_by_its_beginning() -> None:
    assert "carnivore" not in labels("car")
    assert "carnivore" in labels("carniv")
