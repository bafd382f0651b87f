"""What the API and the workers both stand on. Imports neither of them."""
