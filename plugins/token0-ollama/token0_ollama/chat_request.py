"""OpenAI Chat in, Ollama's `/api/chat` out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from token0 import documents
from token0.errors import BadRequest
from token0.wire import Translator
from token0_ollama.chat_answer import ChatAnswer
from token0_ollama.chat_messages import messages
from token0_ollama.names import parse

if TYPE_CHECKING:
    from token0.wire import Translation

_HARMLESS = frozenset({
    "model", "messages", "stream", "stream_options", "user", "metadata", "store", "service_tier", "safety_identifier",
    "prediction", "prompt_cache_key", "prompt_cache_retention", "prompt_cache_options",
})  # fmt: skip
"""Translated elsewhere, or without influence on the answer."""

_OPTIONS = frozenset({
    "temperature", "top_p", "seed", "frequency_penalty", "presence_penalty", "num_ctx", "num_keep", "num_batch",
    "num_gpu", "num_thread", "main_gpu", "use_mmap", "num_predict", "top_k", "min_p", "typical_p", "repeat_last_n",
    "repeat_penalty",
})  # fmt: skip
"""Members of Ollama's `options`: what OpenAI has too, and what its clients add with `extra_body`."""

_SAME = frozenset({"logprobs", "top_logprobs", "keep_alive", "think", "truncate", "shift"})

_SAYS_NOTHING: dict[str, tuple[Any, ...]] = {
    "n": (1,),
    "logit_bias": ({},),
    "tool_choice": ("auto", "none"),
    "parallel_tool_calls": (True,),
    "modalities": (["text"],),
    "verbosity": ("medium",),
}
"""Values of fields without a counterpart that ask for nothing else than Ollama does."""

_THINK: dict[str, bool | str] = {
    "none": False, "minimal": "low", "low": "low", "medium": "medium", "high": "high", "xhigh": "high", "max": "high",
}  # fmt: skip


class ChatToOllama(Translator):
    """The defaults of a model, as its context length, stay the server's business: only what was asked is sent."""

    name = "openai-chat-to-ollama"
    source = "openai-chat"
    target = "ollama"

    def translate(self, document: dict[str, Any], model: str, *, drop: bool) -> Translation:
        lost: list[str] = []
        body = {
            "model": model,
            "messages": list(messages(document)),
            "stream": documents.optional(document, "stream", bool) or False,
            **_fields(document, model, lost),
        }
        if lost and not drop:
            raise BadRequest(
                f"Ollama has no counterpart for '{lost[0]}'; leave it out, or let the gateway drop such fields "
                "(routing.drop_untranslatable).",
                at=(lost[0],),
                code="unsupported_parameter",
            )
        streaming = documents.optional(document, "stream_options", dict) or {}
        return ChatAnswer(
            msgspec.json.encode(body),
            model,
            include_usage=streaming.get("include_usage") is True,
            warnings=tuple(f"{name}: Ollama has no counterpart; it was dropped" for name in lost),
        )


def _fields(document: dict[str, Any], model: str, lost: list[str]) -> dict[str, Any]:
    """Everything but the messages; `lost` learns what has no counterpart."""
    fields: dict[str, Any] = {}
    options: dict[str, Any] = {}
    for name, value in document.items():
        if value is None or name in _HARMLESS or value in _SAYS_NOTHING.get(name, ()):
            continue
        if name in _OPTIONS:
            options[name] = value
        elif name in _SAME:
            fields[name] = value
        elif name in ("max_tokens", "max_completion_tokens"):
            options["num_predict"] = value
        elif name == "stop":
            options["stop"] = [value] if isinstance(value, str) else value
        elif name == "tools":
            fields |= _tools(document, lost)
        elif name == "response_format":
            fields |= _format(documents.of(value, dict, (name,)))
        elif name == "reasoning_effort":
            fields.setdefault("think", _think(value, model))
        elif name != "options":
            lost.append(name)
    options |= documents.optional(document, "options", dict) or {}
    if options:
        fields["options"] = options
    return fields


def _tools(document: dict[str, Any], lost: list[str]) -> dict[str, Any]:
    """The tools, unless none may be called: Ollama lets the model choose whenever it gets some."""
    tools = []
    for i, tool in enumerate(documents.required(document, "tools", list)):
        if documents.of(tool, dict, ("tools", i)).get("type") == "function":
            tools.append(tool)
        else:
            lost.append(f"tools[{i}]")
    return {"tools": tools} if tools and document.get("tool_choice") != "none" else {}


def _format(wanted: dict[str, Any]) -> dict[str, Any]:
    at = ("response_format",)
    match documents.required(wanted, "type", str, at):
        case "text":
            return {}
        case "json_object":
            return {"format": "json"}
        case "json_schema":
            schema = documents.required(wanted, "json_schema", dict, at)
            return {"format": documents.required(schema, "schema", dict, (*at, "json_schema"))}
        case kind:
            known = "Supported values are: 'text', 'json_object' and 'json_schema'"
            raise BadRequest(f"Invalid value: '{kind}'. {known}.", at=(*at, "type"), code="invalid_value")


def _think(effort: Any, model: str) -> bool | str:
    """Levels are for gpt-oss; for others the server answers 400 `think value "low" is not supported for this model`."""
    if not isinstance(effort, str) or effort not in _THINK:
        known = ", ".join(f"'{name}'" for name in _THINK)
        raise BadRequest(f"Supported values are: {known}.", at=("reasoning_effort",), code="invalid_value")
    level = _THINK[effort]
    return level if parse(model).family.startswith("gpt-oss") else bool(level)
