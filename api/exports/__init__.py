"""The gallery as files: rows in, bytes out, piece by piece. One module per format."""
