"""The clients for Node against a gateway before a fake Anthropic. Skipped where node or its packages cannot be had."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from fakes import anthropic_behind as behind
from fakes.anthropic import FakeAnthropic
from fakes.anthropic_behind import GREY

SCRIPTS = Path(__file__).with_name("node")


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both clients installed, and the scripts beside them."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        pytest.skip("node and npm are not installed")
    folder = tmp_path_factory.mktemp("node")
    command = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "@anthropic-ai/sdk", "openai"]
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=120)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        pytest.skip("npm could not install the clients")
    for script in SCRIPTS.glob("*.mjs"):
        shutil.copy(script, folder)
    return folder


def told(script: str, packages: Path, loop: Any, folder: Path) -> Any:
    address = behind.gateway(loop, folder, FakeAnthropic().app)
    run = subprocess.run(
        ["node", script, address, GREY], cwd=packages, capture_output=True, text=True, timeout=60, check=False
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def test_anthropics_client_is_served(packages: Path, loop: Any, tmp_path: Path) -> None:
    assert told("anthropic.mjs", packages, loop, tmp_path) == {
        "text": "Grüezi 🖼 100 image tokens",
        "saved": 300,
        "blocks": ["thinking", "redacted_thinking", "text", "tool_use", "tool_use"],
        "input": [{"city": "Zürich"}, {}],
        "last": ["message_stop", 300],
        "counted": 101,
        "error": ["RateLimitError", 429, "7"],
        "broken": True,
    }


def test_openais_client_reaches_claude(packages: Path, loop: Any, tmp_path: Path) -> None:
    assert told("claude_by_openai.mjs", packages, loop, tmp_path) == {
        "text": "Grüezi 🖼 100 image tokens",
        "saved": 300,
        "calls": [["toolu_01weather", {"city": "Zürich"}], ["toolu_02clock", {}]],
        "finish": "tool_calls",
        "error": ["InternalServerError", 529],
        "broken": True,
    }
