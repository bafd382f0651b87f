"""Tensors, categories and sketches: pure functions around the model."""
