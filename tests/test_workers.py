"""token0.workers: bounded, limited and replaceable processes; what happens in them costs at most one saving."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from fakes import lab

from token0 import config, workers
from token0.config import Config, Step
from token0.errors import WorkerError
from token0.interfaces import NoConfig
from token0.types import Image, Text
from token0.workers import Task, Workers

MIB = 1024 * 1024
Pool = Callable[..., Workers]


@pytest.fixture
async def pool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Pool]:
    """Makes pools whose only step is the one of `fakes.lab`."""
    folder = tmp_path / "installed"
    folder.mkdir()
    lab.install(folder, monkeypatch)
    made: list[Workers] = []

    def make(processes: int = 1, memory_bytes: int = 768 * MIB) -> Workers:
        limits = config.Workers(processes=processes, deadline_seconds=30, memory_bytes=memory_bytes)
        made.append(Workers(Config(pipeline=(Step("act", NoConfig()),), workers=limits)))
        return made[-1]

    yield make
    for each in made:
        await each.close()


def task(prompt: str, side: int = 6400) -> Task:
    """An image of 40,000 tokens for the header, so that any text is cheaper; few bytes."""
    image = Image(data=b"grey", format="png", width=side, height=side)
    return Task(image=image, provider="lab", model="lab", quality="legible", prompt=prompt, coordinates=False)


async def said(pool: Workers, prompt: str) -> str:
    content = (await pool.run(task(prompt))).contents[0]
    assert isinstance(content, Text)
    return content.text


def pids(pool: Workers) -> list[int]:
    return [each._process.pid for each in pool._all]


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_an_image_is_worked_on_in_another_process_which_stays(pool: Pool) -> None:
    working = pool()
    first, second = int(await said(working, "pid")), int(await said(working, "pid"))
    assert first == second != os.getpid()


async def test_a_late_worker_is_killed_and_the_next_image_works(pool: Pool) -> None:
    working = pool()
    late = int(await said(working, "pid"))
    working._deadline = 0.2
    with pytest.raises(WorkerError, match=r"no result within 0\.2 s"):
        await working.run(task("sleep"))
    working._deadline = 30
    assert int(await said(working, "pid")) != late
    await working.close()
    assert not is_running(late)


async def test_a_worker_that_dies_is_replaced(pool: Pool) -> None:
    working = pool()
    with pytest.raises(WorkerError, match="ended with status 7"):
        await working.run(task("die"))
    assert await said(working, "pid")


async def test_a_worker_that_died_while_idle_is_not_asked(pool: Pool) -> None:
    working = pool()
    await said(working, "pid")
    (idle,) = working._all
    idle._process.kill()
    await idle.gone()
    assert int(await said(working, "pid")) != idle._process.pid


async def test_the_worker_of_a_caller_who_left_is_killed(pool: Pool) -> None:
    working = pool()
    left = int(await said(working, "pid"))
    waiting = asyncio.create_task(working.run(task("sleep")))
    await asyncio.sleep(0.05)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert int(await said(working, "pid")) != left


async def test_closing_leaves_no_process_not_even_a_busy_one(pool: Pool, tmp_path: Path) -> None:
    working = pool(2)
    busy = asyncio.create_task(working.run(task(f"meet {tmp_path}")))
    await said(working, "pid")
    await lab.until(lambda: len(list(tmp_path.iterdir())) == 2)  # the plugin's folder and the busy worker's mark
    processes = pids(working)
    await working.close()
    with pytest.raises(WorkerError):
        await busy
    assert [pid for pid in processes if is_running(pid)] == []


async def test_closing_waits_for_killed_processes_too(pool: Pool) -> None:
    working = pool()
    killed = int(await said(working, "pid"))
    working._deadline = 0.05
    with pytest.raises(WorkerError):
        await working.run(task("sleep"))
    await working.close()
    assert not is_running(killed)


async def test_a_huge_allocation_fails_in_the_worker_alone(pool: Pool) -> None:
    working = pool(memory_bytes=256 * MIB)
    before = await said(working, "pid")
    (step,) = (await working.run(task("hog"))).steps
    assert step.why == "failed: MemoryError"
    assert await said(working, "pid") == before


async def test_secrets_of_the_gateway_are_not_in_the_environment(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("PASSWORD", "sk-secret")
    environment = json.loads(await said(pool(), "environment"))
    assert "sk-secret" not in environment.values()
    assert environment["OMP_NUM_THREADS"] == "1"


async def test_a_module_in_the_working_directory_is_not_imported(
    pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "msgspec.py").write_text("raise SystemExit('the wrong module')")
    monkeypatch.chdir(tmp_path)
    assert await said(pool(), "pid")


async def test_a_library_that_prints_does_not_disturb_the_answer(pool: Pool) -> None:
    outcome = await pool().run(task("print"))
    (content,) = outcome.contents
    assert isinstance(content, Image)
    assert content.width == 3200


@pytest.mark.parametrize("processes", [1, 2])
async def test_no_more_processes_run_than_configured(pool: Pool, tmp_path: Path, processes: int) -> None:
    working = pool(processes)
    folder = tmp_path / "meeting"
    folder.mkdir()
    running = [asyncio.create_task(said(working, f"meet {folder}")) for _ in range(4)]
    await lab.until(lambda: len(list(folder.iterdir())) == processes)
    assert len(pids(working)) == processes
    (folder / "go").touch()
    assert max(map(int, await asyncio.gather(*running))) == processes


async def test_an_image_that_waits_too_long_for_a_worker_is_given_up(pool: Pool, tmp_path: Path) -> None:
    working = pool()
    await said(working, "pid")
    busy = asyncio.create_task(working.run(task("sleep")))
    await asyncio.sleep(0)
    working._deadline = 0.01
    with pytest.raises(WorkerError, match="all workers are busy"):
        await working.run(task("pid"))
    busy.cancel()


FRAME = "struct.pack('<I', {length}) + {body}"
UNTRUE = {
    "no MessagePack": (FRAME.format(length=2, body=r"b'\xc1\xc1'"), "something else than an outcome"),
    "another type": (FRAME.format(length=1, body=r"b'\x07'"), "something else than an outcome"),
    "broken text": (FRAME.format(length=4, body=r"b'\x82\xa2\xff\xff'"), "something else than an outcome"),
    "four gigabytes": (FRAME.format(length=(1 << 32) - 1, body="b''"), "wants to send 4294967295 bytes"),
    "half a frame": (r"b'\x01\x00'", "ended with status 0"),
}


@pytest.mark.parametrize(("reply", "reason"), UNTRUE.values(), ids=UNTRUE)
async def test_what_a_worker_sends_is_not_trusted(
    pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reply: str, reason: str
) -> None:
    script = tmp_path / "worker"
    answer = f"sys.stdin.buffer.read(9); sys.stdout.buffer.write({reply}); sys.stdout.flush()"
    script.write_text(f"#!{sys.executable}\nimport struct, sys\n{answer}\n")
    script.chmod(0o700)
    monkeypatch.setattr(workers, "sys", SimpleNamespace(executable=str(script)))
    with pytest.raises(WorkerError, match=reason):
        await pool().run(task("pid"))


async def test_a_worker_that_cannot_start_costs_only_the_saving(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "sys", SimpleNamespace(executable="/nowhere/python"))
    with pytest.raises(WorkerError, match="No such file or directory"):
        await pool().run(task("pid"))
