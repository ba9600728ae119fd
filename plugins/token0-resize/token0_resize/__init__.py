"""`use: resize`: the fewest image tokens at which the picture stays readable."""

from __future__ import annotations

from token0 import hookimpl
from token0.interfaces import Optimizer
from token0_resize.optimizer import Resize


@hookimpl
def token0_register_optimizers() -> list[type[Optimizer]]:
    """The one step of this plugin."""
    return [Resize]
