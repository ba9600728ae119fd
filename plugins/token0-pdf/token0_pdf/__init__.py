"""`use: pdf`: the text of a document where text is all that it shows, and pages as pictures elsewhere."""

from __future__ import annotations

from token0 import hookimpl
from token0.interfaces import Optimizer
from token0_pdf.optimizer import Pdf


@hookimpl
def token0_register_optimizers() -> list[type[Optimizer]]:
    """The one step of this plugin."""
    return [Pdf]
