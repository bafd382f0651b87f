"""Benchmark of the API over a million images: `make bench-scale`."""
