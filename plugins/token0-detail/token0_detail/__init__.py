"""`use: detail`: the cheapest resolution word that shows what is in the picture."""

from __future__ import annotations

from token0 import hookimpl
from token0.interfaces import Optimizer
from token0_detail.optimizer import Detail


@hookimpl
def token0_register_optimizers() -> list[type[Optimizer]]:
    """The one step of this plugin."""
    return [Detail]
