"""Postgres, the source of truth: connections, migrations, queries and search."""
