"""The JSON Schema of the YAML, made from the settings of the core and of the installed plugins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from token0.config import CacheConfig, Config

if TYPE_CHECKING:
    from collections.abc import Mapping

    from token0.config import Registry

Schema = dict[str, Any]

_VARIABLE = {
    "type": "string",
    "pattern": r"\$\{[A-Za-z_][A-Za-z0-9_]*(:-[^{}]*)?\}",
    "description": "A value with environment variables: ${NAME} or ${NAME:-default}.",
}
_ABOUT = ("title", "description", "default", "examples")


def schema(registry: Registry) -> Schema:
    """The schema of a configuration for the plugins in `registry`."""
    definitions: Schema = {}
    fields = {field.name: field for field in msgspec.structs.fields(Config)}
    core = {
        name: _of(fields[name].type, "", definitions) for name in ("server", "workers", "routing", "fetch", "prices")
    }
    quality = {**_of(fields["quality"].type, "", definitions), "default": fields["quality"].default}
    providers = {
        name: _or_nothing(_of(registry.providers[name].Config, f"providers.{name}.", definitions))
        for name in sorted(registry.providers)
    }
    properties = {name: _or_nothing(section) for name, section in core.items()}
    properties["quality"] = _with_variables(quality)
    steps = _choice(registry.optimizers, "optimizers", "What is done to each image, in this order.", definitions)
    properties["pipeline"] = _or_nothing(steps)
    joint = _choice(
        registry.conversation_optimizers,
        "conversation_optimizers",
        "What is done to all images of a request together, after the pipeline, in this order.",
        definitions,
    )
    properties["conversation"] = _or_nothing(joint)
    one = _choice(registry.selectors, "selectors", "", definitions)["items"]
    properties["selector"] = {
        **_or_nothing(one),
        "description": "What may choose a cheaper model of the same provider for a request; without it, nothing does.",
    }
    properties["cache"] = _or_nothing(_cache(registry, definitions))
    properties["providers"] = _or_nothing(_object(providers, "Settings of the installed providers, by name."))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Configuration of token0-gateway",
        **_object(properties, "Made from the installed plugins by `token0-gateway config schema`."),
        "$defs": {**definitions, "variable": _VARIABLE},
    }


def _object(properties: Schema, description: str) -> Schema:
    return {"type": "object", "description": description, "properties": properties, "additionalProperties": False}


def _of(kind: Any, prefix: str, definitions: Schema) -> Schema:
    """The schema of one type. What it refers to goes into `definitions`, under names that start with `prefix`."""
    (made,), components = msgspec.json.schema_components([kind], ref_template=f"#/$defs/{prefix}{{name}}")
    definitions |= {prefix + name: _with_variables(component) for name, component in components.items()}
    return made


def _choice(classes: Mapping[str, Any], kind: str, description: str, definitions: Schema) -> Schema:
    """A list of plugins of one kind, each by its bare name or with its settings."""
    entries: list[Schema] = []
    for name in sorted(classes):
        about = next(iter((classes[name].__dict__.get("__doc__") or "").strip().splitlines()), "")
        reference = _of(classes[name].Config, f"{kind}.{name}.", definitions)["$ref"]
        settings = definitions.pop(reference.removeprefix("#/$defs/"))
        required = settings.get("required", [])
        entries.append({
            "title": name,
            **_object({"use": {"const": name}, **settings["properties"]}, about or settings.get("description", "")),
            "required": ["use", *required],
        })  # fmt: skip
        if not required:
            entries.append({"const": name, "description": about})
    return {"type": "array", "description": description, "items": {"oneOf": entries} if entries else False}


def _cache(registry: Registry, definitions: Schema) -> Schema:
    """The section `cache`, whose layers and matcher are plugins."""
    made = _of(CacheConfig, "", definitions)
    for name in ("Step", "Struct"):
        del definitions[name]
    properties = definitions["CacheConfig"]["properties"]
    layers = _choice(registry.caches, "caches", properties["layers"]["description"], definitions)
    properties["layers"] = _or_nothing(layers)
    one = _choice(registry.matchers, "matchers", "", definitions)["items"]
    properties["matcher"] = {**_or_nothing(one), "description": properties["matcher"]["description"]}
    return made


def _or_nothing(section: Schema) -> Schema:
    """A section may be empty: all of its lines are then comments."""
    return {"anyOf": [section, {"type": "null"}]}


def _with_variables(made: Schema) -> Schema:
    """The same schema, but `${NAME}` may stand where it asks for more than any text, and no key is left unchecked."""
    whole = dict(made)
    if "properties" in whole:
        whole["properties"] = {name: _with_variables(inner) for name, inner in whole["properties"].items()}
        whole.setdefault("additionalProperties", False)
    for inside in ("items", "additionalProperties"):
        if isinstance(whole.get(inside), dict):
            whole[inside] = _with_variables(whole[inside])
    members = whole.get("anyOf") or [{key: value for key, value in whole.items() if key not in _ABOUT}]
    takes_any_text = any(
        each.get("type") == "string" and not each.keys() & {"pattern", "enum", "format"} for each in members
    )
    if takes_any_text or not any(_is_scalar(each) for each in members):
        return whole
    about = {key: value for key, value in whole.items() if key in _ABOUT}
    return {**about, "anyOf": [*members, {"$ref": "#/$defs/variable"}]}


def _is_scalar(made: Schema) -> bool:
    return "enum" in made or made.get("type") in {"integer", "number", "boolean", "string"}
