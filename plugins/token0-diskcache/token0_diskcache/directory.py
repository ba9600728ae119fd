"""The directory of the cache: what is in it was in requests, and is nobody else's to read or to write."""

from __future__ import annotations

import os
import stat
from pathlib import Path

_OTHERS = 0o022


def default_directory() -> Path:
    """`token0-gateway` in the user's directory for caches."""
    # https://specifications.freedesktop.org/basedir-spec: a relative path is to be ignored.
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".cache") / "token0-gateway"


def private(directory: Path) -> Path:
    """The directory, made if need be, with mode 0700. Raises `PermissionError` when others own or may write it."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = directory.stat()
    if found.st_uid != os.geteuid():
        raise PermissionError(f"the directory {directory} belongs to another user ({found.st_uid})")
    mode = stat.S_IMODE(found.st_mode)
    if mode & _OTHERS:
        raise PermissionError(f"the directory {directory} can be written by others (mode {mode:04o}); make it 0700")
    if mode != 0o700:
        directory.chmod(0o700)
    return directory
