"""HTTP in, jobs out. Knows nothing of TensorFlow."""
