"""What the API lets a model be told, by the model's name."""

from __future__ import annotations

import re

from token0_google.names import bare_name

_VERSION = re.compile(r"gemini-(\d+)(?:\.(\d+))?-")
_LATEST = re.compile(r"gemini-(pro|flash|flash-lite)-latest")


def version(model: str) -> tuple[int, int] | None:
    """(2, 5) of `gemini-2.5-flash`; None where the name does not tell.

    `gemini-flash-latest` and its like moved on to the third generation long ago.
    """
    name = bare_name(model)
    if _LATEST.fullmatch(name):
        return 3, 0
    found = _VERSION.match(f"{name}-")
    return (int(found[1]), int(found[2] or 0)) if found else None


def is_third(model: str) -> bool:
    """True from Gemini 3 on: a resolution per part, thinking levels, signed function calls."""
    return (version(model) or (0, 0)) >= (3, 0)
