"""Exports: stream search results as CSV, JSON Lines, Parquet, Excel or zip."""
