"""Jobs: submit files, follow progress, retry and cancel."""
