"""What a reading of a picture is: words with their boxes, and the engine that finds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

import msgspec

if TYPE_CHECKING:
    from numpy import uint8
    from numpy.typing import NDArray

    Grey = NDArray[uint8]
    """A picture of one channel, height x width, 0 is black."""


class Box(NamedTuple):
    """Pixels from the top left; right and bottom are one past the last."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top


class Word(msgspec.Struct, frozen=True):
    """A word as read. `confidence` is 0 to 100; `block` counts the blocks of the page in reading order.

    `known` tells that the engine's dictionary has it.
    """

    text: str
    box: Box
    confidence: float
    block: int = 0
    known: bool = True


class Page(msgspec.Struct, frozen=True):
    """All words of one reading. `upright` is false when a block was found to be turned."""

    words: tuple[Word, ...]
    upright: bool = True


class Engine(Protocol):
    """Something that reads pictures. The same picture must give the same page."""

    def read(self, grey: Grey, deadline_seconds: float, *, scattered: bool = False) -> Page | None:
        """Read dark text on light ground; None when the time was not enough.

        `scattered` looks for text anywhere instead of for columns and paragraphs.
        """
