"""A gateway before a fake Anthropic, clients for it, and small requests."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import anthropic
import openai
from fakes import halving
from fakes.anthropic import FakeAnthropic

from token0.sniff import sniff
from token0.testing import png

OLD, NEW = "claude-haiku-4-5", "claude-opus-5-5"


def grey(width: int, height: int) -> str:
    """A grey PNG in base64."""
    return base64.b64encode(png(width, height)).decode()


GREY = grey(560, 560)
"""20 x 20 patches: 400 tokens, and a quarter of it when it is halved."""

IMAGE: Any = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": GREY}}
URL_PART: Any = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{GREY}"}}
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}


def gateway(loop: Any, folder: Path, app: Any, step: str = "halve", **settings: Any) -> str:
    """The address of a gateway that runs `step` on every image and sends what is Anthropic's to `app`."""
    upstream = loop.serve(app)
    path = folder / "token0.yaml"
    providers = {"anthropic": {"base_url": f"{upstream}/v1"}}
    path.write_text(json.dumps({"providers": providers, "pipeline": [{"use": step}], **settings}))
    return str(loop.gateway(str(path), halving))


def native(address: str, **settings: Any) -> anthropic.Anthropic:
    given = {"api_key": "sk-ant-1", "max_retries": 0, **settings}
    return anthropic.Anthropic(base_url=address, http_client=anthropic.DefaultHttpxClient(trust_env=False), **given)


def foreign(address: str, **settings: Any) -> openai.OpenAI:
    given = {"api_key": "sk-ant-1", "max_retries": 0, **settings}
    return openai.OpenAI(base_url=f"{address}/v1", http_client=openai.DefaultHttpxClient(trust_env=False), **given)


def fake(*knobs: str) -> dict[str, str]:
    """The header that makes the provider behave so."""
    return {"X-Fake": ",".join(knobs)}


def user(*content: Any) -> Any:
    return {"role": "user", "content": [{"type": "text", "text": c} if isinstance(c, str) else c for c in content]}


def side(source: dict[str, Any]) -> int:
    """The width of the picture that was sent."""
    header = sniff(base64.b64decode(source["data"]))
    assert header
    return header.width


def sent(server: FakeAnthropic) -> Any:
    """The messages that the provider got last."""
    return server.last.json["messages"]
