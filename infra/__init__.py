"""Adapters used by the API and the workers: settings, database, storage, queue and telemetry."""
