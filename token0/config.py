"""What the operator decides: the YAML file as frozen settings, or every mistake in it at once."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, Protocol

import msgspec
from msgspec import Meta

from token0.convert import (
    HIDDEN,
    convert,
    did_you_mean,
    holds_secret,
    is_secret,
    shown,
    struct,
    unknown_keys,
    without_credentials,
)
from token0.errors import ConfigError, dotted
from token0.types import Path, Price, Quality
from token0.yaml12 import Mistake, Node, read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from token0.interfaces import Cache, ConversationOptimizer, Matcher, ModelSelector, Optimizer
    from token0.wire import Provider

MIB = 1024 * 1024
MAX_FILE = MIB

_YEAR = 31_536_000


class Registry(Protocol):
    """What a configuration needs to know about the installed plugins. `failures`: entry point of a broken one, why."""

    @property
    def optimizers(self) -> Mapping[str, type[Optimizer]]: ...
    @property
    def providers(self) -> Mapping[str, type[Provider]]: ...
    @property
    def caches(self) -> Mapping[str, type[Cache]]: ...
    @property
    def matchers(self) -> Mapping[str, type[Matcher]]: ...
    @property
    def selectors(self) -> Mapping[str, type[ModelSelector]]: ...
    @property
    def conversation_optimizers(self) -> Mapping[str, type[ConversationOptimizer]]: ...
    @property
    def failures(self) -> Mapping[str, str]: ...


class Server(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the gateway listens and what it accepts."""

    host: Annotated[str, Meta(min_length=1, description="Address to listen on; 0.0.0.0 for all interfaces.")] = (
        "127.0.0.1"
    )
    port: Annotated[int, Meta(ge=0, le=65535, description="Port to listen on; 0 takes a free one.")] = 8000
    max_body_bytes: Annotated[int, Meta(ge=1024, description="Largest request body, in bytes.")] = 64 * MIB
    shutdown_seconds: Annotated[
        float, Meta(ge=0, le=86_400, description="How long running streams may go on after SIGTERM.")
    ] = 120.0


class Workers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The processes that decode and change images, each with limits: image bytes are not trusted."""

    processes: Annotated[int, Meta(ge=1, le=256, description="Worker processes.")] = 2
    deadline_seconds: Annotated[
        float, Meta(gt=0, le=3600, description="Time for one image; after it the image is sent as it was.")
    ] = 10.0
    memory_bytes: Annotated[int, Meta(ge=64 * MIB, description="Memory limit of one worker, in bytes.")] = 768 * MIB
    max_pixels: Annotated[
        int,
        Meta(ge=1, description="Larger images are never decoded: their header is read and they are sent as they were."),
    ] = 100_000_000


class Routing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which provider gets a request whose model name does not already say it."""

    default_provider: Annotated[
        str | None, Meta(description="The provider for models that no installed provider knows.")
    ] = None
    aliases: Annotated[
        dict[str, str], Meta(description="A model name or glob, and the `provider/model` or `provider` it means.")
    ] = {}
    drop_untranslatable: Annotated[
        bool,
        Meta(description="Drop request fields another provider has no counterpart for, with a warning, not a 400."),
    ] = False


