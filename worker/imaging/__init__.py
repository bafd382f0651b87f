"""Decode images and make thumbnails."""
