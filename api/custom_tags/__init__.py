"""Custom tags: tags that users define and teach by example."""