class Fetch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether the gateway fetches remote images itself: only public addresses, pinned, and again at every redirect."""

    images: Annotated[
        Literal["never", "needed", "always"],
        Meta(description="needed: where the provider takes no addresses. always: also to optimize them."),
    ] = "never"
    http: Annotated[bool, Meta(description="Fetch from http:// addresses too, not only https://.")] = False
    max_bytes: Annotated[int, Meta(ge=1024, description="Largest image that is fetched, in bytes.")] = 20 * MIB
    seconds: Annotated[float, Meta(gt=0, le=300, description="Time for one image, redirects included.")] = 10.0


class Step(msgspec.Struct, frozen=True):
    """One plugin that the file chose, as a step of the pipeline: its name and an instance of its own Config."""

    use: str
    config: msgspec.Struct


class CacheConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is kept, so that nothing is paid for or worked on twice. Without layers nothing is."""

    layers: Annotated[tuple[Step, ...], Meta(description="Where it is kept: looked at in this order.")] = ()
    answers: Annotated[
        Literal["never", "deterministic", "always"],
        Meta(description="Which answers are kept. deterministic: where temperature 0 or a seed is asked for."),
    ] = "deterministic"
    tools: Annotated[bool, Meta(description="Keep the answers to requests with tools too.")] = False
    answer_seconds: Annotated[float, Meta(gt=0, le=_YEAR, description="How long an answer is kept.")] = 3600.0
    image_seconds: Annotated[float, Meta(gt=0, le=_YEAR, description="How long a finished image is kept.")] = 604_800.0
    max_answer_bytes: Annotated[int, Meta(ge=0, description="Larger answers are not kept, in bytes.")] = 4 * MIB
    matcher: Annotated[
        Step | None, Meta(description="What takes images of other bytes for one picture; without it, nothing does.")
    ] = None


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """The whole configuration. `providers` has an entry for every installed provider.

    `path` is the file it came from; `hidden` are places whose value came from a variable with a secret's name.
    """

    server: Server = Server()
    workers: Workers = Workers()
    routing: Routing = Routing()
    fetch: Fetch = Fetch()
    quality: Annotated[
        Quality,
        Meta(description="lossless: what the provider would do anyway. legible: readers lose nothing. thrifty: less."),
    ] = "legible"
    pipeline: tuple[Step, ...] = ()
    conversation: tuple[Step, ...] = ()
    selector: Step | None = None
    cache: CacheConfig = CacheConfig()
    providers: dict[str, msgspec.Struct] = {}
    prices: Annotated[
        dict[str, Price],
        Meta(description="Prices that overrule the built-in ones, by `provider/model` or a glob of models."),
    ] = {}
    path: str | None = None
    hidden: frozenset[Path] = frozenset()


SECTIONS = (
    "server",
    "workers",
    "routing",
    "fetch",
    "quality",
    "pipeline",
    "conversation",
    "selector",
    "cache",
    "providers",
    "prices",
)
_CHOOSING = frozenset({"pipeline", "conversation", "selector", "cache", "providers"})
"""Sections whose settings are those of plugins."""


def load(path: str | os.PathLike[str], registry: Registry, env: Mapping[str, str] = os.environ) -> Config:
    """Read the YAML file at `path`. Raises `ConfigError` with every mistake, each as `file:line: path: what`."""
    name = os.fspath(path)
    mistakes: list[Mistake] = []
    root = _read(name, env, mistakes)
    config = _config(root, registry, mistakes) if root is not None else Config()
    if mistakes:
        first: dict[tuple[int, Path], Mistake] = {}
        for mistake in mistakes:  # one a place: a variable that is not set is not a number either
            first.setdefault((mistake.line, mistake.path), mistake)
        raise ConfigError([_sentence(name, each) for each in sorted(first.values(), key=lambda each: each.line)])
    assert root is not None
    return msgspec.structs.replace(config, path=name, hidden=frozenset(_hidden(root, ())))


def default(registry: Registry) -> Config:
    """The configuration without a file: no pipeline, every provider with its defaults. Raises `ConfigError`."""
    mistakes: list[Mistake] = []
    config = _config(Node({}), registry, mistakes)
    if mistakes:
        raise ConfigError([_sentence("(no file)", mistake) for mistake in mistakes])
    return config


def show(config: Config) -> dict[str, Any]:
    """The settings in the shape of the YAML, defaults filled in, secrets hidden; plain data, to be written as YAML."""
    settings: dict[str, Any] = {name: msgspec.to_builtins(getattr(config, name)) for name in SECTIONS}
    for section, name in ((settings, "pipeline"), (settings, "conversation"), (settings["cache"], "layers")):
        section[name] = [{"use": step["use"], **step["config"]} for step in section[name]]
    for section, name in ((settings, "selector"), (settings["cache"], "matcher")):
        if step := section[name]:
            section[name] = {"use": step["use"], **step["config"]}
    redacted: dict[str, Any] = _redact(settings, (), config.hidden)
    return redacted


