"""What the model can name: ImageNet's 1,000 classes and the WordNet categories they belong to."""

from core.vocabulary.loader import load_vocabulary
from core.vocabulary.models import Category, ImageClass, Vocabulary

__all__ = ["Category", "ImageClass", "Vocabulary", "load_vocabulary"]
