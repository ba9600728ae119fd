"""`selector: {use: cascade}`: simple requests go to a cheaper model of the same provider."""

from __future__ import annotations

from token0 import hookimpl
from token0.interfaces import ModelSelector
from token0_cascade.selector import Cascade


@hookimpl
def token0_register_selectors() -> list[type[ModelSelector]]:
    """The one selector of this plugin."""
    return [Cascade]
