"""Verdicts: decisions of people on the tags of images."""
