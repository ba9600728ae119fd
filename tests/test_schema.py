"""token0.schema: the JSON Schema says what the loader accepts, and the committed one is fresh."""

from __future__ import annotations

import importlib.metadata
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any

import msgspec
import pytest
import yaml
from fakes.seeing import Eye
from msgspec import Meta

from token0 import config as configuration
from token0.config import CacheConfig, Routing, Server, Workers
from token0.errors import ConfigError
from token0.interfaces import Cache, Optimizer
from token0.wire import Answer, Call, Provider

ROOT = Path(__file__).parent.parent
COMMITTED = ROOT / "examples" / "token0.schema.json"


class Resize(Optimizer):
    """Fewer pixels.

    More about it.
    """

    name = "resize"

    class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
        longest_edge: Annotated[int, Meta(ge=64, description="Pixels.")] = 1568

    def plan(self, image: Any, ctx: Any) -> None: ...

    def apply(self, image: Any, plan: Any, ctx: Any) -> Any: ...


class Ocr(Optimizer):
    """Text instead of pixels."""

    name = "ocr"

    def plan(self, image: Any, ctx: Any) -> None: ...

    def apply(self, image: Any, plan: Any, ctx: Any) -> Any: ...


class Model(Ocr):
    name = "model"

    class Config(msgspec.Struct, frozen=True):
        path: str


class Shelf(Cache):
    """A board."""

    name = "shelf"

    class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
        bytes: Annotated[int, Meta(ge=1)] = 10

    async def get(self, key: str) -> None: ...

    async def put(self, key: str, value: Any, seconds: float) -> None: ...


class OpenAI(Provider):
    name = "openai"
    dialects = ("chat",)

    class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
        base_url: Annotated[str, Meta(pattern="^https?://")] = "https://h"
        api_key: str = ""

    async def send(self, call: Call) -> Answer:
        raise NotImplementedError


REGISTRY = SimpleNamespace(
    optimizers={"resize": Resize, "ocr": Ocr, "model": Model},
    providers={"openai": OpenAI},
    caches={"shelf": Shelf},
    selectors={},
    matchers={"eye": Eye},
    conversation_optimizers={},
    failures={},
)


@pytest.fixture
def schema() -> dict[str, Any]:
    return configuration.schema(REGISTRY)


def test_schema_has_every_section(schema: dict[str, Any]) -> None:
    assert (set(schema["properties"]), schema["additionalProperties"]) == (set(configuration.SECTIONS), False)


def _described(setting: dict[str, Any]) -> bool:
    return bool(setting.get("description") or setting["anyOf"][0].get("description"))


@pytest.mark.parametrize("kind", [Server, Workers, Routing, CacheConfig])
def test_every_setting_of_the_core_is_described(schema: dict[str, Any], kind: type[msgspec.Struct]) -> None:
    properties = schema["$defs"][kind.__name__]["properties"]
    assert [name for name, setting in properties.items() if not _described(setting)] == []


def test_each_optimizer_is_a_step_and_a_bare_name_where_it_needs_no_settings(schema: dict[str, Any]) -> None:
    steps = schema["properties"]["pipeline"]["anyOf"][0]["items"]["oneOf"]
    names = [step.get("const") or {"use": step["properties"]["use"]["const"]} for step in steps]
    assert names == [{"use": "model"}, {"use": "ocr"}, "ocr", {"use": "resize"}, "resize"]


def test_a_step_is_described_by_its_optimizer(schema: dict[str, Any]) -> None:
    steps = schema["properties"]["pipeline"]["anyOf"][0]["items"]["oneOf"]
    assert [step["description"] for step in steps if step.get("title") in ("resize", "ocr")] == [
        "Text instead of pixels.",
        "Fewer pixels.",
    ]


def test_every_reference_leads_somewhere(schema: dict[str, Any]) -> None:
    def references(value: Any) -> list[str]:
        if isinstance(value, dict):
            own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
            return own + [each for inner in value.values() for each in references(inner)]
        return [each for inner in value for each in references(inner)] if isinstance(value, list) else []

    assert {each.removeprefix("#/$defs/") for each in references(schema)} == set(schema["$defs"])


def test_without_optimizers_no_step_is_allowed() -> None:
    empty = SimpleNamespace(
        optimizers={}, conversation_optimizers={}, providers={}, caches={}, selectors={}, matchers={}, failures={}
    )
    assert configuration.schema(empty)["properties"]["pipeline"]["anyOf"][0]["items"] is False


