"""`use: repair`: pictures that the provider would refuse, or see wrong, in a form that it takes."""

from __future__ import annotations

from token0 import hookimpl
from token0.interfaces import Optimizer
from token0_repair.optimizer import Repair


@hookimpl
def token0_register_optimizers() -> list[type[Optimizer]]:
    """The one step of this plugin."""
    return [Repair]
