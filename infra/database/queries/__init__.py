"""SQL statements, one module per subject, each statement above its function."""
