"""Messages between the API and the child processes that measure files."""

import struct

# Index in `core.media_types.MEDIA_TYPES`, bytes of the file that follows.
REQUEST = struct.Struct(">BQ")
# 1 if the file could be read, width, height.
REPLY = struct.Struct(">BII")
# Sent once by a child that waits for requests.
READY = b"\n"
