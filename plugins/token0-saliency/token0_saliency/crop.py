"""What happens to the pixels: decode, read, find, cut, encode. Runs in workers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from token0.interfaces import Declined, Replacement
from token0.types import Image, Size, Text
from token0_ocr import picture
from token0_ocr.page import Box
from token0_pixels import Pixels, Undecodable, decode, encode_smallest, resize
from token0_saliency.pricing import NOTE, thumbnail_detail, thumbnail_size
from token0_saliency.region import region

if TYPE_CHECKING:
    from token0.interfaces import Context
    from token0_ocr.page import Engine, Grey, Page
    from token0_saliency.optimizer import SaliencyConfig
    from token0_saliency.terms import Terms

# Letters of the crop are what is asked about: encoding must not show.
_QUALITY = 90

_WORTH = 0.85
"""A crop with its thumbnail costs at most this share of the whole: for less, the whole is the better picture."""


def crop(image: Image, ctx: Context, config: SaliencyConfig, engine: Engine, wanted: Terms) -> Replacement | Declined:
    """The part of `image` where the words `wanted` stand, the whole as a thumbnail, and a sentence about the two."""
    try:
        pixels = decode(image)
    except Undecodable as error:
        return Declined(f"not decoded: {error}")
    page = read(pixels.luma(), engine, config.deadline_seconds)
    if isinstance(page, Declined):
        return page
    found = region(page, pixels.size, wanted, confidence=config.confidence, lines=config.lines)
    if isinstance(found, str):
        return Declined(found)
    small = thumbnail_size(image.size, config.thumbnail)
    detail = thumbnail_detail(image, small, ctx)
    beside = ctx.counter.count(small, detail) + ctx.counter.count_text(NOTE)
    size = _crop_size(image, ctx, found, ctx.tokens(image) * _WORTH - beside)
    if size is None:
        return Declined("a crop with a thumbnail would not be cheaper")
    left, top, right, bottom = found
    part = resize(pixels._replace(array=pixels.array[top:bottom, left:right]), size)
    whole = msgspec.structs.replace(_encoded(image, resize(pixels, small)), detail=detail)
    return Replacement((_encoded(image, part), whole, Text(NOTE)))


def read(grey: Grey, engine: Engine, seconds: float) -> Page | Declined:
    """The words on a picture with their boxes, in its own pixels."""
    if picture.text_share(grey) < picture.TEXT_SHARE or (letters := picture.letters(grey)) is None:
        return Declined("there is hardly any text on the picture")
    scale = picture.reading_scale(grey, letters[0])
    page = engine.read(picture.scaled(picture.light_ground(grey), scale), seconds)
    if page is None:
        return Declined("the text could not be read in time", failed=True)
    if not page.words or not page.upright:
        return Declined("the text is turned, or there is none")
    return page.mapped(scale, picture.MARGIN)


def _crop_size(image: Image, ctx: Context, found: Box, most: float) -> Size | None:
    """The crop as it is, or at the scale at which the provider shows the whole: no letter of it may become smaller."""
    seen = ctx.counter.seen(image.size, image.detail)
    shown = min(1.0, seen.width / image.width)
    for scale in (1.0, shown):
        size = Size(max(1, round(found.width * scale)), max(1, round(found.height * scale)))
        visible = ctx.counter.seen(size, image.detail)
        if ctx.counter.count(size, image.detail) <= most and visible.width >= int(found.width * shown):
            return size
    return None


def _encoded(image: Image, pixels: Pixels) -> Image:
    formats: tuple[Literal["png", "jpeg"], ...] = ("jpeg",) if image.format == "jpeg" else ("png",)
    if image.format == "webp" and not pixels.alpha:
        formats = ("png", "jpeg")
    format, data = encode_smallest(pixels, formats, quality=_QUALITY)  # noqa: A001
    width, height = pixels.size
    return msgspec.structs.replace(image, data=data, format=format, width=width, height=height, orientation=1)
