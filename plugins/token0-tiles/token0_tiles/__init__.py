"""`use: tiles` brings pictures just over a border of the model's grid onto it, `use: pack` several onto one canvas."""

from __future__ import annotations

from token0 import hookimpl
from token0.interfaces import ConversationOptimizer, Optimizer
from token0_tiles.optimizer import Tiles
from token0_tiles.pack import Pack


@hookimpl
def token0_register_optimizers() -> list[type[Optimizer]]:
    """The step for one image."""
    return [Tiles]


@hookimpl
def token0_register_conversation_optimizers() -> list[type[ConversationOptimizer]]:
    """The step for all images of a message."""
    return [Pack]
