"""Benchmark of the service: `make bench`, docs/explanation/benchmarks.md."""
