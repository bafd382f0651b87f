"""Receive, validate, store and record uploaded files."""
