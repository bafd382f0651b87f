"""SQL statements, one module per subject, each statement above the function that runs it."""
