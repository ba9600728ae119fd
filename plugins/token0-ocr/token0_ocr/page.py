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

    def touches(self, other: Box) -> bool:
        """True when both share a pixel."""
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom

    def beside(self, other: Box) -> bool:
        """True when both share at least a third of the lower one's height."""
        shared = min(self.bottom, other.bottom) - max(self.top, other.top)
        return 3 * shared >= min(self.height, other.height)

    def joined(self, other: Box) -> Box:
        """The smallest box around both."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )


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
    """All words of one reading. `upright` is false when the text was found to be turned."""

    words: tuple[Word, ...]
    upright: bool = True

    def mapped(self, scale: float, margin: int) -> Page:
        """The same with boxes in the pixels of the picture that was enlarged by `scale` and framed by `margin`."""
        words = tuple(
            msgspec.structs.replace(word, box=Box(*(round((edge - margin) / scale) for edge in word.box)))
            for word in self.words
        )
        return msgspec.structs.replace(self, words=words)


class Engine(Protocol):
    """Something that reads pictures. The same picture must give the same page."""

    def read(self, grey: Grey, deadline_seconds: float) -> Page | None:
        """Read dark text on light ground; None when the time was not enough."""
