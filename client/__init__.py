"""HTTP client of a gallery and the `gallery` commands that use it. Imports no server package."""
