"""Read the dimensions of uploaded files without exposing the API process to crafted headers.

`headers` walks the structure of a file in bounded steps and measures ordinary JPEG, PNG and WebP
files. `pool` passes the other files to child processes (`child`), where Pillow and libheif run
under limits of time and memory.
"""
