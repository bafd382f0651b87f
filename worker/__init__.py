"""Celery worker: decode uploaded images, classify them and store the results. No HTTP."""
