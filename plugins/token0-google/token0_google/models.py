"""What the API lets a model be told, by the model's name."""

from __future__ import annotations

import re

from token0_google.names import bare_name

_VERSION = re.compile(r"gemini-(\d+)(?:\.(\d+))?-")
_NEWEST = (3, 0)


def version(model: str) -> tuple[int, int] | None:
    """(2, 5) of `gemini-2.5-flash`; None for models that are no Gemini.

    Names without a number, as `gemini-flash-latest`, mean a recent model: the third generation's rules hold.
    """
    name = bare_name(model)
    if not name.startswith("gemini-"):
        return None
    found = _VERSION.match(f"{name}-")
    return (int(found[1]), int(found[2] or 0)) if found else _NEWEST


def is_third(model: str) -> bool:
    """True from Gemini 3 on: a resolution per part, thinking levels, signed function calls."""
    return (version(model) or (0, 0)) >= (3, 0)
