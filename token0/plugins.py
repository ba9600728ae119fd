"""Finds plugins by entry point, asks each what it offers, and freezes the result in a Registry."""

from __future__ import annotations

import importlib.metadata
import logging
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import msgspec
import pluggy

from token0 import hookspecs
from token0.errors import PluginError
from token0.interfaces import Cache, ConversationOptimizer, Matcher, ModelSelector, Optimizer, PriceTable, TokenCounter
from token0.wire import Dialect, Provider, Translator

log = logging.getLogger(__name__)

GROUP = "token0"

_KINDS: dict[str, tuple[str, type[Any]]] = {
    "providers": ("token0_register_providers", Provider),
    "dialects": ("token0_register_dialects", Dialect),
    "translators": ("token0_register_translators", Translator),
    "token_counters": ("token0_register_token_counters", TokenCounter),
    "optimizers": ("token0_register_optimizers", Optimizer),
    "conversation_optimizers": ("token0_register_conversation_optimizers", ConversationOptimizer),
    "price_tables": ("token0_register_prices", PriceTable),
    "selectors": ("token0_register_selectors", ModelSelector),
    "caches": ("token0_register_caches", Cache),
    "matchers": ("token0_register_matchers", Matcher),
}


class Installed(msgspec.Struct, frozen=True, kw_only=True):
    """One plugin as `token0-gateway plugins` shows it. `offers` maps a kind to names."""

    entry_point: str
    distribution: str
    version: str
    offers: dict[str, tuple[str, ...]] = {}
    failure: str | None = None


class Registry(msgspec.Struct, frozen=True, kw_only=True):
    """All that the installed plugins offer, by name. Built once; never changes."""

    manager: pluggy.PluginManager
    installed: tuple[Installed, ...] = ()
    providers: Mapping[str, type[Provider]] = MappingProxyType({})
    dialects: Mapping[str, type[Dialect]] = MappingProxyType({})
    translators: Mapping[str, type[Translator]] = MappingProxyType({})
    token_counters: Mapping[str, type[TokenCounter]] = MappingProxyType({})
    optimizers: Mapping[str, type[Optimizer]] = MappingProxyType({})
    conversation_optimizers: Mapping[str, type[ConversationOptimizer]] = MappingProxyType({})
    price_tables: Mapping[str, type[PriceTable]] = MappingProxyType({})
    selectors: Mapping[str, type[ModelSelector]] = MappingProxyType({})
    caches: Mapping[str, type[Cache]] = MappingProxyType({})
    matchers: Mapping[str, type[Matcher]] = MappingProxyType({})

    @property
    def failures(self) -> dict[str, str]:
        """Broken plugins: entry point name to reason."""
        return {plugin.entry_point: plugin.failure for plugin in self.installed if plugin.failure}

    def each(self, hook: str, **arguments: Any) -> Iterable[tuple[str, Callable[[], Any]]]:
        """The implementations of `hook`, ready to be called, with their plugin's name; first registered first.

        They are called one by one: pluggy's own call stops at the first exception and loses the other results.
        """
        for found in getattr(self.manager.hook, hook).get_hookimpls():
            wanted = {name: arguments[name] for name in found.argnames}
            yield found.plugin_name, partial(found.function, **wanted)


def load(entry_points: Iterable[importlib.metadata.EntryPoint] | None = None, modules: Iterable[Any] = ()) -> Registry:
    """Load every installed plugin alone; a broken one is recorded, named in the log and skipped.

    modules are plugins that are given directly, without an entry point, as tests do.
    Raises `PluginError` when two plugins claim one name, or one alias of a provider.
    """
    manager = pluggy.PluginManager("token0")
    manager.add_hookspecs(hookspecs)
    found: dict[str, dict[str, tuple[str, Any]]] = {kind: {} for kind in _KINDS}
    if entry_points is None:
        entry_points = importlib.metadata.entry_points(group=GROUP)
    ordered = sorted(entry_points, key=lambda each: each.name)
    installed = [_load_one(manager, entry_point, found) for entry_point in ordered]
    for module in modules:
        name = module.__name__
        offers = _register(manager, module, name, found)
        installed.append(Installed(entry_point=name, distribution=name, version="-", offers=offers))
    _check_aliases(found["providers"])
    frozen = {
        kind: MappingProxyType({name: offered for name, (_, offered) in names.items()}) for kind, names in found.items()
    }
    return Registry(manager=manager, installed=tuple(installed), **frozen)


def _load_one(
    manager: pluggy.PluginManager, entry_point: importlib.metadata.EntryPoint, found: dict[str, Any]
) -> Installed:
    distribution = entry_point.dist.name if entry_point.dist else entry_point.module
    version = entry_point.dist.version if entry_point.dist else "-"
    plugin = Installed(entry_point=entry_point.name, distribution=distribution, version=version)
    try:
        offers = _register(manager, entry_point.load(), entry_point.name, found)
    except PluginError:
        raise
    except Exception as error:
        log.warning("plugin %s (%s %s) is skipped: %r", entry_point.name, distribution, version, error)
        return msgspec.structs.replace(plugin, failure=f"{type(error).__name__}: {error}")
    return msgspec.structs.replace(plugin, offers=offers)


def _register(manager: pluggy.PluginManager, module: Any, name: str, found: dict[str, Any]) -> dict[str, Any]:
    """Ask one plugin for its classes. A misspelt hook or a wrong return value makes it a broken plugin."""
    if manager.has_plugin(name) or manager.is_registered(module):
        raise ValueError("another plugin has this name or this module")
    try:
        manager.register(module, name=name)
        manager.check_pending()
        offered = {kind: _ask(module, hook, base) for kind, (hook, base) in _KINDS.items()}
    except Exception:
        if manager.has_plugin(name):
            manager.unregister(name=name)
        raise
    for kind, classes in offered.items():
        for each, cls in classes.items():
            owner, _ = found[kind].get(each, (None, None))
            if owner is not None:
                what = kind.replace("_", " ").removesuffix("s")
                raise PluginError(f"the {what} {each!r} is claimed by two plugins: {owner} and {name}")
            found[kind][each] = (name, cls)
    return {kind: tuple(classes) for kind, classes in offered.items() if classes}


def _check_aliases(providers: dict[str, tuple[str, Any]]) -> None:
    """A name in front of a model must mean one provider: keys and pictures go there."""
    owners = {name: owner for name, (owner, _) in providers.items()}
    for owner, provider in providers.values():
        for alias in provider.aliases:
            if alias in owners:
                raise PluginError(f"the provider {alias!r} is claimed by two plugins: {owners[alias]} and {owner}")
            owners[alias] = owner


def _ask(module: Any, hook: str, base: type[Any]) -> dict[str, type[Any]]:
    """The classes that a plugin's `hook` returns, by name."""
    function = getattr(module, hook, None)
    classes: dict[str, type[Any]] = {}
    for offered in function() if function else ():
        if not (isinstance(offered, type) and issubclass(offered, base)):
            raise TypeError(f"{hook} must return subclasses of {base.__name__}, not {offered!r}")
        cls: Any = offered
        if missing := sorted(cls.__abstractmethods__):
            raise TypeError(f"{cls.__name__} lacks {', '.join(missing)}")
        if cls.name in classes:
            raise ValueError(f"{hook} returns two classes of the name {cls.name!r}")
        classes[cls.name] = cls
    return classes
