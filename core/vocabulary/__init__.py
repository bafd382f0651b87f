"""Vocabulary of the model: the 1,000 ImageNet classes and their WordNet categories."""

from core.vocabulary.loader import load_vocabulary
from core.vocabulary.models import Category, ImageClass, Vocabulary

__all__ = ["Category", "ImageClass", "Vocabulary", "load_vocabulary"]
