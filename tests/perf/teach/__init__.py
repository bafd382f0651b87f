"""Quality of custom tags on labelled photographs, and their speed: `make bench-teach`."""
