"""A gateway before a fake Ollama, and what both are asked in tests."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

from aiohttp import web
from fakes import halving
from PIL import Image as Picture

from token0.testing import png

NOWHERE = "http://127.0.0.1:1"
"""Where the other providers are: a request that went there by mistake fails."""
GREY = png(600, 400)
GREY64 = base64.b64encode(GREY).decode()
DATA_URL = f"data:image/png;base64,{GREY64}"
HELLO = {"role": "user", "content": "hello there"}
WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather in a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


def gateway(loop: Any, folder: Path, app: web.Application, step: str | None = None, **settings: Any) -> tuple[str, str]:
    """Starts `app` as Ollama, and a gateway that runs `step` on every image. Returns its address, then Ollama's."""
    upstream = loop.serve(app)
    providers = {"openai": {"base_url": f"{NOWHERE}/v1"}, "ollama": {"base_url": upstream}}
    pipeline = [step] if step else []
    (folder / "token0.yaml").write_text(json.dumps({"providers": providers, "pipeline": pipeline, **settings}))
    return loop.gateway(str(folder / "token0.yaml"), halving), upstream


def size_sent(image: str) -> tuple[int, int]:
    with Picture.open(io.BytesIO(base64.b64decode(image, validate=True))) as picture:
        return picture.size