@pytest.mark.parametrize(
    ("document", "valid"),
    [
        ({}, True),
        ({"server": None, "pipeline": None, "providers": {"openai": None}}, True),
        ({"server": {"port": 80}}, True),
        ({"server": {"port": "${PORT:-80}"}}, True),
        ({"server": {"port": "80"}}, False),
        ({"server": {"port": 70_000}}, False),
        ({"server": {"prot": 80}}, False),
        ({"sever": {}}, False),
        ({"quality": "lossless"}, True),
        ({"quality": "${QUALITY}"}, True),
        ({"quality": "best"}, False),
        ({"pipeline": ["ocr", {"use": "resize", "longest_edge": 99}]}, True),
        ({"pipeline": [{"use": "resize", "longest_edge": 9}]}, False),
        ({"pipeline": [{"use": "ocr", "longest_edge": 99}]}, False),
        ({"pipeline": ["model"]}, False),
        ({"pipeline": [{"use": "model", "path": "x"}]}, True),
        ({"pipeline": ["tiles"]}, False),
        ({"cache": None}, True),
        ({"cache": {"layers": None, "answers": "always"}}, True),
        ({"cache": {"layers": ["shelf", {"use": "shelf", "bytes": 9}], "tools": True}}, True),
        ({"cache": {"layers": [{"use": "shelf", "bytes": 0}]}}, False),
        ({"cache": {"layers": ["attic"]}}, False),
        ({"cache": {"matcher": None}}, True),
        ({"cache": {"matcher": "eye"}}, True),
        ({"cache": {"matcher": {"use": "eye", "exactly": True}}}, True),
        ({"cache": {"matcher": ["eye"]}}, False),
        ({"cache": {"matcher": {"use": "eye", "blind": True}}}, False),
        ({"cache": {"answers": "sometimes"}}, False),
        ({"cache": {"layer": []}}, False),
        ({"providers": {"openai": {"base_url": "${URL}"}}}, True),
        ({"providers": {"openai": {"base_url": "ftp://h"}}}, False),
        ({"providers": {"other": {}}}, False),
        ({"routing": {"default_provider": None, "aliases": {"a": "openai/b"}}}, True),
        ({"prices": {"a": {"input": 1, "cached": None}}}, True),
        ({"prices": {"a": {"output": 1}}}, False),
        ({"prices": {"a": {"input": 1, "inptu": 1}}}, False),
    ],
)
def test_schema_accepts_what_the_loader_accepts(
    schema: dict[str, Any], tmp_path: Path, document: Any, valid: bool
) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    file = tmp_path / "token0.yaml"
    file.write_text(yaml.safe_dump(document))
    env = {"PORT": "80", "QUALITY": "legible", "URL": "https://h"}
    try:
        configuration.load(file, REGISTRY, env)
        loads = True
    except ConfigError:
        loads = False
    validator = jsonschema.Draft202012Validator(schema)
    assert (validator.is_valid(document), loads) == (valid, valid)


def test_schema_is_a_schema(schema: dict[str, Any]) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.Draft202012Validator.check_schema(schema)


@pytest.fixture
def installed() -> Any:
    """The registry, when it is of all plugins in this repository and of no others."""
    setups = {path.parent.name: path.read_text() for path in (ROOT / "plugins").glob("*/setup.cfg")}
    ours = {name for name, setup in setups.items() if "[options.entry_points]" in setup}
    found = {point.dist.name for point in importlib.metadata.entry_points(group="token0") if point.dist}
    if found != ours:
        pytest.skip(f"the committed schema is of exactly the plugins {sorted(ours)}; installed are {sorted(found)}")
    from token0 import plugins

    return plugins.load()


def test_committed_schema_is_fresh(installed: Any) -> None:
    committed = json.loads(COMMITTED.read_text()) if COMMITTED.exists() else None
    fresh = json.loads(json.dumps(configuration.schema(installed)))
    assert committed == fresh, "make it again: token0-gateway config schema > examples/token0.schema.json"


def test_example_fits_the_schema() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(COMMITTED.read_text())
    document = yaml.safe_load((ROOT / "examples" / "token0.yaml").read_text())
    jsonschema.Draft202012Validator(schema).validate(document)
