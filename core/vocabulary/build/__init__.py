"""Build `imagenet.json` from WordNet."""
