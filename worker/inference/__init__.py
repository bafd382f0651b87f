"""Pure functions before and after the model: input tensors, categories and embedding sketches."""
