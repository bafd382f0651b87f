"""Tests against real Postgres, Redis, Celery, object storage and Chromium. They start it all."""
