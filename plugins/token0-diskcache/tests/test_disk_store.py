"""token0_diskcache.store: bytes only, whole or not at all, within the room, after whatever happened to the process."""

from __future__ import annotations

import pickle
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import diskcache
import pytest

from token0_diskcache.store import Store

MIB = 1024 * 1024


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path, 4 * MIB)
    yield store
    store.close()


def sql(folder: Path, statement: str, *values: object) -> None:
    connection = sqlite3.connect(folder / "cache.db")
    with connection:
        connection.execute(statement, values)
    connection.close()


class Planted:
    """Unpickled, it makes a file."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.touch, (self.marker,)  # type: ignore[return-value]


def plant(folder: Path, key: object, *, raw: int = 1, mode: int = 4, filename: str | None = None) -> Path:
    """A row whose value is a pickle, in the database or in a file."""
    marker = folder / "marker"
    content = pickle.dumps(Planted(marker))
    if filename:
        (folder / filename).write_bytes(content)
    columns = "INSERT INTO Cache (key, raw, store_time, mode, filename, value) VALUES (?, ?, 1, ?, ?, ?)"
    sql(folder, columns, key, raw, mode, filename, None if filename else content)
    return marker


def test_what_was_put_is_found_by_the_next_process(tmp_path: Path) -> None:
    first = Store(tmp_path, MIB)
    first.put("a", b"\0\xff", 60)
    first.close()
    second = Store(tmp_path, MIB)
    assert (second.get("a"), second.get("b")) == (b"\0\xff", None)
    second.close()


def test_a_value_is_gone_when_its_time_is_over(store: Store) -> None:
    store.put("a", b"1", -1)
    assert store.get("a") is None


@pytest.mark.parametrize("filename", [None, "planted.val"])
def test_a_planted_pickle_is_a_miss_and_is_not_run(store: Store, tmp_path: Path, filename: str | None) -> None:
    marker = plant(tmp_path, "a", filename=filename)
    assert store.get("a") is None
    assert not marker.exists()
    with diskcache.Cache(str(tmp_path)) as careless:
        careless.get("a")
    assert marker.exists(), "the test itself: this pickle does run where pickles are read"


def test_a_planted_key_is_not_run_when_rows_are_walked(store: Store, tmp_path: Path) -> None:
    marker = plant(tmp_path, pickle.dumps(Planted(tmp_path / "marker")), raw=0)
    with pytest.raises(TypeError):
        list(store._cache)
    assert not marker.exists()


def test_a_planted_name_leads_to_no_other_file(store: Store, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"hunter2")
    sql(tmp_path, "INSERT INTO Cache (key, raw, store_time, mode, filename) VALUES ('a', 1, 1, 2, 'secret')")
    assert store.get("a") is None
    store.put("a", b"1", 60)
    assert (tmp_path / "secret").exists()


@pytest.mark.parametrize("value", [b"", b"short", bytes(100), "text", 5, None])
def test_what_was_not_written_here_is_a_miss(store: Store, tmp_path: Path, value: object) -> None:
    store.put("a", b"1", 60)
    sql(tmp_path, "UPDATE Cache SET value = ?", value)
    assert store.get("a") is None


def test_a_damaged_value_is_a_miss(store: Store, tmp_path: Path) -> None:
    store.put("a", bytes(100), 60)
    sql(tmp_path, "UPDATE Cache SET value = CAST(substr(value, 1, 80) || x'01' || substr(value, 82) AS BLOB)")
    assert store.get("a") is None


def test_what_is_not_even_text_is_a_miss(store: Store, tmp_path: Path) -> None:
    store.put("a", b"1", 60)
    sql(tmp_path, "UPDATE Cache SET value = CAST(x'ff' AS TEXT)")
    assert store.get("a") is None


def test_a_damaged_database_starts_anew(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "cache.db").write_bytes(b"\xff" * 10_000)
    store = Store(tmp_path, MIB)
    store.put("a", b"1", 60)
    assert store.get("a") == b"1"
    assert "starts anew" in caplog.text
    store.close()


@pytest.mark.parametrize("begin", [0, 100], ids=["the head", "all but the head"])
def test_a_database_that_is_damaged_while_in_use_starts_anew(store: Store, tmp_path: Path, begin: int) -> None:
    for number in range(100):
        store.put(str(number), bytes(1000), 60)
    store.close()
    with (tmp_path / "cache.db").open("r+b") as file:
        file.seek(begin)
        file.write(b"\xff" * 100_000)
    assert store.get("7") is None
    store.put("a", b"1", 60)
    assert store.get("a") == b"1"


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


def test_of_two_who_find_the_damage_only_the_first_starts_anew(store: Store) -> None:
    error = sqlite3.DatabaseError("malformed")
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    damaged = store._cache
    store._heal(damaged, error)
    store.put("a", b"1", 60)
    store._heal(damaged, error)
    assert store.get("a") == b"1"


def test_the_room_is_not_exceeded(store: Store, tmp_path: Path) -> None:
    for number in range(2000):
        store.put(f"small {number}", bytes(100), 60)
    for number in range(100):
        store.put(f"large {number}", bytes(MIB // 2), 60)
    store.close()
    assert 2 * MIB < size_of(tmp_path) <= 4 * MIB


def test_what_was_stored_first_goes_first(store: Store) -> None:
    for number in range(100):
        store.put(str(number), bytes(MIB // 8), 60)
    kept = [number for number in range(100) if store.get(str(number))]
    assert kept == list(range(100 - len(kept), 100))
    assert len(kept) > 10


def test_no_name_tells_what_is_kept(store: Store, tmp_path: Path) -> None:
    store.put("5ec2e7", b"a picture", 60)
    store.put("c0ffee", bytes(100_000), 60)
    assert {path.name for path in tmp_path.iterdir()} <= {"cache.db", "cache.db-wal", "cache.db-shm"}


WRITER = """
import hashlib, itertools, sys
from pathlib import Path
from token0_diskcache.store import Store
store = Store(Path(sys.argv[1]), 8 * 1024 * 1024)
for number in itertools.count():
    key = str(number % 50)
    store.put(key, hashlib.sha256(key.encode()).digest() * (1 + number % 9000), 60)
    if number == 20:
        print("writing", flush=True)
"""


def test_a_process_that_is_killed_while_writing_leaves_only_whole_values(tmp_path: Path) -> None:
    import hashlib

    for round_number in range(4):
        with subprocess.Popen([sys.executable, "-c", WRITER, tmp_path], stdout=subprocess.PIPE) as writer:
            assert writer.stdout
            assert writer.stdout.readline() == b"writing\n"
            time.sleep(0.02 * round_number)
            writer.send_signal(signal.SIGKILL)
        store = Store(tmp_path, 8 * MIB)
        values = {str(number): store.get(str(number)) for number in range(50)}
        found = {key: value for key, value in values.items() if value is not None}
        assert len(found) > 5
        assert {value.replace(hashlib.sha256(key.encode()).digest(), b"") for key, value in found.items()} == {b""}
        store.put("after", b"1", 60)
        assert store.get("after") == b"1"
        store.close()
