"""Reading a Claude model's generation from its name, as Anthropic, Bedrock, Vertex and routers write it."""

from __future__ import annotations

import re
from typing import NamedTuple

_NAME = re.compile(
    r"^(?:anthropic/|(?:[a-z]{2,6}\.)?anthropic\.)?"
    r"claude-(?:"
    r"3(?:[-.](?P<half>[57]))?-(?P<early>opus|sonnet|haiku)"
    r"|(?P<line>opus|sonnet|haiku|fable|mythos)-(?P<major>\d{1,2})(?:[-.](?P<minor>\d{1,2}))?"
    r"|(?P<preview>mythos-preview)"
    r")(?:[-@]\d{8}|-\d{4}-\d{2}-\d{2}|-latest|-v\d+(?::\d+)?|\[1m\])*$"
)


class Claude(NamedTuple):
    """`claude-opus-4-7` is ("opus", 4, 7)."""

    line: str
    major: int
    minor: int

    @property
    def generation(self) -> tuple[int, int]:
        return (self.major, self.minor)


def parse(model: str) -> Claude | None:
    """None for other vendors' models and for Claude 2 and older, which do not see images."""
    name = _NAME.match(model)
    if name is None:
        return None
    if name["early"]:
        return Claude(name["early"], 3, int(name["half"] or 0))
    if name["preview"]:
        return Claude("mythos", 5, 0)
    return Claude(name["line"], int(name["major"]), int(name["minor"] or 0))
