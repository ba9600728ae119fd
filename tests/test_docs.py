"""The README tells the truth: every hook, command and setting is in it, and its examples are the ones that run."""

from __future__ import annotations

import argparse
import ast
import re
from pathlib import Path

import msgspec
import pytest

from token0 import cli, config, hookspecs, plugins

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
EXAMPLE = ROOT / "examples" / "token0-spacers"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def hooks() -> list[tuple[str, tuple[str, ...]]]:
    return [
        (name, hook.__code__.co_varnames[: hook.__code__.co_argcount])
        for name, hook in vars(hookspecs).items()
        if name.startswith("token0_")
    ]


@pytest.mark.parametrize(("name", "arguments"), hooks())
def test_every_hook_is_described_with_its_arguments(name: str, arguments: tuple[str, ...]) -> None:
    assert f"`{name}({', '.join(arguments)})`" in README


def test_every_command_is_described() -> None:
    parser = cli._parser(plugins.load(entry_points=[]))
    (commands,) = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    missing = [name for name in commands.choices if f"token0-gateway {name}" not in README]
    assert missing == []


@pytest.mark.parametrize("section", [config.Server, config.Workers, config.Routing, config.Fetch])
def test_every_setting_stands_in_the_example_file(section: type[msgspec.Struct]) -> None:
    example = (ROOT / "examples" / "token0.yaml").read_text()
    missing = [field.name for field in msgspec.structs.fields(section) if f"{field.name}:" not in example]
    assert missing == []


def test_the_plugin_in_the_readme_is_the_example() -> None:
    assert (EXAMPLE / "token0_spacers.py").read_text() in blocks("python")
    assert (EXAMPLE / "setup.cfg").read_text() in blocks("ini")


def test_the_example_plugin_has_forty_lines() -> None:
    assert len((EXAMPLE / "token0_spacers.py").read_text().splitlines()) <= 42


@pytest.mark.parametrize("code", blocks("python"))
def test_the_python_in_the_readme_is_python(code: str) -> None:
    ast.parse(code)


@pytest.mark.parametrize("code", blocks("json"))
def test_the_json_in_the_readme_is_json(code: str) -> None:
    msgspec.json.decode(code)


def test_the_library_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = [code for code in blocks("python") if "Engine.from_file" in code]
    (tmp_path / "token0.yaml").write_text("pipeline: []\n")
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "README.md", "exec"), {})


def test_every_plugin_of_the_repository_is_in_the_readme() -> None:
    optional = {"token0-pixels"}  # a library the others share
    names = {path.name for path in (ROOT / "plugins").iterdir()} - optional
    assert [name for name in sorted(names) if f"`{name}`" not in README] == []
