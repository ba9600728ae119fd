"""Engines of the plugin `fakes.lab`: a fixture that makes them, and what is sent through."""

from __future__ import annotations

import base64
import json
import types
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from fakes import lab

from token0 import hookimpl, plugins
from token0.config import Config, Step
from token0.engine import Engine
from token0.interfaces import NoConfig
from token0.report import Report
from token0.testing import png

BIG = base64.b64encode(png(128, 128)).decode()
HALF = base64.b64encode(png(64, 64)).decode()
Make = Callable[..., Engine]


@pytest.fixture
async def engine() -> AsyncIterator[Make]:
    """Makes engines of the plugin `fakes.lab`, and of modules with further hooks."""
    made: list[Engine] = []

    def make(*modules: Any, in_process: bool = True, **settings: Any) -> Engine:
        registry = plugins.load([], [lab, *modules])
        settings = {"pipeline": (Step("act", NoConfig()),), "providers": {"lab": lab.LabProvider.Config()}, **settings}
        made.append(Engine(Config(**settings), registry, in_process=in_process))
        return made[-1]

    yield make
    for each in made:
        await each.close()


def plugin(name: str, **hooks: Callable[..., Any]) -> types.ModuleType:
    module = types.ModuleType(name)
    for hook, function in hooks.items():
        setattr(module, hook, hookimpl(function))
    return module


def body(**fields: Any) -> bytes:
    return json.dumps({"model": "lab", "image": BIG, **fields}).encode()


async def run(engine: Engine, **fields: Any) -> tuple[dict[str, Any], Report]:
    sent, report = await engine.optimize(body(**fields), "lab")
    return json.loads(sent), report
