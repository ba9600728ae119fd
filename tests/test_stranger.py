"""A plugin from outside the repository: installed by pip it appears and works, uninstalled it is gone."""

from __future__ import annotations

import json
import os
import subprocess
import sysconfig
import venv
from pathlib import Path

import pytest

from token0.testing import png

MODULE = """
from token0 import hookimpl
from token0.interfaces import NoConfig, Optimizer, Plan, TokenCounter
from token0.wire import Provider
from token0.types import Text


class Describe(Optimizer):
    name = "describe"

    def plan(self, image, ctx):
        return Plan(tokens=1, why="words are cheaper")

    def apply(self, image, plan, ctx):
        return Text("grey")


class Cloud(Provider):
    name = "cloud"
    dialects = ("cloud",)

    async def send(self, call):
        raise NotImplementedError


class Rule(TokenCounter):
    name = "cloud"

    @classmethod
    def for_model(cls, model):
        return cls()

    def count(self, size, detail=None):
        return size.width

    def seen(self, size, detail=None):
        return size


@hookimpl
def token0_register_optimizers():
    return [Describe]


@hookimpl
def token0_register_providers():
    return [Cloud]


@hookimpl
def token0_register_token_counters():
    return [Rule]
"""

SETUP = """
[metadata]
name = stranger-from-afar
version = 2.5

[options]
py_modules = stranger
install_requires = token0-gateway>=0.1

[options.entry_points]
token0 =
    stranger = stranger
"""

PYPROJECT = """
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"
"""


class Environment:
    """A virtual environment that sees what is installed here, without network."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        venv.create(folder, with_pip=False, symlinks=True)
        (site,) = folder.glob("lib/python*/site-packages")
        here = sysconfig.get_path("purelib")
        (site / "here.pth").write_text(f"import site; site.addsitedir({here!r})\n")

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(self.folder / "bin" / "python"), "-m", *arguments]
        clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        return subprocess.run(command, capture_output=True, text=True, env=clean, check=False)

    def plugins(self) -> dict[str, dict[str, object]]:
        listed = json.loads(self.run("token0.cli", "plugins", "--json").stdout)
        return {plugin["distribution"]: plugin for plugin in listed}


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    folder = tmp_path_factory.mktemp("outside")
    for name, text in (("stranger.py", MODULE), ("setup.cfg", SETUP), ("pyproject.toml", PYPROJECT)):
        (folder / name).write_text(text)
    made = Environment(tmp_path_factory.mktemp("venv"))
    done = made.run("pip", "install", "--no-index", "--no-build-isolation", "--no-deps", str(folder))
    assert done.returncode == 0, done.stderr
    return made


def test_a_stranger_appears_works_and_vanishes(environment: Environment, tmp_path: Path) -> None:
    listed = environment.plugins()["stranger-from-afar"]
    assert (listed["version"], listed["offers"]) == (
        "2.5",
        {"providers": ["cloud"], "token_counters": ["cloud"], "optimizers": ["describe"]},
    )

    (tmp_path / "a.png").write_bytes(png(64, 64))
    (tmp_path / "token0.yaml").write_text("pipeline:\n  - use: describe\n")
    explain = ("token0.cli", "explain", str(tmp_path / "a.png"), "--model", "cloud/x", "--json")
    done = environment.run(*explain, "--config", str(tmp_path / "token0.yaml"))
    (step,) = json.loads(done.stdout)["images"][0]["steps"]
    assert (step["name"], step["applied"]) == ("describe", True), done.stderr

    assert environment.run("pip", "uninstall", "--yes", "stranger-from-afar").returncode == 0
    assert "stranger-from-afar" not in environment.plugins()
    done = environment.run("token0.cli", "config", "check", "--config", str(tmp_path / "token0.yaml"))
    assert (done.returncode, "no optimizer 'describe' is installed" in done.stderr) == (1, True)
