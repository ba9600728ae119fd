"""Several small pictures of one message as one. Pixels are handled by token0-pixels, which is heavy to import."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Annotated

import msgspec

from token0.interfaces import ConversationOptimizer, Declined
from token0.sniff import sniff
from token0.types import Image, Joint, Size, Text
from token0_tiles.canvas import Canvas, canvases

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from token0.interfaces import Context
    from token0.types import Placed

_FORMATS = frozenset({"jpeg", "png", "gif", "webp"})

# More would ask much of a model's eyes.
_MOST = 16

# Some providers refuse sides above 2,000 px once a request holds many images.
_LONGEST = 1920


class PackConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which pictures share a canvas."""

    side: Annotated[int, msgspec.Meta(ge=16, le=1024, description="Longest side of a picture that is packed.")] = 512


class Pack(ConversationOptimizer):
    """Puts small pictures of one message onto one canvas, where the rule of the model makes that cheaper.

    Each keeps its pixels, and the provider shows the canvas unshrunk. Words say which picture lies where.
    """

    name = "pack"
    Config = PackConfig

    def plan(self, images: Sequence[Placed], ctx: Context) -> Sequence[Joint]:
        """One joint for each canvas, from the headers alone."""
        if ctx.quality == "lossless":
            return ()
        small = [image for image in images if _packable(image, self.config.side)]
        return [
            joint
            for _, group in groupby(small, lambda image: (image.message, _picture(image).detail))
            for joint in _joints(list(group), ctx)
        ]

    def apply(self, images: Sequence[Placed], ctx: Context) -> dict[int, tuple[Image | Text, ...]] | Declined:
        """Decode all, lay them on white, encode without loss."""
        import numpy as np

        from token0_pixels import Pixels, Undecodable, decode, encode

        try:
            pixels = [decode(_picture(image)) for image in images]
        except Undecodable as error:
            return Declined(f"not decoded: {error}")
        if any(each.alpha for each in pixels) or len({each.profile for each in pixels}) > 1:
            return Declined("transparency and other colours do not go onto one canvas")
        canvas = _best(images, ctx)
        if canvas is None:
            return Declined("no canvas is shown whole")
        array = np.full((canvas.size.height, canvas.size.width, 4), 255, np.uint8)
        for each, (x, y) in zip(pixels, canvas.corners, strict=True):
            colours = each.array[:, :, None] if each.gray else each.array[:, :, :3]
            array[y : y + each.size.height, x : x + each.size.width, :3] = colours
        data = encode(Pixels(array, profile=pixels[0].profile), "png")
        return _contents(images, canvas, data)


def _packable(image: Placed, side: int) -> bool:
    if image.joined or image.leans or image.coordinates or len(image.contents) != 1:
        return False
    (content,) = image.contents
    if not isinstance(content, Image) or content.format not in _FORMATS or max(content.size) > side:
        return False
    header = sniff(content.data)
    return header is not None and not header.animated


def _picture(image: Placed) -> Image:
    (content,) = image.contents
    assert isinstance(content, Image)
    return content


def _joints(images: list[Placed], ctx: Context) -> Iterator[Joint]:
    """As many pictures as possible onto each canvas, as long as that pays."""
    start = 0
    while start < len(images):
        for end in range(min(len(images), start + _MOST), start + 1, -1):
            if joint := _joint(images[start:end], ctx):
                yield joint
                start = end
                break
        else:
            start += 1


def _joint(images: Sequence[Placed], ctx: Context) -> Joint | None:
    canvas = _best(images, ctx)
    if canvas is None:
        return None
    tokens = sum(ctx.tokens(*contents) for contents in _contents(images, canvas, b"").values())
    if tokens >= ctx.tokens(*map(_picture, images)):
        return None
    parts = tuple(image.part for image in images)
    return Joint(parts=parts, tokens=tokens, why=f"{len(images)} pictures on a canvas of {_by(canvas.size)}")


def _best(images: Sequence[Placed], ctx: Context) -> Canvas | None:
    """The cheapest canvas that the provider neither refuses nor shrinks, the squarest of equals."""
    detail, longest = _picture(images[0]).detail, min(_LONGEST, ctx.limits.side or _LONGEST)
    shown = [
        canvas
        for canvas in canvases([_picture(image).size for image in images])
        if _holds(ctx.counter.seen(canvas.size, detail), canvas.size) and max(canvas.size) <= longest
    ]
    return min(shown, key=lambda canvas: (ctx.counter.count(canvas.size, detail), max(canvas.size)), default=None)


def _holds(seen: Size, size: Size) -> bool:
    return seen.width >= size.width and seen.height >= size.height


def _contents(images: Sequence[Placed], canvas: Canvas, data: bytes) -> dict[int, tuple[Image | Text, ...]]:
    """The canvas where the first picture stood, and words where the others did."""
    first, *others = images
    numbers = [str(image.part + 1) for image in images]
    rows = " / ".join(" ".join(numbers[i] for i in row) for row in canvas.rows)
    told = Text(f"The next picture holds these images, row by row, from left to right: {rows}.")
    width, height = canvas.size
    picture = Image(data=data, format="png", width=width, height=height, detail=_picture(first).detail)
    return {first.part: (told, picture)} | {
        image.part: (Text(f"[Image {image.part + 1} is in that picture.]"),) for image in others
    }


def _by(size: Size) -> str:
    return f"{size.width}x{size.height}"
