"""Media resolution: the words of clients and optimizers, and the levels of the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

_LEVELS = {
    "low": "MEDIA_RESOLUTION_LOW",
    "medium": "MEDIA_RESOLUTION_MEDIUM",
    "high": "MEDIA_RESOLUTION_HIGH",
    "ultra_high": "MEDIA_RESOLUTION_ULTRA_HIGH",
}
_ORDER = tuple(_LEVELS.values())
_WORDS = {**{level: word for word, level in _LEVELS.items()}, **{word: word for word in _LEVELS}}


def word(level: Any) -> str | None:
    """`MEDIA_RESOLUTION_LOW` -> `low`; None where no size is named."""
    return _WORDS.get(level) if isinstance(level, str) else None


def level(detail: str | None) -> str | None:
    """The level of a word, OpenAI's `original` included; None where the model shall choose, as for `auto`."""
    return _LEVELS.get("ultra_high" if detail == "original" else detail or "")


def for_all(details: Iterable[str | None]) -> str | None:
    """The level that is enough for every image of a request, for models that take only one; None for the default.

    ULTRA_HIGH is not to be had for a whole request.
    """
    levels = [level(detail) for detail in details]
    named = [each for each in levels if each]
    if not levels or len(named) < len(levels):
        return None
    return min(max(named, key=_ORDER.index), _LEVELS["high"], key=_ORDER.index)
