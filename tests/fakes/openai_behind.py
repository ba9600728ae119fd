"""What the tests of both OpenAI doors share: a gateway before the fake, clients, and turns with images."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from fakes import halving
from fakes.openai import FakeOpenAI

from token0.testing import png

URL = "data:image/png;base64," + base64.b64encode(png(600, 600)).decode()
"""600 px cost gpt-4o 765 tokens; half of that, which is what `halve` sends, 255."""

HALF = "data:image/png;base64," + base64.b64encode(png(300, 300)).decode()
MODEL = "gpt-4o"
CITY = {"type": "object", "properties": {"city": {"type": "string"}}}


@pytest.fixture
def fake() -> FakeOpenAI:
    return FakeOpenAI()


@pytest.fixture
def address(loop: Any, fake: FakeOpenAI, tmp_path: Path) -> str:
    return gateway(loop, tmp_path, loop.serve(fake.app))


def gateway(loop: Any, folder: Path, upstream: str, **settings: Any) -> str:
    """The address of a gateway that halves every image; `settings` are those of the provider."""
    providers = {"openai": {"base_url": upstream + "/v1", **settings}}
    path = folder / "token0.yaml"
    path.write_text(json.dumps({"providers": providers, "pipeline": [{"use": "halve"}]}))
    return str(loop.gateway(str(path), halving))


@pytest.fixture
def client(address: str) -> Iterator[openai.OpenAI]:
    with open_client(address) as client:
        yield client


def open_client(address: str) -> openai.OpenAI:
    """A client that asks once and heeds no proxy of this machine."""
    web = openai.DefaultHttpxClient(trust_env=False)
    return openai.OpenAI(base_url=address + "/v1", api_key="sk-test", max_retries=0, timeout=20, http_client=web)


def knobs(*names: str) -> dict[str, str]:
    return {"X-Fake": ",".join(names)}


def part(url: str = URL, **fields: Any) -> Any:
    """An image of a chat."""
    return {"type": "image_url", "image_url": {"url": url, **fields}}


def user(*contents: Any) -> Any:
    """A turn of a chat: strings are text."""
    return {
        "role": "user",
        "content": [{"type": "text", "text": each} if isinstance(each, str) else each for each in contents],
    }


def seen(url: str = URL, detail: str = "auto") -> Any:
    """An image of a response."""
    return {"type": "input_image", "image_url": url, "detail": detail}


def turn(*contents: Any) -> Any:
    """A turn of a response: strings are text."""
    return {
        "role": "user",
        "content": [{"type": "input_text", "text": each} if isinstance(each, str) else each for each in contents],
    }
