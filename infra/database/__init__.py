"""Postgres: the truth. One module per table; each query stands above the function that runs it."""
