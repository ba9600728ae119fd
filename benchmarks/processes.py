"""Server processes for benchmarks: start, wait until they listen, read their CPU time and memory from /proc."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LISTENS = re.compile(r"http://[\w.]+:(\d+)")


class Process:
    """A running server and the port it printed."""

    def __init__(self, *command: str) -> None:
        self._popen = subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True)
        assert self._popen.stdout
        found = LISTENS.search(self._popen.stdout.readline())
        if not found:
            raise RuntimeError(f"{command} did not say where it listens")
        self.url = found.group()
        self.pid = self._popen.pid

    def cpu_seconds(self) -> float:
        """Time on a processor so far, of all threads: the first field of schedstat, in nanoseconds."""
        tasks = Path(f"/proc/{self.pid}/task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9

    def memory_mb(self) -> float:
        """Resident memory."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def stop(self) -> None:
        self._popen.send_signal(signal.SIGTERM)
        self._popen.wait(20)
        assert self._popen.stdout
        self._popen.stdout.close()


@contextmanager
def running(*command: str) -> Iterator[Process]:
    """Run `python COMMAND` until the block ends."""
    process = Process(*command)
    try:
        yield process
    finally:
        process.stop()
