"""Images: list, search, retrieve, delete, restore, retry and reclassify."""
