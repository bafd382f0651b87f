"""Read a zip from a pipe, without its central directory, with a program that is not Python's."""

import shutil
import subprocess
from pathlib import Path

_JAVA_SOURCE = Path(__file__).with_name("StreamingReader.java")


def find_streaming_reader() -> list[str] | None:
    """Return the command of the strictest installed reader, which lists the names in a zip.

    bsdtar also accepts stored entries whose sizes follow the data; Java does not.
    """
    if shutil.which("javac"):  # a Java runtime without the compiler cannot run source files
        return ["java", str(_JAVA_SOURCE)]
    if shutil.which("bsdtar"):
        return ["bsdtar", "--list", "--file", "-"]
    return None


def list_streamed(archive: bytes) -> list[str]:
    """Return the names in a zip, as a streaming reader sees them.

    Raises:
        AssertionError: No reader is installed, or it reported an error.
    """
    reader = find_streaming_reader()
    assert reader is not None
    result = subprocess.run(reader, input=archive, capture_output=True, check=False, timeout=60)
    assert result.returncode == 0, result.stderr.decode()
    return result.stdout.decode().splitlines()
