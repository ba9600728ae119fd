"""`use: memory`: the nearest layer, inside the process."""

from __future__ import annotations

from token0 import hookimpl
from token0.interfaces import Cache
from token0_memory.cache import Memory


@hookimpl
def token0_register_caches() -> list[type[Cache]]:
    """The one cache of this plugin."""
    return [Memory]
