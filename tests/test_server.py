"""token0.server: real processes on a real port; what signals do, and that a dead process is replaced."""

from __future__ import annotations

import contextlib
import ctypes
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes import lab

from token0.server import keep_large_blocks, listen

Start = Callable[..., "Running"]


class Running:
    """`token0-gateway run` as a process."""

    def __init__(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "token0.cli", "run", "--port", "0", *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
        assert self.process.stdout
        line = self.process.stdout.readline()
        self.port = int(line.rpartition(":")[2] or 0)

    def post(self, **document: Any) -> http.client.HTTPResponse:
        """The head of an answer, on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        body = json.dumps({"model": "lab", **document})
        connection.request("POST", "/lab", body, {"Connection": "close"})
        return connection.getresponse()

    def pid(self) -> int:
        """The process that answers."""
        with self.post() as answer:
            return int(json.load(answer)["pid"])

    def knows(self, model: str) -> bool:
        """Whether a request for `model` is answered."""
        with self.post(model=model) as answer:
            answer.read()
            return answer.status == 200

    def kill(self) -> None:
        # The group: those that it forked would go on serving.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        assert self.process.stdout
        self.process.stdout.close()


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Starts gateways with the plugin `fakes.lab`."""
    lab.install(tmp_path, monkeypatch)
    started: list[Running] = []

    def begin(*arguments: str) -> Running:
        started.append(Running(*arguments))
        return started[-1]

    yield begin
    for each in started:
        each.kill()


@pytest.mark.parametrize("processes", ["1", "2"])
def test_sigterm_lets_a_running_stream_finish(start: Start, tmp_path: Path, processes: str) -> None:
    running = start("--workers", processes)
    with running.post(hold=str(tmp_path / "go"), stream=True) as stream:
        assert stream.read1() == b"data: first\n\n"
        running.process.send_signal(signal.SIGTERM)
        wait_until_refused(running.port)
        (tmp_path / "go").touch()
        assert stream.read() == b"data: last\n\n"
    assert running.process.wait(60) == 0


def test_ctrl_c_ends_it_quietly(start: Start) -> None:
    running = start()
    assert running.pid() == running.process.pid
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(60) == 0


def test_a_stream_beyond_the_time_to_finish_is_cut(start: Start, tmp_path: Path) -> None:
    (tmp_path / "token0.yaml").write_text("server: {shutdown_seconds: 0.1}\n")
    running = start("--config", str(tmp_path / "token0.yaml"))
    with running.post(hold=str(tmp_path / "never"), stream=True) as stream:
        assert stream.read1() == b"data: first\n\n"
        running.process.send_signal(signal.SIGTERM)
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            stream.read()
    assert running.process.wait(60) == 0


def test_several_processes_serve_one_port_and_sigterm_ends_all(start: Start) -> None:
    running = start("--workers", "2")
    first = running.pid()
    with stopped(first):
        second = running.pid()
    assert len({first, second, running.process.pid}) == 3
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(60) == 0
    assert [pid for pid in (first, second) if Path(f"/proc/{pid}").exists()] == []


def test_a_killed_process_is_replaced(start: Start) -> None:
    running = start("--workers", "2")
    killed = running.pid()
    with stopped(killed):
        other = running.pid()
    os.kill(killed, signal.SIGKILL)
    with stopped(other):
        assert running.pid() not in (killed, other)


ALIASED = "routing: {aliases: {mine: lab/lab-1}}\n"
"""With it the model `mine` is known."""


@pytest.mark.parametrize("processes", ["1", "2"])
def test_sighup_reads_the_configuration_again(start: Start, tmp_path: Path, processes: str) -> None:
    path = tmp_path / "token0.yaml"
    path.write_text("pipeline: []\n")
    running = start("--config", str(path), "--workers", processes)
    assert running.knows("mine") is False
    path.write_text(ALIASED)
    running.process.send_signal(signal.SIGHUP)
    wait_until(lambda: running.knows("mine"))
    if processes == "2":
        with stopped(running.pid()):
            wait_until(lambda: running.knows("mine"))


def test_a_process_that_replaces_another_begins_with_the_new_configuration(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "token0.yaml"
    path.write_text("pipeline: []\n")
    running = start("--config", str(path), "--workers", "2")
    killed = running.pid()
    with stopped(killed):
        other = running.pid()
        path.write_text(ALIASED)
        running.process.send_signal(signal.SIGHUP)
        wait_until(lambda: running.knows("mine"))
    # A replacement knows only what its parent has read.
    path.write_text("no longer: read\n")
    os.kill(killed, signal.SIGKILL)
    with stopped(other):
        assert running.knows("mine")


@pytest.mark.parametrize("processes", ["1", "2"])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("quality: best\npipelin: []\n", ["quality", "pipelin"]),
        (None, ["No such file or directory"]),
    ],
    ids=["mistakes", "no file"],
)
def test_a_wrong_configuration_is_told_and_the_old_one_stays(
    start: Start,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    processes: str,
    text: str | None,
    said: list[str],
) -> None:
    path = tmp_path / "token0.yaml"
    path.write_text(ALIASED)
    running = start("--config", str(path), "--workers", processes)
    assert running.knows("mine")
    path.unlink() if text is None else path.write_text(text)
    running.process.send_signal(signal.SIGHUP)
    told = ""

    def is_told() -> bool:
        nonlocal told
        told += capfd.readouterr().err
        return "the configuration stays as it was" in told and all(each in told for each in said)

    wait_until(is_told)
    assert running.knows("mine")


