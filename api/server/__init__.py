"""The HTTP protocol guard and static files."""
