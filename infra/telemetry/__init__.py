"""Logging, correlation ids and tracing."""
