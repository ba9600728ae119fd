"""diskcache, with nothing but bytes in it.

As it comes, diskcache unpickles what it finds, so that who can write the file runs code in who reads it
(CVE-2025-69872). Here a value is a row of the database: a digest and the bytes. Nothing else is ever read, no file has
a name that tells anything, and a process that is killed leaves neither half a value nor a file that nobody knows.
"""

from __future__ import annotations

import hashlib
import logging
import sqlite3
import threading
from pathlib import Path
from typing import Any

import diskcache  # type: ignore[import-untyped]
from diskcache.core import DBNAME, MODE_RAW  # type: ignore[import-untyped]

log = logging.getLogger(__name__)

_DIGEST = hashlib.sha256().digest_size
_BUSY_SECONDS = 5
_JOURNAL = 16 * 1024 * 1024
"""Bytes to which SQLite cuts its journal back when it is written into the database."""


class BytesDisk(diskcache.Disk):  # type: ignore[misc] # the package is not typed
    """Writes and reads rows of bytes; whatever else stands in the database is not there."""

    def put(self, key: Any) -> tuple[str, bool]:
        """A key for the database. Text only: others would be pickled."""
        if type(key) is not str:
            raise TypeError("keys are text")
        return key, True

    def get(self, key: Any, raw: bool) -> Any:
        """A key from the database."""
        if not raw or type(key) is not str:
            raise TypeError("keys are text")
        return key

    def store(self, value: bytes, read: bool, key: Any = None) -> tuple[int, int, None, memoryview]:
        """The columns of a value: size and name of its file, of which there is none, and what goes into the row."""
        return 0, MODE_RAW, None, sqlite3.Binary(hashlib.sha256(value).digest() + value)

    def fetch(self, mode: Any, filename: Any, value: Any, read: bool) -> bytes:
        """The value of a row. Raises `OSError`, which diskcache takes for a miss, for what `store` did not write."""
        if mode != MODE_RAW or filename is not None or type(value) is not bytes:
            raise OSError("not a value of this cache")
        content = value[_DIGEST:]
        if hashlib.sha256(content).digest() != value[:_DIGEST]:
            raise OSError("a damaged value")
        return content

    def remove(self, file_path: Any) -> None:
        """Values have no files; a name in the database was put there by somebody else."""


class Store:
    """One database. Every method may be called from any thread, and blocks."""

    def __init__(self, directory: Path, max_bytes: int) -> None:
        """Raises `sqlite3.Error` or `OSError` when there can be no database."""
        self._directory = directory
        self._max_bytes = max_bytes
        self._healing = threading.Lock()
        try:
            self._cache = self._open()
        except sqlite3.DatabaseError as error:
            if not _is_damaged(error):
                raise
            self._wipe()
            self._cache = self._open()

    def get(self, key: str) -> bytes | None:
        """The value, unless it is not there, too old or damaged."""
        cache = self._cache
        try:
            value: bytes | None = cache.get(key)
        except sqlite3.DatabaseError as error:
            self._heal(cache, error)
            return None
        return value

    def put(self, key: str, value: bytes, seconds: float) -> None:
        """Keep a value, and let the oldest go when there is no more room."""
        cache = self._cache
        try:
            cache.set(key, value, expire=seconds)
            if cache.volume() > self._max_bytes:
                cache.cull()
        except sqlite3.DatabaseError as error:
            self._heal(cache, error)

    def close(self) -> None:
        """Close the connection of the calling thread."""
        self._cache.close()

    def _open(self) -> Any:
        cache = diskcache.Cache(
            str(self._directory),
            timeout=_BUSY_SECONDS,
            disk=BytesDisk,
            size_limit=self._max_bytes,
            # By age: by use, every hit would be a write.
            eviction_policy="least-recently-stored",
            # `put` makes room itself: ten small rows do not make it for a large one.
            cull_limit=0,
            sqlite_journal_size_limit=_JOURNAL,
        )
        cache.close()
        return cache

    def _heal(self, cache: Any, error: sqlite3.DatabaseError) -> None:
        """Start anew where the database itself is damaged; it holds nothing that cannot be made again."""
        if not _is_damaged(error):
            log.warning("the database in %s could not be used: %s", self._directory, type(error).__name__)
            return
        with self._healing:
            if cache is self._cache:
                self._wipe()
                self._cache = self._open()

    def _wipe(self) -> None:
        log.warning("the database in %s is damaged: it starts anew", self._directory)
        for name in (DBNAME, f"{DBNAME}-wal", f"{DBNAME}-shm"):
            (self._directory / name).unlink(missing_ok=True)


def _is_damaged(error: sqlite3.DatabaseError) -> bool:
    return getattr(error, "sqlite_errorcode", None) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
