"""Pixels in, predictions out. Knows nothing of HTTP."""
