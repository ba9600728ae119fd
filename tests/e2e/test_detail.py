"""`detail` where the provider has no such field: the image itself is made smaller."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from token0.engine import Engine
from token0.sniff import sniff
from token0.testing import png

EXAMPLE = Path(__file__).parents[2] / "examples" / "token0.yaml"


@pytest.mark.parametrize(("detail", "longest"), [("low", 512), ("high", 1568)])
async def test_claude_sees_what_openai_would_show(detail: str, longest: int) -> None:
    address = {"url": "data:image/png;base64," + base64.b64encode(png(3000, 2000)).decode(), "detail": detail}
    content = [{"type": "text", "text": "Describe it."}, {"type": "image_url", "image_url": address}]
    body = {"model": "claude-haiku-4-5", "messages": [{"role": "user", "content": content}]}
    engine = Engine.from_file(str(EXAMPLE))
    try:
        sent, report = await engine.optimize(json.dumps(body).encode(), "openai-chat")
    finally:
        await engine.close()
    url = json.loads(sent)["messages"][0]["content"][1]["image_url"]["url"]
    header = sniff(base64.b64decode(url.partition(",")[2]))
    assert header is not None
    assert max(header.width, header.height) <= longest
    assert report.tokens_saved > 0