def schema(registry: Registry) -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of the YAML, for what is installed."""
    from token0 import schema as maker  # a start does not need it

    return maker.schema(registry)


def _redact(value: Any, path: Path, hidden: frozenset[Path]) -> Any:
    if path in hidden and value is not None:
        return HIDDEN
    if isinstance(value, dict):
        return {key: _redact(inner, (*path, key), hidden) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_redact(inner, (*path, index), hidden) for index, inner in enumerate(value)]
    if not isinstance(value, str):
        return value
    return HIDDEN if value and is_secret(path) else without_credentials(value)


def _hidden(node: Node, path: Path) -> list[Path]:
    if isinstance(node.value, dict):
        return [each for key, value in node.value.items() for each in _hidden(value, (*path, key))]
    if isinstance(node.value, list):
        return [each for index, value in enumerate(node.value) for each in _hidden(value, (*path, index))]
    return [path] if holds_secret(node) else []


def _sentence(file: str, mistake: Mistake) -> str:
    place = f"{file}:{mistake.line}" if mistake.line else file
    sentence = ": ".join(part for part in (place, dotted(mistake.path), mistake.what) if part)
    # One line each, whatever a key or value of the file holds.
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in sentence)


def _read(name: str, env: Mapping[str, str], mistakes: list[Mistake]) -> Node | None:
    line = 0
    try:
        with open(name, "rb") as file:  # noqa: PTH123 - a path with a null byte must be a mistake, not a crash
            data = file.read(MAX_FILE + 1)
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, what = data.count(b"\n", 0, error.start) + 1, "not UTF-8 text"
    except (OSError, ValueError) as error:
        what = f"cannot be read: {getattr(error, 'strerror', None) or error}"
    else:
        if len(data) <= MAX_FILE:
            root, found = read(text, env)
            mistakes += found
            return root
        what = f"larger than {MAX_FILE} bytes"
    mistakes.append(Mistake(line, (), what))
    return None


def _config(root: Node, registry: Registry, mistakes: list[Mistake]) -> Config:
    """The configuration in `root`; without meaning when mistakes were added."""
    if root.value is None:
        root = Node({}, root.line)
    if not isinstance(root.value, dict):
        mistakes.append(Mistake(root.line, (), f"must be a mapping with {', '.join(SECTIONS)}"))
        return Config()
    unknown_keys(root, SECTIONS, (), mistakes)
    values: dict[str, Any] = {}
    for field in msgspec.structs.fields(Config):
        if field.name in root.value and field.name not in _CHOOSING:
            values[field.name] = convert(root.value[field.name], field.type, (field.name,), mistakes)
    steps = _Kind("an optimizer", "resize", registry.optimizers)
    values["pipeline"] = _chosen(root.value.get("pipeline", Node(None)), ("pipeline",), steps, registry, mistakes)
    joint = _Kind("a step over all images", "history", registry.conversation_optimizers)
    conversation = root.value.get("conversation", Node(None))
    values["conversation"] = _chosen(conversation, ("conversation",), joint, registry, mistakes)
    if (selector := root.value.get("selector", Node(None))).value is not None:
        kind = _Kind("a selector", "cascade", registry.selectors)
        values["selector"] = _step(selector, ("selector",), kind, registry, mistakes)
    values["cache"] = _cache(root.value.get("cache", Node(None)), registry, mistakes)
    values["providers"] = _providers(root.value.get("providers", Node(None)), registry, mistakes)
    if "routing" in root.value:
        _check_routing(root.value["routing"], registry, mistakes)
    return Config(**values) if not mistakes else Config()


def _cache(node: Node, registry: Registry, mistakes: list[Mistake]) -> Any:
    if not isinstance(node.value, dict):
        return convert(node, CacheConfig, ("cache",), mistakes)
    layers, kind = node.value.get("layers", Node(None)), _Kind("a cache", "memory", registry.caches)
    chosen = _chosen(layers, ("cache", "layers"), kind, registry, mistakes)
    matcher, step = node.value.get("matcher", Node(None)), None
    if matcher.value is not None:
        kind = _Kind("a matcher", "neardup", registry.matchers)
        step = _step(matcher, ("cache", "matcher"), kind, registry, mistakes)
    others = {name: value for name, value in node.value.items() if name not in ("layers", "matcher")}
    made = struct(msgspec.structs.replace(node, value=others), CacheConfig, ("cache",), mistakes)
    return made and msgspec.structs.replace(made, layers=chosen, matcher=step)


class _Kind(NamedTuple):
    """The plugins that a list of the file chooses from, and how mistakes speak of them."""

    a: str
    example: str
    classes: Mapping[str, Any]


def _chosen(node: Node, path: Path, kind: _Kind, registry: Registry, mistakes: list[Mistake]) -> tuple[Step, ...]:
    items = node.value if node.value is not None else []
    if not isinstance(items, list):
        mistakes.append(Mistake(node.line, path, f"must be a list, as `- {kind.example}`"))
        return ()
    return tuple(_step(item, (*path, index), kind, registry, mistakes) for index, item in enumerate(items))


def _step(node: Node, path: Path, kind: _Kind, registry: Registry, mistakes: list[Mistake]) -> Any:
    if isinstance(node.value, dict):
        settings, use, place = node, node.value.get("use", Node(None, node.line)), (*path, "use")
    else:
        settings, use, place = Node({}, node.line), node, path
    if not isinstance(use.value, str):
        what = f"must be the name of {kind.a}, as `- {kind.example}` or `- use: {kind.example}`"
        mistakes.append(Mistake(use.line, place, what))
    elif use.value not in kind.classes:
        mistakes.append(_missing(kind.a.partition(" ")[2], use, place, kind.classes, registry))
    else:
        return Step(use.value, struct(settings, kind.classes[use.value].Config, path, mistakes, also=("use",)))
    return None


def _providers(node: Node, registry: Registry, mistakes: list[Mistake]) -> dict[str, Any]:
    entries = node.value if node.value is not None else {}
    if not isinstance(entries, dict):
        mistakes.append(Mistake(node.line, ("providers",), "must be a mapping of provider names to their settings"))
        return {}
    for name in entries.keys() - registry.providers.keys():
        key = Node(name, node.keys[name], text=name)
        mistakes.append(_missing("provider", key, ("providers", name), registry.providers, registry))
    return {
        name: convert(entries.get(name, Node(None, node.line)), provider.Config, ("providers", name), mistakes)
        for name, provider in registry.providers.items()
    }


def _check_routing(node: Node, registry: Registry, mistakes: list[Mistake]) -> None:
    """Note each provider that `routing` sends to and that is not installed."""
    if not isinstance(node.value, dict):
        return
    known = {*registry.providers, *(alias for provider in registry.providers.values() for alias in provider.aliases)}
    aliases = node.value.get("aliases", Node(None)).value
    targets: list[tuple[Path, Node]] = [
        (("routing", "default_provider"), node.value.get("default_provider", Node(None)))
    ]
    if isinstance(aliases, dict):
        targets += [(("routing", "aliases", name), target) for name, target in aliases.items()]
    for path, target in targets:
        if isinstance(target.value, str):
            name = target.value.partition("/")[0] if "aliases" in path[:2] else target.value
            if name not in known:
                named = msgspec.structs.replace(target, value=name, text=name)
                mistakes.append(_missing("provider", named, path, known, registry))


def _missing(kind: str, named: Node, path: Path, known: Any, registry: Registry) -> Mistake:
    """The mistake of naming a plugin that is not there, with the reason when it is installed but broken."""
    if holds_secret(named):
        return Mistake(named.line, path, f"no such {kind} is installed")
    name = str(named.value)
    what = f"no {kind} {shown(named, path)} is installed{_belongs(name, registry) or did_you_mean(name, known)}"
    for entry_point, reason in registry.failures.items():
        if _plugin_name(entry_point) == _plugin_name(name):
            what += f"; the plugin {entry_point!r} is installed but broken: {without_credentials(reason)}"
    return Mistake(named.line, path, what)


def _belongs(name: str, registry: Registry) -> str:
    """The end of a mistake about a plugin that is named in another section than its own."""
    sections = {
        "pipeline": registry.optimizers,
        "conversation": registry.conversation_optimizers,
        "selector": registry.selectors,
        "cache.layers": registry.caches,
        "cache.matcher": registry.matchers,
    }
    return next((f"; it belongs under {section}" for section, names in sections.items() if name in names), "")


def _plugin_name(name: str) -> str:
    return name.lower().replace("_", "-").removeprefix("token0-")
