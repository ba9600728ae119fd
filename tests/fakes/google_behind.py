"""A gateway before a fake Gemini API, and what both are asked in tests."""

from __future__ import annotations

import base64
import json
import struct
from pathlib import Path
from typing import Any

from fakes import halving
from fakes.google import FakeGoogle

from token0.testing import png

NOWHERE = "http://127.0.0.1:1"
"""Where the other providers are: a request that went there by mistake fails."""
KEY = "AIza-of-a-test"
GREY = png(600, 400)
GREY64 = base64.b64encode(GREY).decode()
DATA_URL = f"data:image/png;base64,{GREY64}"
INLINE = {"inlineData": {"mimeType": "image/png", "data": GREY64}}
FLASH = "gemini-3-flash-preview"
WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather in a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}},
    },
}
CLOCK = {"type": "function", "function": {"name": "clock"}}


def gateway(loop: Any, folder: Path, fake: FakeGoogle, step: str | None = None, **settings: Any) -> tuple[str, str]:
    """Starts the fake, and a gateway that runs `step` on every image. Returns its address, then the fake's."""
    upstream = loop.serve(fake.app)
    providers = {
        "openai": {"base_url": f"{NOWHERE}/v1"},
        "anthropic": {"base_url": NOWHERE},
        "google": {"base_url": upstream, **settings.pop("google", {})},
        "ollama": {"base_url": NOWHERE},
    }
    pipeline = [step] if step else []
    (folder / "token0.yaml").write_text(json.dumps({"providers": providers, "pipeline": pipeline, **settings}))
    return loop.gateway(str(folder / "token0.yaml"), halving), upstream


def size_of(part: dict[str, Any]) -> tuple[int, int]:
    """Pixels of the PNG in a part."""
    width, height = struct.unpack_from(">II", base64.b64decode(part["inlineData"]["data"], validate=True), 16)
    return width, height
