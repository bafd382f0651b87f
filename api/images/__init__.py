"""Images: the gallery list, one image, trash, retries and reclassification."""
