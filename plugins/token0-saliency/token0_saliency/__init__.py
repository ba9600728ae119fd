"""`use: saliency`: of a page, the lines that the prompt asks about, and the rest as a thumbnail."""

from __future__ import annotations

from token0 import hookimpl
from token0.interfaces import Optimizer
from token0_saliency.optimizer import Saliency


@hookimpl
def token0_register_optimizers() -> list[type[Optimizer]]:
    """The one step of this plugin."""
    return [Saliency]
