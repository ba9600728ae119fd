"""Every module has its test file, and every test file its module."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ACROSS = {"docs", "mirror", "packaging", "stranger", "surgery"}
"""Tests of several modules together, or of the repository itself."""


def modules() -> set[str]:
    return {path.stem for path in (ROOT / "token0").glob("*.py")} - {"__init__"}


def with_tests() -> set[str]:
    return {path.stem.removeprefix("test_") for path in (ROOT / "tests").glob("test_*.py")} - ACROSS


def test_every_module_has_a_test_file() -> None:
    assert modules() - with_tests() == set()


def test_every_test_file_has_a_module() -> None:
    assert with_tests() - modules() == set()


@pytest.mark.parametrize("plugin", sorted(path.name for path in (ROOT / "plugins").iterdir()))
def test_every_plugin_has_tests(plugin: str) -> None:
    assert list((ROOT / "plugins" / plugin / "tests").glob("test_*.py"))
