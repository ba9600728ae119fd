"""What a Gemini model is called without the parts that change neither its rule nor its price."""

from __future__ import annotations

import re

_PREFIX = re.compile(r"^(?:(?:publishers/)?google/)?(?:models/)?")
_SUFFIX = re.compile(
    r"(?:-(?:preview|exp|latest|customtools|\d{3}|\d{4}|\d{8}|\d{2}-\d{2}|\d{2}-\d{4}|\d{4}-\d{2}-\d{2})|\[1m\])+$"
)


def bare_name(model: str) -> str:
    """`models/gemini-2.5-flash-preview-09-2025` -> `gemini-2.5-flash`."""
    name = _PREFIX.sub("", model)
    # `gemini-flash-latest` names no version: without its ending it would name another, older model.
    if re.fullmatch(r"gemini-(?:pro|flash|flash-lite)-latest", name):
        return name
    return _SUFFIX.sub("", name)
