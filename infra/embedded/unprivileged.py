"""Run a server as another user, since Postgres refuses to run as root.

No permissions outside the data directory change. The other user needs no access to the parents of
the server's directories: the server enters them through `/proc`, from a working directory and file
descriptors that root opened. Only programs must be readable by path; they are copied if they are
not, as below a private home of root.
"""

import os
import pwd
import shutil
import sys
from hashlib import sha256
from pathlib import Path

from core.errors import ConfigurationError
from infra.telemetry.logging import get_logger

log = get_logger(__name__)

# Readable by every user on Linux and kept between restarts of the machine.
_COPIES = Path("/var/lib/gallery")


def unprivileged_user() -> int | None:
    """Return the user to run servers as if this process is root; None to run them as this user."""
    return pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None


def working_directory(folder: Path) -> Path:
    """Return a path of a directory for a process whose working directory it is."""
    return Path("/proc/self/cwd") if sys.platform == "linux" else folder


def is_reachable(path: Path) -> bool:
    """Return whether every user can read a file or directory and traverse its parents."""
    readable = 0o005 if path.is_dir() else 0o004
    modes = [(parent, 0o001) for parent in path.resolve().parents]
    return all(each.stat().st_mode & mode == mode for each, mode in [(path, readable), *modes])


def reachable_programs(package: Path, copies: Path = _COPIES) -> Path:
    """Return a copy of an installed package that every user can run, or the package itself.

    Args:
        package: Directory of the package, with its libraries in `PACKAGE.libs` beside it.
        copies: Directory for the copy, owned by root.

    Raises:
        ConfigurationError: The package cannot be copied.
    """
    libraries = package.with_name(f"{package.name}.libs")
    if all(map(is_reachable, (package, *(each for each in [libraries] if each.exists())))):
        return package
    version = sha256(f"{package} {package.stat().st_mtime_ns}".encode()).hexdigest()[:12]
    target = copies / f"{package.name}-{version}"
    try:
        if not target.is_dir():
            _copy(package, libraries, target)
    except OSError as error:
        raise ConfigurationError(
            f"The user of the embedded Postgres cannot reach its programs in {package}, and they "
            f"cannot be copied to {target} ({error.strerror}). Run the gallery as a normal user, "
            "or install it in a directory that every user can traverse."
        ) from error
    return target / package.name


def _copy(package: Path, libraries: Path, target: Path) -> None:
    """Copy a package and its libraries under a temporary name and rename the directory."""
    log.info("programs.copied", source=str(package), target=str(target))
    target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    target.parent.chmod(0o755)
    unfinished = target.with_name(f"{target.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    for source in filter(Path.is_dir, (package, libraries)):
        shutil.copytree(source, unfinished / source.name, symlinks=True)
    for folder, folders, files in os.walk(unfinished):
        for path in (Path(folder) / name for name in [".", *folders, *files]):
            if not path.is_symlink():
                is_executable = path.is_dir() or path.stat().st_mode & 0o100
                path.chmod(0o755 if is_executable else 0o644)
    unfinished.replace(target)
