"""What the model can name: ImageNet's 1,000 classes and the WordNet categories they belong to."""

from infra.vocabulary.data import load_vocabulary
from infra.vocabulary.entries import Category, ImageClass, Vocabulary

__all__ = ["Category", "ImageClass", "Vocabulary", "load_vocabulary"]