def test_a_plugin_that_cannot_start_again_leaves_the_old_engine(
    start: Start, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "once.py").write_text(ONCE)
    (tmp_path / "lab-0.1.dist-info" / "entry_points.txt").write_text("[token0]\nlab = once\n")
    running = start()
    assert running.knows("lab")
    running.process.send_signal(signal.SIGHUP)
    wait_until(lambda: "plugin lab failed to start: ValueError('only once')" in capfd.readouterr().err)
    assert running.knows("lab")


def test_a_stream_outlives_the_configuration_it_began_with(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "token0.yaml"
    path.write_text("pipeline: []\n")
    running = start("--config", str(path))
    with running.post(hold=str(tmp_path / "go"), stream=True) as stream:
        assert stream.read1() == b"data: first\n\n"
        path.write_text(ALIASED)
        running.process.send_signal(signal.SIGHUP)
        wait_until(lambda: running.knows("mine"))
        (tmp_path / "go").touch()
        assert stream.read() == b"data: last\n\n"


ONCE = """
from fakes.lab import *

starts = []

@hookimpl
def token0_startup(engine):
    starts.append(engine)
    if len(starts) > 1:
        raise ValueError("only once")
"""

STUMBLING = """
from fakes.lab import *

@hookimpl
def token0_startup(engine):
    raise ValueError("no licence")
"""


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_plugin_that_fails_to_start_ends_the_start(
    start: Start, tmp_path: Path, capfd: pytest.CaptureFixture[str], processes: str
) -> None:
    (tmp_path / "stumbling.py").write_text(STUMBLING)
    (tmp_path / "lab-0.1.dist-info" / "entry_points.txt").write_text("[token0]\nlab = stumbling\n")
    assert start("--workers", processes).process.wait(60) == 1
    said = capfd.readouterr().err
    assert "plugin lab failed to start: ValueError('no licence')" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_port_can_be_taken_once(host: str) -> None:
    try:
        first = listen(host, 0)
    except OSError:
        pytest.skip(f"no {host} here")
    with first, pytest.raises(OSError, match="Address already in use"):
        listen(host, first.getsockname()[1])


def test_memory_is_left_as_it_is_without_glibc(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: str) -> None:
        raise OSError

    monkeypatch.setattr(ctypes, "CDLL", missing)
    keep_large_blocks()


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for what a signal brings about: no other event tells."""
    while not condition():
        time.sleep(0.01)


def wait_until_refused(port: int) -> None:
    """Wait until nobody listens any more; waiting for the time to pass would be slower and less sure."""
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 60).close()
        except OSError:
            return
        time.sleep(0.01)


class stopped:  # noqa: N801
    """A process does nothing in this block."""

    def __init__(self, pid: int) -> None:
        self._pid = pid

    def __enter__(self) -> None:
        os.kill(self._pid, signal.SIGSTOP)

    def __exit__(self, *_: object) -> None:
        os.kill(self._pid, signal.SIGCONT)
