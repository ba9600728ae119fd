"""`matcher: neardup`: a photograph in another encoding is the same photograph."""

from __future__ import annotations

from token0 import hookimpl
from token0.interfaces import Matcher
from token0_neardup.matcher import NearDuplicates


@hookimpl
def token0_register_matchers() -> list[type[Matcher]]:
    """The one matcher of this plugin."""
    return [NearDuplicates]
