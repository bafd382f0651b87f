"""Health, status and metrics."""
