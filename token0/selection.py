"""Another model for a request, where the operator's selector names one; never unless `selector:` stands in the YAML."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import cache

from token0.config import Config
from token0.documents import text_tokens
from token0.errors import BadRequest
from token0.images import Unopened, open_part
from token0.interfaces import ModelSelector, PriceTable, Quote, Selection
from token0.plugins import Registry
from token0.routing import Route
from token0.rules import find_counter, find_price
from token0.types import Image, Request
from token0.wire import Provider

log = logging.getLogger(__name__)


class Selecting:
    """The selector of one engine, if it has one."""

    def __init__(
        self, config: Config, registry: Registry, providers: Mapping[str, Provider], tables: Mapping[str, PriceTable]
    ) -> None:
        self._config = config
        self._registry = registry
        self._providers = providers
        self._tables = tables
        step = config.selector
        self._selector: ModelSelector | None = registry.selectors[step.use](step.config) if step else None

    def route(self, request: Request, route: Route) -> Route:
        """The route with the model that the selector names; the same one where it names none, or fails.

        A client that wants nothing done, or no other model, keeps what it asked for.
        """
        options = request.options
        if self._selector is None or not options.optimize or options.cascade is False:
            return route
        try:
            selection = self._selector.select(request, route.model, self._quoting(request, route.provider.name))
            if not isinstance(selection, Selection | None):
                raise TypeError(f"select returned {type(selection).__name__}")
        except Exception:
            log.exception("the selector %s failed: the model stays", self._selector.name)
            return route
        if selection is None or selection.model == route.model or self._is_foreign(selection.model, route.provider):
            return route
        return Route(route.provider, selection.model, instead_of=route.model, why=selection.why)

    def warnings(self, request: Request, route: Route) -> list[str]:
        """What the report says about the choice of the model."""
        if route.instead_of is not None:
            return [f"the model {route.model} was chosen instead of {route.instead_of}: {route.why}"]
        if request.options.cascade and self._selector is None:
            return ["token0_enable_cascade: no selector is configured"]
        return []

    def _is_foreign(self, model: str, provider: Provider) -> bool:
        """True for a model that only other providers know: no request changes its provider here."""
        if provider.claims(model) or not any(each.claims(model) for each in self._providers.values()):
            return False
        log.warning("the selected model %s is not one of %s: the model stays", model, provider.name)
        return True

    def _quoting(self, request: Request, provider: str) -> Callable[[str], Quote | None]:
        """What prices this request; its images are opened once, and only when a price is asked for."""

        @cache
        def images() -> list[Image] | None:
            try:
                return [open_part(part, self._config.workers.max_pixels) for part in request.parts]
            except (Unopened, BadRequest):
                return None

        def quote(model: str) -> Quote | None:
            opened = images()
            return None if opened is None else self._priced(opened, text_tokens(request), provider, model)

        return quote

    def _priced(self, images: list[Image], tokens: int, provider: str, model: str) -> Quote | None:
        price = find_price(self._config.prices, self._tables, provider, model)
        if price is None:
            return None
        if images:
            counter = find_counter(self._registry, provider, model)
            if counter is None or not all(image.width for image in images):
                return None
            tokens += sum(counter.count(image.size, image.detail) for image in images)
        return Quote(prompt=tokens * price.input / 1e6, output=price.output)
