"""Embedded servers: Postgres and Redis from wheels as child processes, without Docker."""
