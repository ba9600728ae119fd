"""Whether an answer may come from the cache, and whether it may be kept: what the operator, the client and it allow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from token0 import documents

if TYPE_CHECKING:
    from multidict import CIMultiDict, CIMultiDictProxy

    from token0.config import CacheConfig
    from token0.types import Request
    from token0.wire import Dialect

_OTHER_STATE = (
    "previous_response_id", "conversation", "background", "store", "container", "mcp_servers", "web_search_options",
    "cachedContent", "cached_content",
)  # fmt: skip
"""Fields of a request that reach beyond it, when they say anything."""

_ADDRESSES = ("url", "image_url")
_REFERENCES = ("file_id", "file_url", "fileUri", "file_uri")
_REMOTE_TOOL = re.compile(
    r"search|fetch|retriev|code_?(execution|interpreter)|mcp|image_?generation|url_?context|maps", re.IGNORECASE
)


class Wish(msgspec.Struct, frozen=True):
    """on: look, and keep. refresh: keep, but do not look. off: neither; `why` says for what reason."""

    status: Literal["on", "refresh", "off"]
    why: str | None = None


def wish(
    settings: CacheConfig, request: Request, dialect: Dialect, headers: CIMultiDict[str] | CIMultiDictProxy[str]
) -> Wish:
    """What operator and client want. What is in the request is judged by `beyond`."""
    said = headers.get("X-Token0-Cache", "").strip().lower()
    control = {each.strip().lower() for each in ",".join(headers.getall("Cache-Control", [])).split(",")}
    if why := _refusal(settings, request, dialect, said, control, headers):
        return Wish("off", why)
    # Browsers and `fetch` say no-cache as max-age=0.
    return Wish("refresh" if said == "refresh" or control & {"no-cache", "max-age=0"} else "on")


def _refusal(
    settings: CacheConfig,
    request: Request,
    dialect: Dialect,
    said: str,
    control: set[str],
    headers: CIMultiDict[str] | CIMultiDictProxy[str],
) -> str | None:
    if said not in ("", "on", "off", "refresh"):
        return "X-Token0-Cache knows on, off and refresh"
    if said == "off":
        return "X-Token0-Cache: off"
    if headers.get("X-Token0", "").lower() == "off":
        return "X-Token0: off"
    if request.options.cache is False:
        return "token0_enable_cache: false"
    if "no-store" in control:
        return "Cache-Control: no-store"
    wanted = settings.answers == "always" or said == "on" or request.options.cache
    if not wanted and not _is_deterministic(request, dialect):
        return "neither temperature 0 nor a seed (cache.answers)"
    if not settings.tools and (request.document.get("tools") or request.document.get("functions")):
        return "it carries tools (cache.tools)"
    return None


def _is_deterministic(request: Request, dialect: Dialect) -> bool:
    holders = (documents.lookup(request.document, path) for path in dialect.sampling)
    return any(isinstance(holder, dict) and _is_fixed(holder) for holder in holders)


def _is_fixed(settings: dict[str, Any]) -> bool:
    temperature = settings.get("temperature")
    cold = isinstance(temperature, int | float) and not isinstance(temperature, bool) and temperature == 0
    return cold or settings.get("seed") is not None


def beyond(request: Request, model: str) -> str | None:
    """Why the answer depends on more than the request: on what a server holds, or on what the world looks like today.

    None when it does not. When in doubt it does: that costs a hit, not a wrong answer. Walks the whole document.
    """
    document = request.document
    for name in _OTHER_STATE:
        if document.get(name):
            return f"{name} reaches beyond the request"
    if isinstance(document.get("prompt"), dict):
        return "its prompt is held by the provider"
    if any(part.base64 is None for part in request.parts):
        return "an image of it is not in the request"
    if "search" in model or any(map(_REMOTE_TOOL.search, _tool_words(document.get("tools")))):
        return "the model may look at what is not in the request"
    return _reference(document)


def _tool_words(tools: Any) -> Iterator[str]:
    """What tells the kind of a tool: its type, or the one key of it. Names and descriptions are the client's own."""
    for tool in tools if isinstance(tools, list) else ():
        if isinstance(tool, dict):
            yield str(tool.get("type", ""))
            yield from tool


def _reference(document: dict[str, Any]) -> str | None:
    """A file or an address of what is not in the request."""
    held: list[Any] = [document]
    while held:
        value = held.pop()
        if isinstance(value, list):
            held += [each for each in value if isinstance(each, dict | list)]
            continue
        for key, inner in value.items():
            if isinstance(inner, dict | list):
                held.append(inner)
            if _refers(key, inner):
                return f"{key} stands for what is not in the request"
    return None


def _refers(key: str, value: Any) -> bool:
    if isinstance(value, str):
        if key in _REFERENCES:
            return not value.startswith("data:")
        return (key in _ADDRESSES and "://" in value[:16]) or (key == "type" and value == "item_reference")
    # The sound of an earlier answer.
    return key == "audio" and isinstance(value, dict) and "id" in value
