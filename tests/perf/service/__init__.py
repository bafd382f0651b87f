"""The benchmark: see docs/benchmarks.md."""
