"""Work that takes the longer the more bytes there are, kept from holding the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar, TypeVarTuple

_Given = TypeVarTuple("_Given")
_Made = TypeVar("_Made")


async def aside(size: int, limit: int, work: Callable[[*_Given], _Made], *args: *_Given) -> _Made:
    """What `work` makes of so many bytes: here up to the limit, where a thread would cost more than it spares."""
    return await asyncio.to_thread(work, *args) if size > limit else work(*args)
