"""token0.cli: every command, for people and for programs, with its exit code."""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import logging
import socket
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from fakes import lab

from token0 import cli, doctor, hookimpl, plugins, server
from token0.doctor import Finding
from token0.interfaces import Context
from token0.testing import png

Run = Callable[..., "tuple[int, str, str]"]


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> list[importlib.metadata.EntryPoint]:
    """The only plugins that are found; `fakes.lab` is one."""
    points = [importlib.metadata.EntryPoint("lab", "fakes.lab", plugins.GROUP)]
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda **_: points)
    return points


@pytest.fixture
def run(installed: object, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Runs a command; returns the exit code, and what was printed to both ends."""

    def main(*arguments: object) -> tuple[int, str, str]:
        code = cli.main([str(argument) for argument in arguments])
        return code, *capsys.readouterr()

    yield main
    logging.getLogger("token0").setLevel(logging.NOTSET)


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a YAML."""

    def write(text: str) -> Path:
        (tmp_path / "token0.yaml").write_text(text)
        return tmp_path / "token0.yaml"

    return write


def plugin(
    monkeypatch: pytest.MonkeyPatch, installed: list[importlib.metadata.EntryPoint], **hooks: Callable[..., Any]
) -> None:
    """Install one more plugin: `more`."""
    module = types.ModuleType("fakes.more")
    for hook, function in hooks.items():
        setattr(module, hook, hookimpl(function))
    monkeypatch.setitem(__import__("sys").modules, "fakes.more", module)
    installed.append(importlib.metadata.EntryPoint("more", "fakes.more", plugins.GROUP))


# plugins


def test_plugins_are_listed_with_what_they_offer(run: Run) -> None:
    assert run("plugins") == (
        0,
        "fakes.lab -\n  providers: lab\n  dialects: lab\n  token counters: lab\n  optimizers: act\n",
        "",
    )


def test_plugins_are_listed_for_programs(run: Run) -> None:
    code, out, _ = run("plugins", "--json")
    (listed,) = json.loads(out)
    assert code == 0
    assert listed["entry_point"] == "lab"
    assert listed["offers"]["optimizers"] == ["act"]


def test_a_broken_plugin_is_shown_and_is_a_failure(
    run: Run, installed: list[importlib.metadata.EntryPoint], monkeypatch: pytest.MonkeyPatch
) -> None:
    installed.append(importlib.metadata.EntryPoint("broken", "no_such_module", plugins.GROUP))
    code, out, _ = run("plugins")
    assert code == 1
    assert "no_such_module - - BROKEN\n  ModuleNotFoundError: No module named 'no_such_module'\n" in out


def test_two_plugins_of_one_name_stop_every_command(
    run: Run, installed: list[importlib.metadata.EntryPoint], monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin(monkeypatch, installed, token0_register_optimizers=lambda: [lab.Act])
    code, _, error = run("plugins")
    assert code == 1
    assert error == "token0-gateway: the optimizer 'act' is claimed by two plugins: lab and more\n"


# config


def test_a_configuration_without_mistakes_is_fine(run: Run, file: Callable[[str], Path]) -> None:
    path = file("pipeline: [act]\n")
    assert run("config", "check", "--config", path) == (0, f"{path}: no mistakes\n", "")


def test_no_configuration_is_fine_too(run: Run) -> None:
    assert run("config", "check") == (0, "the default configuration: no mistakes\n", "")


def test_every_mistake_is_told_with_its_line(run: Run, file: Callable[[str], Path]) -> None:
    path = file("quality: best\npipeline:\n  - actt\n")
    code, out, error = run("config", "check", "--config", path)
    assert (code, out) == (1, "")
    assert [line.split(": ")[0] for line in error.splitlines()] == [f"{path}:1", f"{path}:3"]
    assert "did you mean 'act'?" in error


def test_a_file_that_is_not_there_is_a_mistake(run: Run, tmp_path: Path) -> None:
    code, _, error = run("config", "check", "--config", tmp_path / "none.yaml")
    assert code == 1
    assert "No such file" in error


def test_checking_finds_a_plugin_that_cannot_start(
    run: Run, installed: list[importlib.metadata.EntryPoint], monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(engine: object) -> None:
        raise ValueError("no licence")

    plugin(monkeypatch, installed, token0_startup=start)
    code, _, error = run("config", "check")
    assert code == 1
    assert error == "token0-gateway: plugin more failed to start: ValueError('no licence')\n"


def test_the_configuration_is_shown_with_defaults_and_without_secrets(
    run: Run, file: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_KEY", "sk-secret")
    path = file("pipeline: [act]\nproviders:\n  lab:\n    api_key: ${LAB_KEY}\n")
    code, out, _ = run("config", "show", "--config", path)
    shown = yaml.safe_load(out)
    assert code == 0
    assert "sk-secret" not in out
    assert shown["providers"]["lab"] == {"api_key": "***"}
    assert shown["pipeline"] == [{"use": "act"}]
    assert shown["server"]["port"] == 8000


def test_the_schema_knows_what_is_installed(run: Run) -> None:
    code, out, _ = run("config", "schema")
    schema = json.loads(out)
    assert code == 0
    assert {"const": "act"}.items() <= schema["properties"]["pipeline"]["anyOf"][0]["items"]["oneOf"][1].items()


# explain


@pytest.fixture
def picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small PNG, and the plugin where workers find it."""
    (tmp_path / "installed").mkdir()
    lab.install(tmp_path / "installed", monkeypatch)
    (tmp_path / "a.png").write_bytes(png(128, 128))
    return tmp_path / "a.png"


def test_an_image_is_explained(run: Run, file: Callable[[str], Path], picture: Path) -> None:
    arguments = ("--config", file("pipeline: [act]\n"), "--prompt", "look at it")
    code, out, _ = run("explain", picture, "--model", "lab/lab-1", *arguments)
    assert code == 0
    assert out.startswith("lab/lab-1\n\nas it came  png 128x128")
    assert "16 -> 4 tokens: look at it" in out


def test_an_empty_pipeline_is_said(run: Run, file: Callable[[str], Path], picture: Path) -> None:
    said = "token0-gateway: no step is tried: --config names no YAML with a pipeline\n"
    assert run("explain", picture, "--model", "lab")[2] == said
    assert run("explain", picture, "--model", "lab", "--config", file("pipeline: [act]\n"))[2] == ""


def test_an_image_is_explained_to_programs(run: Run, picture: Path) -> None:
    code, out, _ = run("explain", picture, "--model", "lab", "--json", "--detail", "low")
    explained = json.loads(out)
    assert code == 0
    assert explained["tokens"]["saved"] == 0
    assert explained["images"][0]["before"]["detail"] == "low"


def test_an_image_is_explained_for_several_models(run: Run, picture: Path) -> None:
    code, out, _ = run("explain", picture, "--model", "lab/lab-1", "--model", "lab/lab-2")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == ["model", "lab/lab-1", "lab/lab-2"]


def test_several_models_are_an_array_to_programs(run: Run, picture: Path) -> None:
    _, out, _ = run("explain", picture, "--model", "lab-1", "--model", "lab-2", "--json")
    assert [each["model"] for each in json.loads(out)] == ["lab-1", "lab-2"]


def test_the_quality_may_be_another_than_the_files(
    run: Run, file: Callable[[str], Path], picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def plan(self: object, image: object, ctx: Context) -> None:
        asked.append(ctx.quality)

    monkeypatch.setattr(lab.Act, "plan", plan)
    path = file("quality: lossless\npipeline: [act]\n")
    run("explain", picture, "--model", "lab", "--config", path, "--quality", "thrifty")
    assert asked == ["thrifty"]


def test_a_page_shows_the_image_before_and_after(run: Run, file: Callable[[str], Path], picture: Path) -> None:
    page = picture.parent / "page.html"
    arguments = ("--config", file("pipeline: [act]\n"), "--prompt", "look at it", "--html", page)
    code, out, _ = run("explain", picture, "--model", "lab/lab-1", *arguments)
    assert code == 0
    assert out.startswith("lab/lab-1\n")
    assert page.read_text(encoding="utf-8").count("data:image/png;base64,") == 2


def test_a_name_that_is_no_unicode_makes_a_page_too(run: Run, picture: Path) -> None:
    odd = picture.with_name("\udcff.png")
    odd.write_bytes(picture.read_bytes())
    code, _, _ = run("explain", odd, "--model", "lab", "--html", picture.parent / "page.html")
    assert code == 0
    assert ".png</h1>" in (picture.parent / "page.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "model", "said"),
    [("none.png", "lab", "No such file"), ("a.png", "unheard-of", "No installed provider is sure")],
)
def test_what_cannot_be_explained_is_said(run: Run, picture: Path, name: str, model: str, said: str) -> None:
    code, out, error = run("explain", picture.parent / name, "--model", model)
    assert (code, out) == (1, "")
    assert error.startswith("token0-gateway: ")
    assert said in error


# doctor


@pytest.mark.parametrize(
    ("ok", "code", "text"), [(True, 0, "ok   a: b\n"), (False, 1, "BAD  a: b\n     do c\n")], ids=["well", "ill"]
)
def test_the_doctor_says_what_to_do(run: Run, monkeypatch: pytest.MonkeyPatch, ok: bool, code: int, text: str) -> None:
    monkeypatch.setattr(doctor, "examine", lambda *_: [Finding("a", "b", ok, "do c")])
    assert run("doctor") == (code, text, "")
    assert json.loads(run("doctor", "--json")[1]) == [{"what": "a", "found": "b", "ok": ok, "remedy": "do c"}]


# run


def test_a_taken_port_is_said(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, out, error = run("run", "--port", port)
    assert (code, out) == (1, "")
    assert "Address already in use" in error
    assert str(port) in error


@pytest.mark.parametrize(
    ("arguments", "address"),
    [
        ([], ("0.0.0.0", 9000)),
        (["--port", "0"], ("0.0.0.0", 0)),
        (["--host", "::1", "--port", "9001"], ("::1", 9001)),
    ],
)
def test_the_command_line_goes_before_the_file(
    run: Run,
    file: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    address: tuple[str, int],
) -> None:
    asked: list[tuple[str, int]] = []

    def listen(*where: Any) -> None:
        asked.append(where)
        raise OSError

    monkeypatch.setattr(server, "listen", listen)
    run("run", "--config", file("server: {host: 0.0.0.0, port: 9000}\n"), *arguments)
    assert asked == [address]


# The command line itself


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["explode"],
        ["config"],
        ["explain", "a.png"],
        ["explain", "a.png", "--model", "m", "--quality", "best"],
        ["run", "--port", "65536"],
        ["run", "--port", "x"],
        ["run", "--workers", "0"],
    ],
)
def test_wrong_usage_is_exit_code_2(run: Run, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run(*arguments)
    assert caught.value.code == 2


def test_plugins_may_add_commands(
    run: Run, installed: list[importlib.metadata.EntryPoint], monkeypatch: pytest.MonkeyPatch
) -> None:
    def add(subparsers: Any) -> None:
        subparsers.add_parser("greet").set_defaults(run=lambda arguments: 7)

    plugin(monkeypatch, installed, token0_commands=add)
    assert run("greet")[0] == 7


def test_a_plugin_whose_commands_fail_costs_only_these(
    run: Run, installed: list[importlib.metadata.EntryPoint], monkeypatch: pytest.MonkeyPatch
) -> None:
    def add(subparsers: argparse.Action) -> None:
        raise ValueError("stumbled")

    plugin(monkeypatch, installed, token0_commands=add)
    code, _, error = run("config", "check")
    assert code == 0
    assert error == "token0-gateway: the commands of plugin more are missing: ValueError('stumbled')\n"


def test_ctrl_c_is_exit_code_130(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> list[Finding]:
        raise KeyboardInterrupt

    monkeypatch.setattr(doctor, "examine", interrupt)
    assert run("doctor")[0] == 130
