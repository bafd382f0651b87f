"""What a person types, as classes to look for."""

from infra.vocabulary import load_vocabulary


def find_classes(text: str) -> list[list[int]]:
    """For each word, the classes whose name contains it. A word no class knows matches nothing."""
    vocabulary = load_vocabulary()
    return [sorted(vocabulary.classes_matching(word)) for word in text.split()]
