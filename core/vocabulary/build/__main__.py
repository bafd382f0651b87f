"""Make the vocabulary's file from WordNet 3.0 and the class index of Keras.

    python -m core.vocabulary.build --wordnet DIR --classes imagenet_class_index.json

`DIR` is `/usr/share/wordnet` once Debian's `wordnet-base` is installed.

ImageNet's ids are the offsets of WordNet's nouns, so every class is looked up there. Which of its
ancestors become categories is decided in `categories` and `general`. The same input always gives
the same bytes.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from core.vocabulary.build.categories import find_categories, without
from core.vocabulary.build.wordnet import Nouns, read_nouns
from core.vocabulary.loader import FILE, render
from core.vocabulary.models import ImageClass, Vocabulary


def read_classes(path: Path) -> dict[int, tuple[str, str]]:
    """Return wnid and name of each class by its index, in order."""
    entries = json.loads(path.read_text(encoding="utf-8"))
    return {int(index): (wnid, name) for index, (wnid, name) in sorted(entries.items(), key=number)}


def number(entry: tuple[str, object]) -> int:
    """Return the index an entry is filed under; as text, 10 would come before 2."""
    return int(entry[0])


def build(nouns: Nouns, classes: dict[int, tuple[str, str]]) -> Vocabulary:
    """Return the vocabulary of the classes (index to wnid and name)."""
    labels = {index: (wnid, name.replace("_", " ")) for index, (wnid, name) in classes.items()}
    categories = find_categories(nouns, labels)
    return Vocabulary(
        classes=tuple(
            ImageClass(
                index=index,
                wnid=wnid,
                name=name,
                synonyms=without(labels[index][1], nouns.synsets[wnid].words),
                categories=tuple(kind.id for kind in categories if index in kind.classes),
            )
            for index, (wnid, name) in classes.items()
        ),
        categories=tuple(categories),
    )


def main() -> None:
    """Write the file beside this module."""
    parser = argparse.ArgumentParser(description="Make the ImageNet vocabulary.")
    parser.add_argument("--wordnet", type=Path, required=True, help="directory with data.noun")
    parser.add_argument("--classes", type=Path, required=True, help="imagenet_class_index.json")
    arguments = parser.parse_args()
    vocabulary = build(read_nouns(arguments.wordnet), read_classes(arguments.classes))
    Path(__file__).parents[1].joinpath(FILE).write_text(render(vocabulary), encoding="utf-8")


if __name__ == "__main__":
    main()
