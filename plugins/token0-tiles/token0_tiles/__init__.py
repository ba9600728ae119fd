"""`use: tiles`: pictures just over a border of the model's grid are brought onto it."""

from __future__ import annotations

from token0 import hookimpl
from token0.interfaces import Optimizer
from token0_tiles.optimizer import Tiles


@hookimpl
def token0_register_optimizers() -> list[type[Optimizer]]:
    """The one step of this plugin."""
    return [Tiles]
