"""`use: rapidocr`: what `ocr` does, read by RapidOCR: more accurate on receipts and photographed pages, and slower."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import pluggy

from token0.errors import PluginError
from token0.interfaces import Optimizer
from token0_ocr.step import TextStep
from token0_rapidocr.engine import Rapid

if TYPE_CHECKING:
    from token0_ocr.page import Engine

hookimpl = pluggy.HookimplMarker("token0")


class RapidOcr(TextStep):
    """Replaces an image by the text on it."""

    name = "rapidocr"

    # Its errors are rarer than those of Tesseract: with 0.7 no answer more was lost than with 0.9.
    min_agreement = 0.7

    class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
        """When an image may be replaced by its text."""

        deadline_seconds: Annotated[
            float, msgspec.Meta(gt=0, le=120, description="Time for reading; afterwards the image is kept.")
        ] = 8
        min_confidence: Annotated[
            int, msgspec.Meta(ge=50, le=100, description="Mean confidence, in percent, that a reading must reach.")
        ] = 85

    def __init__(self, config: Any) -> None:
        """Raises `PluginError` where the library is missing, which pip cannot be told to install."""
        super().__init__(config)
        if find_spec("rapidocr") is None:
            raise PluginError("rapidocr: the library is missing: pip install --no-deps rapidocr")

    def engine(self) -> Engine:
        return Rapid()


@hookimpl
def token0_register_optimizers() -> list[type[Optimizer]]:
    return [RapidOcr]
