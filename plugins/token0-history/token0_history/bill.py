"""What it costs to leave images out of a prompt that the provider has cached, and what it saves."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from token0.interfaces import Context
    from token0.types import Content, Placed, Price


class Bill(NamedTuple):
    """Tokens that must be written into the cache again once, and tokens less in this and every further turn."""

    rewritten: int
    saved: int

    @classmethod
    def of(
        cls, images: Sequence[Placed], start: int, end: int, instead: Callable[[Placed], Content], ctx: Context
    ) -> Bill:
        """The bill of leaving out the images from `start` to `end`, in the turn of the last image.

        All behind the first of them is written anew. What the newest image brings along is new in any case.
        """
        leaving, kept = images[start:end], images[end:-1]
        left = sum(ctx.tokens(instead(image)) for image in leaving)
        texts = sum(image.text_before for image in [*leaving[1:], *kept])
        rewritten = left + texts + sum(ctx.tokens(*image.contents) for image in kept)
        return cls(rewritten, sum(ctx.tokens(*image.contents) for image in leaving) - left)

    def turns(self, price: Price) -> float:
        """Further turns until it has paid for itself."""
        read = price.input if price.cached is None else price.cached
        write = price.input if price.write is None else price.write
        if self.saved <= 0:
            return math.inf
        if write <= read:
            return 0.0
        return math.ceil((write - read) * self.rewritten / (read * self.saved)) if read else math.inf
