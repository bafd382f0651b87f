"""Tag lookup by words of names and synonyms."""

import pytest

from core.search.ast import Clause, Inside, Query, Words
from core.search.tag_index import (
    custom_tags_named,
    find_tags,
    matching_name,
    tags_of,
    with_custom_tags,
)
from core.vocabulary import load_vocabulary
from core.vocabulary.tags import custom_tag, load_tags


def labels(*words: str, prefix: bool = True) -> set[str]:
    return {load_tags()[tag].label for tag in find_tags(Words(words, prefix=prefix))}


def inside(text: str) -> set[str]:
    return {load_tags()[tag].label for tag in tags_of(Inside(text)) or ()}


WHOLE_WORDS = sorted(
    {word for each in load_vocabulary().classes for word in each.label.lower().split()}
)


def test_text_between_asterisks_matches_the_same_classes_as_the_first_version() -> None:
    vocabulary = load_vocabulary()
    for word in WHOLE_WORDS:
        assert tags_of(Inside(word)) == vocabulary.classes_matching(word)
    assert len(WHOLE_WORDS) > 1000
    assert {"owl", "great grey owl"} & inside("owl") == {"great grey owl"}
    assert {"mixing bowl", "howler monkey", "hotdog"} <= inside("owl") | inside("dog")


def test_word_matches_categories_and_synonyms() -> None:
    assert {"dog", "golden retriever"} & labels("dog") == {"dog"}
    assert "car" in labels("auto")
    assert "linnet" not in labels("linnet")
    assert labels("linnet") == {"house finch"}


def test_prefix_matches_word_but_phrase_requires_complete_words() -> None:
    assert "golden retriever" in labels("retriev")
    assert labels("retriev", prefix=False) == set()
    assert labels("golden", "retriever", prefix=False) == {"golden retriever"}


def test_whole_words_are_matched_before_parts_of_words() -> None:
    """P4: `owl` found bowls and a howler monkey."""
    assert labels("owl") == {"great grey owl"}
    assert labels("cat").isdisjoint({"caterpillar", "catamaran", "cattle"})
    assert "golden retriever" in labels("etriever")


@pytest.mark.parametrize(
    ("plural", "singular"),
    [("dogs", "dog"), ("cats", "cat"), ("boxes", "box"), ("buses", "bus"), ("wolves", "wolf"),
     ("strawberries", "strawberry"), ("mice", "mouse"), ("knives", "knife"), ("geese", "goose"),
     ("churches", "church"), ("binoculars", "binocular"), ("glasses", "glass")],
)  # fmt: skip
def test_singular_and_plural_match_the_same_tags(plural: str, singular: str) -> None:
    """P4: `dogs` found dogsleds."""
    assert labels(plural) == labels(singular)
    assert labels(plural)
    assert labels(plural, prefix=False) == labels(plural)


def test_phrase_in_the_plural_matches_the_tag() -> None:
    """P4: `sports cars` found nothing."""
    assert labels("sports", "cars", prefix=False) == {"sports car"}
    assert "sports car" in labels("sports") & labels("cars")


@pytest.mark.parametrize(
    ("word", "tag"),
    [("puppies", "dog"), ("puppy", "dog"), ("kittens", "domestic cat"), ("hotel", "building")],
)
def test_word_for_a_kind_of_a_tag_matches_the_tag(word: str, tag: str) -> None:
    """P4: `puppies` found nothing."""
    assert tag in labels(word)


def test_words_ending_in_ss_have_no_singular() -> None:
    assert "brassiere" in labels("bras")
    assert labels("bras").isdisjoint(labels("brass"))


@pytest.mark.parametrize(
    ("typed", "name"), [("golden", "golden retriever"), ("zzz", "golden retriever")]
)
def test_matching_name_prefers_own_name(typed: str, name: str) -> None:
    assert matching_name(207, Words((typed,), prefix=True)) == name


def test_complete_word_does_not_match_category_by_prefix() -> None:
    assert "carnivore" not in labels("car")
    assert "carnivore" in labels("carniv")


def test_custom_tags_are_found_by_whole_words_and_suggested_by_their_beginnings() -> None:
    tags = {10_000: custom_tag(10_000, "red-boats", "red boats")}

    def find(*words: str) -> frozenset[int]:
        (clause,) = with_custom_tags(Query((Clause((Words(words, prefix=True),)),)), tags).clauses
        return tags_of(clause.any_of[0]) or frozenset()

    assert find("red", "boat") == {10_000}
    assert 10_000 in find("boats")
    assert 10_000 not in find("boa")
    assert custom_tags_named(Words(("boa",), prefix=True), tags) == {10_000}
