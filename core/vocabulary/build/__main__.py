"""Build the vocabulary file from WordNet 3.0 and the Keras class index.

    python -m core.vocabulary.build --wordnet DIR --classes imagenet_class_index.json

`DIR` is `/usr/share/wordnet` after installation of the Debian package `wordnet-base`.

An ImageNet id is the offset of a WordNet noun, which gives the ancestors of each class.
`categories` and `exclusions` select the ancestors that become categories, `technical` those
that are shown last; `synonyms` collects words that lead to tags without being part of their names.
The output is
deterministic.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from core.vocabulary.build.categories import find_categories, without
from core.vocabulary.build.synonyms import find_irregular, find_narrower, words_in_names
from core.vocabulary.build.wordnet import Nouns, read_nouns
from core.vocabulary.loader import FILE, render
from core.vocabulary.models import Category, ImageClass, Vocabulary


def read_classes(path: Path) -> dict[int, tuple[str, str]]:
    """Read the Keras class index: index to (wnid, name), ordered by index."""
    entries = json.loads(path.read_text(encoding="utf-8"))
    return {
        int(index): (wnid, name) for index, (wnid, name) in sorted(entries.items(), key=class_index)
    }


def class_index(entry: tuple[str, object]) -> int:
    """Return the numeric index of an entry, for numeric instead of alphabetical order."""
    return int(entry[0])


def build(nouns: Nouns, classes: dict[int, tuple[str, str]]) -> Vocabulary:
    """Build the vocabulary of the given classes (index to wnid and name)."""
    labels = {index: (wnid, name.replace("_", " ")) for index, (wnid, name) in classes.items()}
    categories = find_categories(nouns, labels)
    image_classes = tuple(
        ImageClass(
            index=index,
            wnid=wnid,
            name=name,
            synonyms=without(labels[index][1], nouns.synsets[wnid].words),
            categories=tuple(each.id for each in categories if index in each.classes),
            usage=nouns.usage(wnid),
        )
        for index, (wnid, name) in classes.items()
    )
    tags: tuple[ImageClass | Category, ...] = (*image_classes, *categories)
    words = words_in_names(tags)
    return Vocabulary(
        classes=image_classes,
        categories=tuple(categories),
        irregular=find_irregular(nouns, words),
        narrower=find_narrower(nouns, tags, words),
    )


def main() -> None:
    """Parse the command line and write the vocabulary file."""
    parser = argparse.ArgumentParser(description="Build the ImageNet vocabulary file.")
    parser.add_argument("--wordnet", type=Path, required=True, help="directory with data.noun")
    parser.add_argument("--classes", type=Path, required=True, help="imagenet_class_index.json")
    arguments = parser.parse_args()
    vocabulary = build(read_nouns(arguments.wordnet), read_classes(arguments.classes))
    Path(__file__).parents[1].joinpath(FILE).write_text(render(vocabulary), encoding="utf-8")


if __name__ == "__main__":
    main()
