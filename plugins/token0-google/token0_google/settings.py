"""The fields of an OpenAI Chat request beside its messages, as Gemini's settings and tools."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from token0 import documents
from token0.errors import BadRequest
from token0_google.models import version

if TYPE_CHECKING:
    from token0_google.losses import Losses

_HARMLESS = frozenset({
    "model", "messages", "stream", "stream_options", "user", "metadata", "store", "service_tier", "safety_identifier",
    "prediction", "prompt_cache_key", "prompt_cache_retention", "prompt_cache_options",
})  # fmt: skip
"""Translated elsewhere, or without influence on the answer."""

_SAYS_NOTHING: dict[str, tuple[Any, ...]] = {
    "n": (1,),
    "logprobs": (False,),
    "logit_bias": ({},),
    "parallel_tool_calls": (True,),
    "modalities": (["text"],),
    "verbosity": ("medium",),
    "tools": ([],),
    "tool_choice": ("auto",),
}
"""Values that ask for nothing else than Gemini does."""

_SAME = {
    "temperature": "temperature",
    "top_p": "topP",
    "top_k": "topK",
    "seed": "seed",
    "presence_penalty": "presencePenalty",
    "frequency_penalty": "frequencyPenalty",
    "max_tokens": "maxOutputTokens",
    "max_completion_tokens": "maxOutputTokens",
    "logprobs": "responseLogprobs",
    "top_logprobs": "logprobs",
}

_BUDGETS = {"none": 0, "minimal": 1024, "low": 1024, "medium": 8192, "high": 24576, "xhigh": 24576, "max": 24576}
_LEVELS = {
    "none": "MINIMAL", "minimal": "MINIMAL", "low": "LOW", "medium": "MEDIUM", "high": "HIGH", "xhigh": "HIGH",
    "max": "HIGH",
}  # fmt: skip
"""As Google's own imitation of OpenAI maps them (ai.google.dev, OpenAI compatibility)."""


def settings(document: dict[str, Any], model: str, losses: Losses) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields beside `contents`, and `generationConfig`. Raises `BadRequest` for a field without counterpart."""
    fields: dict[str, Any] = {}
    config: dict[str, Any] = {}
    for name, value in document.items():
        if value is None or name in _HARMLESS or value in _SAYS_NOTHING.get(name, ()):
            continue
        match name:
            case "max_tokens" if document.get("max_completion_tokens") is not None:
                pass
            case "tool_choice" if value == "none" and not document.get("tools"):
                pass
            case "n" if document.get("stream"):
                losses.lose((name,), "it works only in answers that are not streamed")
            case "n":
                config["candidateCount"] = value
            case "stop":
                config["stopSequences"] = [value] if isinstance(value, str) else value
            case "tools":
                fields |= _tools(document, losses)
            case "tool_choice":
                fields |= _choice(value, losses)
            case "response_format":
                config |= _format(documents.of(value, dict, (name,)))
            case "reasoning_effort":
                config.setdefault("thinkingConfig", {}).update(_thinking(value, model, losses))
            case "extra_body":
                pass
            case _ if name in _SAME:
                config[_SAME[name]] = value
            case _:
                losses.lose((name,), "it has no counterpart")
    _extra(document, fields, config, losses)
    return fields, config


def _tools(document: dict[str, Any], losses: Losses) -> dict[str, Any]:
    declarations = []
    for i, tool in enumerate(documents.required(document, "tools", list)):
        at = ("tools", i)
        if documents.of(tool, dict, at).get("type") != "function":
            losses.lose((*at, "type"), "only functions can be called")
            continue
        function = documents.required(tool, "function", dict, at)
        declaration = {"name": documents.required(function, "name", str, (*at, "function"))}
        for ours, theirs in (("description", "description"), ("parameters", "parametersJsonSchema")):
            if function.get(ours) is not None:
                declaration[theirs] = function[ours]
        declarations.append(declaration)
    return {"tools": [{"functionDeclarations": declarations}]} if declarations else {}


def _choice(choice: Any, losses: Losses) -> dict[str, Any]:
    """A choice of tools. VALIDATED is AUTO with schemas that are kept, the only such mode that takes names."""
    match choice:
        case "auto" | "none" | "required":
            calling: dict[str, Any] = {"mode": {"auto": "AUTO", "none": "NONE", "required": "ANY"}[choice]}
        case {"type": "function", "function": {"name": str(name)}}:
            calling = {"mode": "ANY", "allowedFunctionNames": [name]}
        case {"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": [*tools]}}:
            names = [documents.lookup(tool, ("function", "name")) for tool in tools]
            calling = {"mode": "ANY" if mode == "required" else "VALIDATED", "allowedFunctionNames": names}
        case _:
            losses.lose(("tool_choice",), "only functions can be chosen")
            return {}
    return {"toolConfig": {"functionCallingConfig": calling}}


def _format(wanted: dict[str, Any]) -> dict[str, Any]:
    at = ("response_format",)
    match documents.required(wanted, "type", str, at):
        case "text":
            return {}
        case "json_object":
            return {"responseMimeType": "application/json"}
        case "json_schema":
            described = documents.required(wanted, "json_schema", dict, at)
            schema = documents.required(described, "schema", dict, (*at, "json_schema"))
            return {"responseMimeType": "application/json", "responseJsonSchema": schema}
        case kind:
            known = "Supported values are: 'text', 'json_object' and 'json_schema'"
            raise BadRequest(f"Invalid value: '{kind}'. {known}.", at=(*at, "type"), code="invalid_value")


def _thinking(effort: Any, model: str, losses: Losses) -> dict[str, Any]:
    at = ("reasoning_effort",)
    if not isinstance(effort, str) or effort not in _LEVELS:
        known = ", ".join(f"'{name}'" for name in _LEVELS)
        raise BadRequest(f"Supported values are: {known}.", at=at, code="invalid_value")
    which = version(model) or (0, 0)
    pro = "-pro" in model
    if which < (2, 5) or (effort == "none" and pro):
        losses.lose(at, f"{model} has no such setting")
        return {}
    if which < (3, 0):
        return {"thinkingBudget": _BUDGETS[effort]}
    level = "LOW" if pro and effort == "minimal" else _LEVELS[effort]
    if effort in ("none", "xhigh", "max"):
        losses.note(at, f"'{effort}' was sent as {level}, the nearest that {model} has")
    return {"thinkingLevel": level}


def _extra(document: dict[str, Any], fields: dict[str, Any], config: dict[str, Any], losses: Losses) -> None:
    """`extra_body.google`, which clients of Google's own imitation of OpenAI send."""
    extra = documents.optional(document, "extra_body", dict) or {}
    google = documents.optional(extra, "google", dict, ("extra_body",)) or {}
    for name in extra:
        if name != "google":
            losses.lose(("extra_body", name), "it has no counterpart")
    for name, value in google.items():
        at = ("extra_body", "google", name)
        if name == "cached_content":
            fields["cachedContent"] = value
        elif name == "thinking_config":
            thinking = {_camel(key): said for key, said in documents.of(value, dict, at).items()}
            # A level and a budget exclude each other; what is said in Gemini's own words counts.
            spoken = {} if thinking.keys() & {"thinkingLevel", "thinkingBudget"} else config.get("thinkingConfig", {})
            config["thinkingConfig"] = {**spoken, **thinking}
        else:
            losses.lose(at, "it has no counterpart")


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)
