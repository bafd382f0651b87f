"""A million pictures: is everything still instant? `make bench-scale`."""
