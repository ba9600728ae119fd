"""What a provider would refuse or see wrong in a picture, from its header and its limits. Cheap and pure."""

from __future__ import annotations

from bisect import bisect_right
from struct import error, unpack_from
from typing import TYPE_CHECKING

import msgspec

from token0.sniff import Header, sniff
from token0.types import Size

if TYPE_CHECKING:
    from token0.interfaces import Context
    from token0.types import Image, Limits

_PATCH = 32

# Prompt, tools and the other images travel in the same body.
_SHARE_OF_BODY = 0.75

# What every known provider takes, also behind the clouds that resell it: once one has refused, it gets no more.
_SAFE_SIDE = 1999
_SAFE_BASE64 = 4 * 1024 * 1024

# Frames of baseline, extended and progressive Huffman coding. Readers of the others, as arithmetic coding, are rare.
_COMMON_FRAMES = frozenset({0xC0, 0xC1, 0xC2})
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def limits_now(ctx: Context) -> Limits:
    """The provider's limits; the narrowest known ones once it has refused an image."""
    limits = ctx.limits
    if not ctx.refused:
        return limits
    return msgspec.structs.replace(
        limits,
        formats=limits.formats & {"jpeg", "png"} or frozenset({"jpeg"}),
        animated=False,
        turns=False,
        side=min(limits.side or _SAFE_SIDE, _SAFE_SIDE),
        base64_bytes=min(limits.base64_bytes or _SAFE_BASE64, _SAFE_BASE64),
    )


def find_faults(image: Image, ctx: Context) -> list[str]:
    """Each reason why `image` cannot be sent as it is, in words for the report."""
    limits, header = limits_now(ctx), sniff(image.data)
    faults = ["the provider refused the request"] if ctx.refused else []
    if image.format not in limits.formats:
        faults.append(f"the provider takes no {image.format} pictures")
    elif header is not None:
        faults += _odd_for(limits, header, image.data)
    if not ctx.coordinates and fitting(image, ctx) != image.size:
        faults.append(f"{image.width}x{image.height} is larger than the provider takes")
    limit = most_bytes(limits)
    if limit is not None and len(image.data) > limit:
        faults.append(f"{len(image.data)} bytes are more than the provider takes")
    return faults


def fitting(image: Image, ctx: Context) -> Size:
    """The largest size, in the proportions of `image`, that is within the limits of sides and patches."""
    limits, size = limits_now(ctx), image.size
    if not image.width:
        return size
    if limits.side and max(size) > limits.side:
        size = scaled(size, limits.side / max(size))
    if limits.patches and _patches(size, image, ctx) > limits.patches:
        longest = bisect_right(
            range(max(size)), limits.patches, key=lambda side: _patches(scaled(size, side / max(size)), image, ctx)
        )
        size = scaled(size, max(longest - 1, 1) / max(size))
    return size


def scaled(size: Size, scale: float) -> Size:
    """Rounded down, so that a limit is kept; what floats lose does not count."""
    return Size(max(1, int(size.width * scale + 1e-9)), max(1, int(size.height * scale + 1e-9)))


def _patches(size: Size, image: Image, ctx: Context) -> int:
    """Of what the provider's own scaling makes of the picture."""
    seen = ctx.counter.seen(size, image.detail)
    return -(-seen.width // _PATCH) * -(-seen.height // _PATCH)


def most_bytes(limits: Limits) -> int | None:
    """The most bytes of one image before base64 makes four of three."""
    body = int(limits.body_bytes * _SHARE_OF_BODY) if limits.body_bytes else None
    text = min((limit for limit in (limits.base64_bytes, body) if limit), default=None)
    return None if text is None else text // 4 * 3


def _odd_for(limits: Limits, header: Header, data: bytes) -> list[str]:
    """What is wrong with a picture of a format that is taken."""
    faults = []
    if header.animated and not limits.animated:
        faults.append("the provider takes no animated pictures")
    if header.orientation != 1 and not limits.turns:
        faults.append("the provider would not turn the picture upright")
    if header.alpha and not limits.alpha:
        faults.append("the provider would drop the transparency")
    if header.format == "jpeg":
        frame = _frame(data)
        if frame is None or not _is_common(data, frame):
            faults.append("this kind of jpeg (CMYK, 12 bits or a rare coding) is seen wrong by many")
        # A thumbnail before the frame has an end of its own.
        cut_off = data.rfind(b"\xff\xd9", frame or 0) < 0
    else:
        if header.format == "png" and data[24] == 16:
            faults.append("16 bits a sample are seen wrong by many")
        cut_off = header.format == "png" and data.rfind(b"IEND") < 0
    return [*faults, "the file is cut off"] if cut_off else faults


def _frame(data: bytes) -> int | None:
    """Where the first frame header of a JPEG is; None where stray bytes or fill bytes hide it."""
    at = 2
    try:
        while data[at] == 0xFF:
            marker, length = unpack_from(">BH", data, at + 1)
            if marker in _FRAMES:
                return at
            at += 2 + length
    except (error, IndexError):
        pass
    return None


def _is_common(data: bytes, at: int) -> bool:
    """Whether a frame is of 8 bits, grey or of three colours, in a coding that every decoder knows."""
    return data[at + 1] in _COMMON_FRAMES and data[at + 4] == 8 and data[at + 9] in (1, 3)
