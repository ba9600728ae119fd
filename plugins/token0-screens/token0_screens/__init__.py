"""`use: screens`: a screen like the image before it is sent as what changed."""

from __future__ import annotations

from token0 import hookimpl
from token0.interfaces import Optimizer
from token0_screens.optimizer import Screens


@hookimpl
def token0_register_optimizers() -> list[type[Optimizer]]:
    """The one step of this plugin."""
    return [Screens]
