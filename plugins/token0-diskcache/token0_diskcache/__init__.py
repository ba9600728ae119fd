"""`use: disk`: a layer that survives a restart."""

from __future__ import annotations

from token0 import hookimpl
from token0.interfaces import Cache
from token0_diskcache.cache import DiskCache


@hookimpl
def token0_register_caches() -> list[type[Cache]]:
    """The one cache of this plugin."""
    return [DiskCache]
