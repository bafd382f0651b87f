"""Consistency of the vocabulary file, and the build from WordNet."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from core.vocabulary import Category, Vocabulary, load_vocabulary
from core.vocabulary.build.__main__ import build, read_classes
from core.vocabulary.build.exclusions import ALWAYS_INCLUDED, MERGED, MIN_DEPTH, TOO_GENERAL
from core.vocabulary.build.technical import TECHNICAL
from core.vocabulary.build.wordnet import Nouns, Synset, parse_synset, read_nouns
from core.vocabulary.loader import FILE, parse, render
from tests.support.paths import ROOT

WORDNET = Path("/usr/share/wordnet")
CLASS_INDEX = ROOT.parent / "shared/models/imagenet_class_index.json"

needs_wordnet = pytest.mark.skipif(
    not (WORDNET / "data.noun").exists(), reason="wordnet-base is not installed"
)
needs_class_index = pytest.mark.skipif(
    not CLASS_INDEX.exists(), reason="../shared/models has no imagenet_class_index.json"
)


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return load_vocabulary()


@pytest.fixture(scope="module")
def named(vocabulary: Vocabulary) -> dict[str, Category]:
    return {category.name: category for category in vocabulary.categories}


@pytest.fixture(scope="module")
def nouns() -> Nouns:
    return read_nouns(WORDNET)


def names_under(vocabulary: Vocabulary, category: Category) -> set[str]:
    return {vocabulary.classes[index].name for index in category.classes}


def wnids(entries: tuple[str, ...]) -> set[str]:
    return {entry.split(maxsplit=1)[0] for entry in entries}


def test_classes_are_complete_and_ordered_by_index(vocabulary: Vocabulary) -> None:
    assert [image_class.index for image_class in vocabulary.classes] == list(range(1000))
    assert len({image_class.wnid for image_class in vocabulary.classes}) == 1000


def test_only_two_class_names_are_ambiguous(vocabulary: Vocabulary) -> None:
    times = Counter(image_class.name for image_class in vocabulary.classes)
    assert {name for name, count in times.items() if count > 1} == {"crane", "maillot"}


def test_class_has_names_and_categories(vocabulary: Vocabulary) -> None:
    golden_retriever = vocabulary.classes[207]
    assert golden_retriever.wnid == "n02099601"
    assert golden_retriever.name == "golden_retriever"
    assert golden_retriever.label == "golden retriever"
    names = {vocabulary.category(number).name for number in golden_retriever.categories}
    assert names >= {"retriever", "sporting dog", "dog", "carnivore", "mammal", "animal"}
    assert vocabulary.classes[0].synonyms == ("Tinca tinca",)


def test_classes_and_categories_reference_each_other(vocabulary: Vocabulary) -> None:
    from_classes = {(c.index, number) for c in vocabulary.classes for number in c.categories}
    from_categories = {(index, c.id) for c in vocabulary.categories for index in c.classes}
    assert from_classes == from_categories


@pytest.mark.parametrize(
    ("name", "count"),
    [("dog", 118), ("bird", 59), ("animal", 398), ("vehicle", 67), ("food", 48), ("car", 10)],
)
def test_category_has_expected_number_of_classes(
    named: dict[str, Category], name: str, count: int
) -> None:
    assert len(named[name].classes) == count


def test_crane_bird_is_animal_and_crane_machine_is_not(
    vocabulary: Vocabulary, named: dict[str, Category]
) -> None:
    bird, machine = (c for c in vocabulary.classes if c.name == "crane")
    assert (bird.index in named["bird"].classes, bird.index in named["animal"].classes) == (
        True,
        True,
    )
    assert machine.index not in named["animal"].classes


def test_objects_named_after_animals_are_not_animals(
    vocabulary: Vocabulary, named: dict[str, Category]
) -> None:
    animals = names_under(vocabulary, named["animal"])
    objects = {"snowmobile", "snowplow", "teddy", "hotdog", "mouse"}
    assert objects <= {image_class.name for image_class in vocabulary.classes}
    assert animals.isdisjoint(objects)
    assert {"tabby", "snow_leopard", "great_white_shark", "monarch"} <= animals


def test_food_includes_dishes_and_fruit(vocabulary: Vocabulary, named: dict[str, Category]) -> None:
    assert {"pizza", "banana", "espresso"} <= names_under(vocabulary, named["food"])


def test_auto_is_a_synonym_of_car(named: dict[str, Category]) -> None:
    assert "auto" in named["car"].synonyms


def test_words_of_merged_category_become_synonyms_of_its_target(
    named: dict[str, Category],
) -> None:
    assert "waterfowl" in named["anseriform bird"].synonyms
    assert "plant" in named["flower"].synonyms
    assert {"waterfowl", "plant"}.isdisjoint(named)


def test_excluded_categories_are_absent(vocabulary: Vocabulary) -> None:
    excluded = set().union(*map(wnids, TOO_GENERAL.values()))
    assert excluded.isdisjoint(category.wnid for category in vocabulary.categories)
    general = {"entity", "physical entity", "object", "whole", "artifact", "instrumentality"}
    assert general.isdisjoint(category.name for category in vocabulary.categories)


def test_category_names_and_ids_are_unique(vocabulary: Vocabulary) -> None:
    assert len({c.name.lower() for c in vocabulary.categories}) == len(vocabulary.categories)
    assert len({c.wnid for c in vocabulary.categories}) == len(vocabulary.categories)
    ids = [category.id for category in vocabulary.categories]
    assert ids == sorted(set(ids))
    assert [c.wnid for c in vocabulary.categories] == sorted(c.wnid for c in vocabulary.categories)


def test_no_two_categories_cover_the_same_classes(vocabulary: Vocabulary) -> None:
    times = Counter(category.classes for category in vocabulary.categories)
    assert [classes for classes, count in times.items() if count > 1] == []


def test_category_of_one_class_is_not_a_word_of_its_label(vocabulary: Vocabulary) -> None:
    for category in vocabulary.categories:
        if len(category.classes) == 1:
            label = vocabulary.classes[category.classes[0]].label
            assert not re.search(rf"(?<!\S){re.escape(category.name)}(?!\S)", label, re.IGNORECASE)


def test_names_have_spaces_instead_of_underscores_and_no_duplicates(vocabulary: Vocabulary) -> None:
    entries = [(c.label, c.synonyms) for c in vocabulary.classes]
    entries += [(c.name, c.synonyms) for c in vocabulary.categories]
    for name, synonyms in entries:
        words = [name.lower(), *(word.lower() for word in synonyms)]
        assert len(words) == len(set(words))
        assert not [word for word in words if "_" in word or word != word.strip() or not word]


@pytest.mark.parametrize("word", ["retriever", "RETRIEVER", "n retr", "_retriever"])
def test_classes_matching_finds_substring_ignoring_case(vocabulary: Vocabulary, word: str) -> None:
    matching = {vocabulary.classes[index].name for index in vocabulary.classes_matching(word)}
    assert "golden_retriever" in matching
    assert "tabby" not in matching


def test_classes_matching_returns_same_indexes_as_first_version(vocabulary: Vocabulary) -> None:
    assert vocabulary.classes_matching("crane") == {134, 517}
    assert vocabulary.classes_matching("unknown word") == frozenset()


def test_technical_categories_are_listed_by_their_names(named: dict[str, Category]) -> None:
    entries = {entry for entries in TECHNICAL.values() for entry in entries}
    technical = [category for category in named.values() if category.technical]
    assert {f"{category.wnid} {category.name}" for category in technical} == entries
    for name in ("vertebrate", "placental", "carnivore", "conveyance"):
        assert named[name].technical
    for name in ("animal", "dog", "bird", "car", "food", "butterfly"):
        assert not named[name].technical


def test_common_meanings_have_a_higher_usage(named: dict[str, Category]) -> None:
    assert named["dog"].usage > named["mammal"].usage > named["placental"].usage == 0


def test_unknown_category_raises_key_error(vocabulary: Vocabulary) -> None:
    with pytest.raises(KeyError):
        vocabulary.category(0)


def test_file_round_trips_through_parse_and_render(vocabulary: Vocabulary) -> None:
    text = (ROOT / "core/vocabulary" / FILE).read_text(encoding="utf-8")
    assert render(vocabulary) == text
    assert parse(text) == vocabulary
    entries = [json.loads(line.rstrip(",")) for line in text.splitlines() if '"wnid"' in line]
    assert len(entries) == len(vocabulary.classes) + len(vocabulary.categories)


def test_wordnet_line_is_parsed() -> None:
    line = (
        "02958343 06 n 02 car 0 motor_car a 003 @ 03791235 n 0000 + 1 v 0101 @i 00000001 n 0000 | x"
    )
    assert parse_synset(line) == Synset(
        wnid="n02958343",
        words=("car", "motor car"),
        parents=("n03791235", "n00000001"),
        senses=("car%1:06:00::", "motor_car%1:06:10::"),
    )


@needs_class_index
def test_classes_equal_keras_class_index(vocabulary: Vocabulary) -> None:
    ours = {
        image_class.index: (image_class.wnid, image_class.name)
        for image_class in vocabulary.classes
    }
    assert ours == read_classes(CLASS_INDEX)


@needs_wordnet
def test_build_reproduces_committed_file(vocabulary: Vocabulary, nouns: Nouns) -> None:
    classes = {c.index: (c.wnid, c.name) for c in vocabulary.classes}
    assert build(nouns, classes) == vocabulary


@needs_wordnet
def test_categories_of_class_are_its_wordnet_ancestors(
    vocabulary: Vocabulary, nouns: Nouns
) -> None:
    """Traverse the hypernyms of each class and compare them with its categories."""
    for image_class in vocabulary.classes:
        visited: set[str] = set()
        pending = [image_class.wnid]
        while pending:
            synset = nouns.synsets[pending.pop()]
            visited.add(synset.wnid)
            pending.extend(synset.parents)
        visited |= {
            target.split(maxsplit=1)[0]
            for source, target in MERGED.items()
            if source.split(maxsplit=1)[0] in visited
        }
        expected = {c.id for c in vocabulary.categories if c.wnid in visited}
        assert set(image_class.categories) == expected


@needs_wordnet
def test_ids_number_all_860_ancestors(vocabulary: Vocabulary, nouns: Nouns) -> None:
    ancestors = set().union(*(nouns.ancestors(c.wnid) for c in vocabulary.classes))
    assert len(ancestors) == 860
    ids = {wnid: number for number, wnid in enumerate(sorted(ancestors), start=1)}
    assert {c.wnid: c.id for c in vocabulary.categories}.items() <= ids.items()


@needs_wordnet
def test_shallow_categories_are_only_those_always_included(
    vocabulary: Vocabulary, nouns: Nouns
) -> None:
    shallow = {c.wnid for c in vocabulary.categories if nouns.depth(c.wnid) < MIN_DEPTH}
    assert shallow == wnids(ALWAYS_INCLUDED)


@needs_wordnet
@pytest.mark.parametrize(
    "entry",
    [*ALWAYS_INCLUDED, *MERGED, *MERGED.values(), *(e for es in TOO_GENERAL.values() for e in es)],
)
def test_listed_entry_names_an_ancestor_of_a_class(
    vocabulary: Vocabulary, nouns: Nouns, entry: str
) -> None:
    wnid, name = entry.split(maxsplit=1)
    assert nouns.synsets[wnid].words[0] == name
    assert any(wnid in nouns.ancestors(image_class.wnid) for image_class in vocabulary.classes)
