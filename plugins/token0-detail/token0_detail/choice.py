"""Which word is enough for what is in a picture. Runs in workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from token0.interfaces import Declined
from token0.types import Size
from token0_detail.optimizer import scale
from token0_pixels import Undecodable, look

if TYPE_CHECKING:
    from collections.abc import Sequence

    from token0.interfaces import TokenCounter
    from token0.types import Image
    from token0_pixels import Floors


def choose(image: Image, words: Sequence[str], counter: TokenCounter, floors: Floors) -> Image | Declined:
    """`image` with the first of `words` that keeps `floors`.

    Text must be shown as large as the floor, even where it is not that large in the file: a model that enlarges small
    pictures gives small letters more tokens. A picture need not be shown larger than it is.
    """
    try:
        _, writing = look(image, _largest_view(image.size, counter))
    except Undecodable as error:
        return Declined(f"not decoded: {error}")
    text = floors._replace(short_side=0).scale(image.size, writing)
    needed = min(floors.scale(image.size, writing), max(1.0, text))
    for word in words:
        if scale(image.size, counter.seen(image.size, word)) >= needed:
            return msgspec.structs.replace(image, detail=word)
    return Declined("a cheaper detail would show too little of what is in the picture")


def _largest_view(size: Size, counter: TokenCounter) -> Size:
    """What any word shows at most: measuring must not depend on the word that the image has now."""
    views = [counter.seen(size, word) for word in (None, *counter.details)]
    width, height = (max(sides) for sides in zip(*views, strict=True))
    return Size(min(size.width, width), min(size.height, height))
