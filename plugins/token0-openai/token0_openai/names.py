"""What a model is called without the parts that change neither its rule nor its price."""

from __future__ import annotations

import re

_SUFFIX = re.compile(r"(?:-\d{4}-\d{2}-\d{2}|-\d{8}|-latest|\[1m\])+$")


def undecorated(model: str) -> str:
    """`openai/gpt-4o` -> `gpt-4o`; names of this vendor only, so no other prefix is known."""
    return model.removeprefix("openai/")


def bare_name(model: str) -> str:
    """`openai/gpt-4o-2024-08-06` -> `gpt-4o`, `ft:o4-mini-2025-04-16:org::id` -> `o4-mini`."""
    name = undecorated(model)
    if name.startswith("ft:"):
        name = name.split(":")[1]
    return _SUFFIX.sub("", name)
