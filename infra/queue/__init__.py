"""The Celery queue on Redis, and counters shared by the API processes."""
