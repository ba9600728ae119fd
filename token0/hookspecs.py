"""All hooks of token0. Registration hooks are called once, at start, and return classes; an observer only looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    import argparse

    from aiohttp import web

    from token0.engine import Engine
    from token0.interfaces import (
        Cache,
        ConversationOptimizer,
        Matcher,
        ModelSelector,
        Optimizer,
        PriceTable,
        TokenCounter,
    )
    from token0.report import Report
    from token0.wire import Dialect, Provider, Translator

hookspec = pluggy.HookspecMarker("token0")


@hookspec
def token0_register_providers() -> list[type[Provider]]:  # type: ignore[empty-body]
    """Return provider classes. Made once, with their settings from `providers:`, when the engine is built."""


@hookspec
def token0_register_dialects() -> list[type[Dialect]]:  # type: ignore[empty-body]
    """Return dialect classes. Each is made without arguments and asked for every request line it may know."""


@hookspec
def token0_register_translators() -> list[type[Translator]]:  # type: ignore[empty-body]
    """Return translator classes: from a dialect clients speak to the one a provider speaks."""


@hookspec
def token0_register_token_counters() -> list[type[TokenCounter]]:  # type: ignore[empty-body]
    """Return token counter classes, one a family of rules."""


@hookspec
def token0_register_optimizers() -> list[type[Optimizer]]:  # type: ignore[empty-body]
    """Return optimizer classes. They run where, and only where, the YAML's `pipeline:` names them."""


@hookspec
def token0_register_conversation_optimizers() -> list[type[ConversationOptimizer]]:  # type: ignore[empty-body]
    """Return classes of steps over all images. They run where, and only where, the YAML's `conversation:` says."""


@hookspec
def token0_register_prices() -> list[type[PriceTable]]:  # type: ignore[empty-body]
    """Return price tables."""


@hookspec
def token0_register_caches() -> list[type[Cache]]:  # type: ignore[empty-body]
    """Return cache classes. Made where, and only where, the YAML's `cache: layers:` names them."""


@hookspec
def token0_register_matchers() -> list[type[Matcher]]:  # type: ignore[empty-body]
    """Return matcher classes. The one that the YAML's `cache: matcher:` names is asked; without it, none is."""


@hookspec
def token0_register_selectors() -> list[type[ModelSelector]]:  # type: ignore[empty-body]
    """Return model selector classes. The one that the YAML's `selector:` names runs; without it, none does."""


@hookspec
def token0_commands(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add subcommands to `token0-gateway`; set `run=` to a function that takes the namespace and returns an exit code.

    An exception costs the commands of that plugin and is printed; the others stay.
    """


@hookspec
def token0_routes(router: web.UrlDispatcher) -> None:
    """Add pages to the server. Called before it starts; an exception stops the start and names the plugin."""


@hookspec
def token0_startup(engine: Engine) -> None:
    """The engine is ready, nothing was served yet. An exception stops the start and names the plugin."""


@hookspec
def token0_shutdown(engine: Engine) -> None:
    """The last request is done. Exceptions are logged."""


@hookspec
def token0_request_done(report: Report) -> None:
    """The last byte of a request was sent. Called on the event loop: slow work belongs in a thread.

    Exceptions are logged.
    """
