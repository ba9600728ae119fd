"""`use: history` leaves out old images, `use: repeats` names an image that was shown before."""

from __future__ import annotations

from token0 import hookimpl
from token0.interfaces import ConversationOptimizer
from token0_history.history import History
from token0_history.repeats import Repeats


@hookimpl
def token0_register_conversation_optimizers() -> list[type[ConversationOptimizer]]:
    """The two steps of this plugin."""
    return [History, Repeats]
