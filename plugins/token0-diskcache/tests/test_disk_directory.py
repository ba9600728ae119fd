"""token0_diskcache.directory: for this user alone, or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from token0_diskcache.directory import default_directory, private


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_directory_is_for_this_user_alone(tmp_path: Path) -> None:
    assert mode(private(tmp_path / "a" / "b")) == 0o700


def test_a_directory_that_others_may_read_is_closed_to_them(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    assert mode(private(tmp_path)) == 0o700


@pytest.mark.parametrize("others", [0o777, 0o1777, 0o770, 0o702])
def test_a_directory_that_others_may_write_is_refused(tmp_path: Path, others: int) -> None:
    tmp_path.chmod(others)
    with pytest.raises(PermissionError, match=f"{tmp_path} can be written by others .mode {others:04o}.; make it 0700"):
        private(tmp_path)


def test_a_directory_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    with pytest.raises(PermissionError, match=f"{tmp_path} belongs to another user .{owner}."):
        private(tmp_path)


def test_a_file_is_no_directory(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FileExistsError):
        private(tmp_path / "file")


@pytest.mark.parametrize(
    ("base", "expected"),
    [("/x", "/x/token0-gateway"), ("", "/home/me/.cache/token0-gateway"), ("x", "/home/me/.cache/token0-gateway")],
)
def test_the_default_is_in_the_users_cache(monkeypatch: pytest.MonkeyPatch, base: str, expected: str) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("XDG_CACHE_HOME", base)
    assert default_directory() == Path(expected)
