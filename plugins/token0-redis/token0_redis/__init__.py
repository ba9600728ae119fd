"""`use: redis`: the layer that several gateways share."""

from __future__ import annotations

from token0 import hookimpl
from token0.interfaces import Cache
from token0_redis.cache import RedisCache


@hookimpl
def token0_register_caches() -> list[type[Cache]]:
    """The one cache of this plugin."""
    return [RedisCache]
