"""Tag suggestions, and the tags by which a search matched an image."""
