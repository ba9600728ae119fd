"""Which provider a model name means. Never a guess: keys and pictures must not go to the wrong vendor."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import NamedTuple

from token0.errors import BadRequest, UnknownModel
from token0.wire import Provider


class Route(NamedTuple):
    """A provider, and the model's name as that provider knows it.

    `instead_of` is the model that was asked for where a selector chose another, and `why` its reason.
    """

    provider: Provider
    model: str
    instead_of: str | None = None
    why: str = ""


class Router:
    """Resolves model names. `aliases` maps a name or glob to `provider/model`, or to a provider alone."""

    def __init__(self, providers: Mapping[str, Provider], aliases: Mapping[str, str], default: str | None) -> None:
        self._providers = providers
        self._aliases = aliases
        self._default = default
        self._names = dict(providers)
        self._names |= {alias: each for each in providers.values() for alias in each.aliases if alias not in providers}

    def named(self, name: str) -> Provider:
        """The provider a client named itself. Raises `BadRequest` for one that is not installed."""
        if name in self._names:
            return self._names[name]
        raise BadRequest(
            f"There is no provider {name!r} here; installed: {self._installed()}.", code="unknown_provider"
        )

    async def route(self, model: str, named: str | None = None) -> Route:
        """The route for `model`; `named` is the provider from the X-Token0-Provider header.

        In order: header or alias, `provider/` prefix, the one provider that claims the name, a provider that lists it,
        the configured default. Raises `UnknownModel`, or `BadRequest` when two providers claim the name.
        """
        if named:
            provider = self.named(named)
            return Route(provider, self._strip(model, provider))
        if route := self._alias(model) or self._prefixed(model):
            return route
        if route := self._claimed(model):
            return route
        for provider in self._providers.values():
            if await provider.lists(model):
                return Route(provider, model)
        if self._default:
            return Route(self._names[self._default], model)
        raise UnknownModel(
            f"No installed provider is sure to own the model {model!r}. Name one of {self._installed()} in front of it "
            f"(as in {next(iter(self._providers), 'provider')}/{model}), in the header X-Token0-Provider, "
            "or under routing.aliases in the configuration."
        )

    def _alias(self, model: str) -> Route | None:
        target = self._aliases.get(model)
        if target is None:
            target = next((to for glob, to in self._aliases.items() if fnmatchcase(model, glob)), None)
        if target is None:
            return None
        name, _, renamed = target.partition("/")
        provider = self.named(name)
        return Route(provider, renamed or self._strip(model, provider))

    def _prefixed(self, model: str) -> Route | None:
        # Only the first segment is ours: in "openrouter/anthropic/x" the rest is the provider's own name.
        first, slash, rest = model.partition("/")
        provider = self._names.get(first) if slash else None
        return Route(provider, rest) if provider and rest else None

    def _strip(self, model: str, provider: Provider) -> str:
        route = self._prefixed(model)
        return route.model if route and route.provider is provider else model

    def _claimed(self, model: str) -> Route | None:
        claims = [provider for provider in self._providers.values() if provider.claims(model)]
        if len(claims) > 1:
            names = " and ".join(provider.name for provider in claims)
            raise BadRequest(
                f"The model {model!r} is claimed by {names}; put one of them in front of it or into routing.aliases.",
                at=("model",),
                code="ambiguous_model",
            )
        return Route(claims[0], model) if claims else None

    def _installed(self) -> str:
        return ", ".join(sorted(self._providers)) or "none"
