"""The Celery queue on Redis, and shared counters."""
