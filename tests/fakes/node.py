"""Scripts of Node that use an official client from npm. Skips, saying why, where that is not to be had."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

SCRIPTS = Path(__file__).parent.parent / "e2e" / "node"


def install(folder: Path, package: str) -> Path:
    """`folder` with `package` from npm and all scripts in it."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("node and npm are not installed")
    command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", package]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm could not install {package} in time")
    if done.returncode:
        pytest.skip(f"npm could not install {package}: {done.stderr.strip()[-200:]}")
    for script in SCRIPTS.glob("*.mjs"):
        shutil.copy(script, folder)
    return folder


def run(folder: Path, script: str, *arguments: str) -> Any:
    """What the script prints, which is JSON."""
    command = ["node", script, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
