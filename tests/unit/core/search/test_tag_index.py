"""Tag lookup by words of names and synonyms."""

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


def test_complete_word_matches_all_classes_that_contain_it() -> None:
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


def test_word_matches_categories_and_synonyms() -> None:
    assert {"dog", "golden retriever"} & labels("dog") == {"dog"}
    assert "car" in labels("auto")
    assert "linnet" not in labels("linnet")
    assert labels("linnet") == {"house finch"}


def test_prefix_matches_word_but_phrase_requires_complete_words() -> None:
    assert "golden retriever" in labels("retriev")
    assert labels("retriev", prefix=False) == set()
    assert labels("golden", "retriever", prefix=False) == {"golden retriever"}


def test_substring_matches_only_if_it_is_a_complete_word_of_another_class() -> None:
    assert labels("etriever") == set()
    assert "hotdog" in labels("dog")


@pytest.mark.parametrize(
    ("typed", "name"), [("golden", "golden retriever"), ("zzz", "golden retriever")]
)
def test_matching_name_prefers_own_name(typed: str, name: str) -> None:
    assert matching_name(207, Words((typed,), prefix=True)) == name


def test_complete_word_does_not_match_category_by_prefix() -> None:
    assert "carnivore" not in labels("car")
    assert "carnivore" in labels("carniv")
