"""The vocabulary is data: these tests read it as a careful stranger would."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from core.vocabulary import Category, Vocabulary, load_vocabulary
from core.vocabulary.build.__main__ import build, read_classes
from core.vocabulary.build.exclusions import ASKED_FOR, JOINED, LEAST_DEPTH, TOO_GENERAL
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


def test_every_class_is_there_once_and_in_order(vocabulary: Vocabulary) -> None:
    assert [image_class.index for image_class in vocabulary.classes] == list(range(1000))
    assert len({image_class.wnid for image_class in vocabulary.classes}) == 1000


def test_a_class_is_known_by_its_index_because_names_repeat(vocabulary: Vocabulary) -> None:
    times = Counter(image_class.name for image_class in vocabulary.classes)
    assert {name for name, count in times.items() if count > 1} == {"crane", "maillot"}


def test_a_class_tells_all_about_itself(vocabulary: Vocabulary) -> None:
    golden_retriever = vocabulary.classes[207]
    assert golden_retriever.wnid == "n02099601"
    assert golden_retriever.name == "golden_retriever"
    assert golden_retriever.label == "golden retriever"
    names = {vocabulary.category(number).name for number in golden_retriever.categories}
    assert names >= {"retriever", "sporting dog", "dog", "carnivore", "mammal", "animal"}
    assert vocabulary.classes[0].synonyms == ("Tinca tinca",)


def test_classes_and_categories_agree(vocabulary: Vocabulary) -> None:
    from_classes = {(c.index, number) for c in vocabulary.classes for number in c.categories}
    from_categories = {(index, c.id) for c in vocabulary.categories for index in c.classes}
    assert from_classes == from_categories


@pytest.mark.parametrize(
    ("name", "count"),
    [("dog", 118), ("bird", 59), ("animal", 398), ("vehicle", 67), ("food", 48), ("car", 10)],
)
def test_a_category_covers_its_classes(named: dict[str, Category], name: str, count: int) -> None:
    assert len(named[name].classes) == count


def test_crane_the_bird_is_an_animal_and_crane_the_machine_is_not(
    vocabulary: Vocabulary, named: dict[str, Category]
) -> None:
    bird, machine = (c for c in vocabulary.classes if c.name == "crane")
    assert (bird.index in named["bird"].classes, bird.index in named["animal"].classes) == (
        True,
        True,
    )
    assert machine.index not in named["animal"].classes


def test_things_that_sound_alive_are_no_animals(
    vocabulary: Vocabulary, named: dict[str, Category]
) -> None:
    animals = names_under(vocabulary, named["animal"])
    things = {"snowmobile", "snowplow", "teddy", "hotdog", "mouse"}
    assert things <= {image_class.name for image_class in vocabulary.classes}
    assert animals.isdisjoint(things)
    assert {"tabby", "snow_leopard", "great_white_shark", "monarch"} <= animals


def test_food_is_both_what_is_cooked_and_what_grows(
    vocabulary: Vocabulary, named: dict[str, Category]
) -> None:
    assert {"pizza", "banana", "espresso"} <= names_under(vocabulary, named["food"])


def test_an_auto_finds_cars(named: dict[str, Category]) -> None:
    assert "auto" in named["car"].synonyms


def test_a_category_folded_into_another_is_still_found_by_its_words(
    named: dict[str, Category],
) -> None:
    assert "waterfowl" in named["anseriform bird"].synonyms
    assert "plant" in named["flower"].synonyms
    assert {"waterfowl", "plant"}.isdisjoint(named)


def test_too_general_categories_are_absent(vocabulary: Vocabulary) -> None:
    written = set().union(*map(wnids, TOO_GENERAL.values()))
    assert written.isdisjoint(category.wnid for category in vocabulary.categories)
    general = {"entity", "physical entity", "object", "whole", "artifact", "instrumentality"}
    assert general.isdisjoint(category.name for category in vocabulary.categories)


def test_categories_have_names_and_ids_of_their_own(vocabulary: Vocabulary) -> None:
    assert len({c.name.lower() for c in vocabulary.categories}) == len(vocabulary.categories)
    assert len({c.wnid for c in vocabulary.categories}) == len(vocabulary.categories)
    ids = [category.id for category in vocabulary.categories]
    assert ids == sorted(set(ids))
    assert [c.wnid for c in vocabulary.categories] == sorted(c.wnid for c in vocabulary.categories)


def test_no_two_categories_cover_the_same_classes(vocabulary: Vocabulary) -> None:
    times = Counter(category.classes for category in vocabulary.categories)
    assert [classes for classes, count in times.items() if count > 1] == []


def test_a_category_of_one_class_says_more_than_the_class(vocabulary: Vocabulary) -> None:
    for category in vocabulary.categories:
        if len(category.classes) == 1:
            label = vocabulary.classes[category.classes[0]].label
            assert not re.search(rf"(?<!\S){re.escape(category.name)}(?!\S)", label, re.IGNORECASE)


def test_words_are_written_as_people_type_them(vocabulary: Vocabulary) -> None:
    entries = [(c.label, c.synonyms) for c in vocabulary.classes]
    entries += [(c.name, c.synonyms) for c in vocabulary.categories]
    for name, synonyms in entries:
        words = [name.lower(), *(word.lower() for word in synonyms)]
        assert len(words) == len(set(words))
        assert not [word for word in words if "_" in word or word != word.strip() or not word]


@pytest.mark.parametrize("word", ["retriever", "RETRIEVER", "n retr", "_retriever"])
def test_a_word_matches_anywhere_in_a_label_in_any_case(vocabulary: Vocabulary, word: str) -> None:
    matching = {vocabulary.classes[index].name for index in vocabulary.classes_matching(word)}
    assert "golden_retriever" in matching
    assert "tabby" not in matching


def test_words_match_as_they_did_in_the_demo(vocabulary: Vocabulary) -> None:
    assert vocabulary.classes_matching("crane") == {134, 517}
    assert vocabulary.classes_matching("no such thing") == frozenset()


def test_an_unknown_category_is_an_error(vocabulary: Vocabulary) -> None:
    with pytest.raises(KeyError):
        vocabulary.category(0)


def test_the_file_is_what_its_contents_render_to(vocabulary: Vocabulary) -> None:
    text = (ROOT / "core/vocabulary" / FILE).read_text(encoding="utf-8")
    assert render(vocabulary) == text
    assert parse(text) == vocabulary
    entries = [json.loads(line.rstrip(",")) for line in text.splitlines() if '"wnid"' in line]
    assert len(entries) == len(vocabulary.classes) + len(vocabulary.categories)


def test_a_line_of_wordnet_is_read() -> None:
    line = (
        "02958343 06 n 02 car 0 motor_car a 003 @ 03791235 n 0000 + 1 v 0101 @i 00000001 n 0000 | x"
    )
    assert parse_synset(line) == Synset(
        wnid="n02958343", words=("car", "motor car"), parents=("n03791235", "n00000001")
    )


@needs_class_index
def test_classes_are_those_of_keras(vocabulary: Vocabulary) -> None:
    ours = {
        image_class.index: (image_class.wnid, image_class.name)
        for image_class in vocabulary.classes
    }
    assert ours == read_classes(CLASS_INDEX)


@needs_wordnet
def test_building_again_gives_the_same_file(vocabulary: Vocabulary, nouns: Nouns) -> None:
    classes = {c.index: (c.wnid, c.name) for c in vocabulary.classes}
    assert build(nouns, classes) == vocabulary


@needs_wordnet
def test_every_ancestor_is_wordnets(vocabulary: Vocabulary, nouns: Nouns) -> None:
    """Walk up from each class, one step at a time, and meet exactly its categories."""
    for image_class in vocabulary.classes:
        met, ahead = set(), [image_class.wnid]
        while ahead:
            step = nouns.synsets[ahead.pop()]
            met.add(step.wnid)
            ahead.extend(step.parents)
        met |= {
            target.split(maxsplit=1)[0]
            for source, target in JOINED.items()
            if source.split(maxsplit=1)[0] in met
        }
        expected = {c.id for c in vocabulary.categories if c.wnid in met}
        assert set(image_class.categories) == expected


@needs_wordnet
def test_the_raw_tree_has_860_ancestors(vocabulary: Vocabulary, nouns: Nouns) -> None:
    ancestors = set().union(*(nouns.ancestors(c.wnid) for c in vocabulary.classes))
    assert len(ancestors) == 860
    ids = {wnid: number for number, wnid in enumerate(sorted(ancestors), start=1)}
    assert {c.wnid: c.id for c in vocabulary.categories}.items() <= ids.items()


@needs_wordnet
def test_the_rule_of_what_is_too_general_is_kept(vocabulary: Vocabulary, nouns: Nouns) -> None:
    shallow = {c.wnid for c in vocabulary.categories if nouns.depth(c.wnid) < LEAST_DEPTH}
    assert shallow == wnids(ASKED_FOR)


@needs_wordnet
@pytest.mark.parametrize(
    "entry",
    [*ASKED_FOR, *JOINED, *JOINED.values(), *(e for es in TOO_GENERAL.values() for e in es)],
)
def test_a_written_entry_names_a_real_ancestor(
    vocabulary: Vocabulary, nouns: Nouns, entry: str
) -> None:
    wnid, name = entry.split(maxsplit=1)
    assert nouns.synsets[wnid].words[0] == name
    assert any(wnid in nouns.ancestors(image_class.wnid) for image_class in vocabulary.classes)
