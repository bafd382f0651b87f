"""Everything on one machine without Docker: Postgres and Redis from wheels, as child processes."""
