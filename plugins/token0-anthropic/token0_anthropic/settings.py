"""The fields of an OpenAI Chat request besides messages and tools, for Anthropic Messages."""

from __future__ import annotations

from typing import Any

from token0 import documents
from token0.errors import BadRequest
from token0.types import Path
from token0_anthropic.losses import Losses
from token0_anthropic.names import Claude

DEFAULT_MAX_TOKENS = 4096
"""For models of which nothing is known: every model that sees images can write this much."""

_MAX_TOKENS = (((3, 7), 32_000), ((3, 5), 8192))
"""From this generation on: what every model of it can write at least. Source: models overview, read 2026-11."""

_EFFORTS = {name: name for name in ("low", "medium", "high", "xhigh", "max")} | {"minimal": "low"}

_OWN = ("thinking", "top_k", "cache_control")
"""Anthropic's fields that OpenAI has no word for: clients that know where they are going may add them."""

_TRANSLATED = frozenset(
    {
        "model", "messages", "stream", "stream_options", "tools", "tool_choice", "parallel_tool_calls", "max_tokens",
        "max_completion_tokens", "stop", "temperature", "top_p", "response_format", "reasoning_effort", *_OWN,
    }
)  # fmt: skip
_HARMLESS = frozenset(
    {
        "user", "metadata", "store", "safety_identifier", "service_tier", "prediction",
        "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention",
    }
)  # fmt: skip
"""Cannot change the answer."""

_NEUTRAL: dict[str, Any] = {
    "n": 1,
    "logprobs": False,
    "top_logprobs": 0,
    "presence_penalty": 0,
    "frequency_penalty": 0,
    "logit_bias": {},
    "modalities": ["text"],
    "verbosity": "medium",
}
"""Values that ask for nothing but what happens anyway."""


def refuse_rest(document: dict[str, Any], losses: Losses) -> None:
    """Everything that would silently be lost."""
    for field, value in document.items():
        if field in _TRANSLATED or field in _HARMLESS or value is None:
            continue
        if field not in _NEUTRAL or value != _NEUTRAL[field]:
            losses.add((field,), "it has no counterpart")


def translate(document: dict[str, Any], claude: Claude | None, losses: Losses) -> dict[str, Any]:
    """The fields that have a counterpart. `claude` is the model, where its name is understood."""
    translated: dict[str, Any] = {"max_tokens": _max_tokens(document, claude)}
    if documents.optional(document, "stream", bool):
        translated["stream"] = True
    if stop := _stop(document.get("stop"), losses):
        translated["stop_sequences"] = stop
    translated |= _sampling(document, claude, losses)
    return translated | {field: document[field] for field in _OWN if document.get(field) is not None}


def output(document: dict[str, Any], claude: Claude | None, losses: Losses, *, may_think: bool) -> dict[str, Any]:
    """`output_config` and `thinking`: the form of the answer, and the effort it is worth."""
    config: dict[str, Any] = {}
    translated: dict[str, Any] = {}
    effort = documents.optional(document, "reasoning_effort", str)
    if effort == "none":
        translated["thinking"] = {"type": "disabled"}
    elif effort is not None:
        if effort not in _EFFORTS:
            raise BadRequest(
                f"Expected one of none, {', '.join(_EFFORTS)}.", at=("reasoning_effort",), code="invalid_value"
            )
        if claude and not _takes_effort(claude):
            losses.add(("reasoning_effort",), "this model has no effort setting")
        else:
            config["effort"] = _EFFORTS[effort]
            if claude and claude.generation >= (4, 6) and may_think:
                # These models think only when asked to; which of them how much, the effort says.
                translated["thinking"] = {"type": "adaptive"}
    if schema := _schema(documents.optional(document, "response_format", dict), losses):
        config["format"] = {"type": "json_schema", "schema": schema}
    return {**translated, "output_config": config} if config else translated


def _takes_effort(claude: Claude) -> bool:
    return claude.generation >= (4, 6) or (claude.line, claude.generation) == ("opus", (4, 5))


def _max_tokens(document: dict[str, Any], claude: Claude | None) -> int:
    for field in ("max_completion_tokens", "max_tokens"):
        if (limit := documents.optional(document, field, int)) is not None:
            return limit
    generation = claude.generation if claude else (0, 0)
    return next((limit for since, limit in _MAX_TOKENS if generation >= since), DEFAULT_MAX_TOKENS)


def _stop(stop: Any, losses: Losses) -> list[str]:
    words = [stop] if isinstance(stop, str) else documents.of(stop or [], list, ("stop",))
    kept = []
    for i, word in enumerate(words):
        at: Path = ("stop",) if isinstance(stop, str) else ("stop", i)
        if documents.of(word, str, at).strip():
            kept.append(word)
        else:
            losses.add(at, "a stop sequence needs a visible character")
    return kept


def _sampling(document: dict[str, Any], claude: Claude | None, losses: Losses) -> dict[str, Any]:
    translated: dict[str, Any] = {}
    for field in ("temperature", "top_p"):
        value = document.get(field)
        # 1 is what both sides do when nothing is said, and newer models refuse to be told anything else.
        if value is None or value == 1:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise BadRequest("Invalid type: expected a number.", at=(field,), code="invalid_type")
        if claude and claude.generation >= (4, 7):
            losses.add((field,), "this model takes no other value than 1")
        elif value > 1:
            losses.add((field,), "at most 1 is possible, so 1 is used")
        else:
            translated[field] = value
    return translated


def _schema(wanted: dict[str, Any] | None, losses: Losses) -> dict[str, Any] | None:
    if wanted is None or wanted.get("type") == "text":
        return None
    if wanted.get("type") != "json_schema":
        losses.add(("response_format",), "only json_schema, which says what the object looks like, has a counterpart")
        return None
    described = documents.required(wanted, "json_schema", dict, ("response_format",))
    return documents.required(described, "schema", dict, ("response_format", "json_schema"))
