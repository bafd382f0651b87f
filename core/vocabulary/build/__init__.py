"""Build the vocabulary file `imagenet.json` from WordNet."""
