"""The selector: which model is cheaper, and whether this request is simple enough and really costs less there."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated

import msgspec

from token0.interfaces import ModelSelector, Selection
from token0_cascade.simple import is_simple

if TYPE_CHECKING:
    from collections.abc import Callable

    from token0.interfaces import Quote
    from token0.types import Request


class CascadeConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which model stands in for which, and for what."""

    models: Annotated[
        dict[str, str],
        msgspec.Meta(min_length=1, description="A model or glob, and the cheaper model of the same provider."),
    ]
    saves: Annotated[
        float, msgspec.Meta(gt=0, lt=1, description="Smallest share of the prompt's price that must be saved.")
    ] = 0.5
    characters: Annotated[
        int, msgspec.Meta(ge=1, description="Longest text of a simple request, the system's part included.")
    ] = 1000
    images: Annotated[int, msgspec.Meta(ge=0, description="Most images of a simple request.")] = 1
    schemas: Annotated[bool, msgspec.Meta(description="A request for JSON may be simple too.")] = False


class Cascade(ModelSelector):
    """Sends simple requests to a cheaper model, where it is cheaper for this very request by its own image rule."""

    name = "cascade"
    Config = CascadeConfig

    def select(self, request: Request, model: str, quote: Callable[[str], Quote | None]) -> Selection | None:
        cheaper = self._cheaper(model)
        if cheaper is None or not is_simple(request, self.config):
            return None
        asked, other = quote(model), quote(cheaper)
        if asked is None or other is None or other.output > asked.output:
            return None
        if other.prompt > asked.prompt * (1 - self.config.saves):
            return None
        why = f"a simple request, whose prompt costs ${other.prompt:.6f} there and not ${asked.prompt:.6f}"
        return Selection(cheaper, why)

    def _cheaper(self, model: str) -> str | None:
        models: dict[str, str] = self.config.models
        return models.get(model) or next((to for glob, to in models.items() if fnmatchcase(model, glob)), None)
