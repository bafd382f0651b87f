"""The `gallery` commands that use a gallery from afar, by HTTP alone."""
