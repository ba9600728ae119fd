"""OpenAI's own client for Node against a gateway before a fake OpenAI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from fakes import node
from fakes.openai_behind import URL, address, fake

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["address", "fake"]

SCENARIOS: dict[str, Any] = {
    "text": {"text": "Grüezi 🖼 0 image tokens", "saved": None},
    "image": {"text": "Grüezi 🖼 255 image tokens", "saved": 510},
    "stream": {"text": "Grüezi 🖼 255 image tokens ", "saved": 510},
    "helper": ['{"city":"Zürich"}', '{"zone":"CET"}'],
    "responses": {"text": "Grüezi 🖼 255 image tokens", "saved": 510},
    "responsesStream": {"type": "response.completed", "saved": 510},
    "responsesHelper": {"text": "Grüezi 🖼 255 image tokens"},
    "limited": {"name": "RateLimitError", "status": 429, "code": "rate_limit_exceeded"},
    "unknown": {"name": "NotFoundError", "status": 404, "code": "model_not_found"},
    "cut": {"name": "APIError", "status": None, "code": "upstream_unreachable"},
    "models": ["gpt-4o", "gpt-6-astra"],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return node.install(tmp_path_factory.mktemp("node"), "openai@6")


@pytest.mark.parametrize(("scenario", "expected"), SCENARIOS.items(), ids=SCENARIOS)
def test_the_client_for_node_sees(folder: Path, address: str, scenario: str, expected: Any) -> None:
    assert node.run(folder, "openai.mjs", address, scenario, URL) == expected
