"""token0.images: a part becomes an image, is left alone with a reason, or is refused by name."""

from __future__ import annotations

import base64

import pytest

from token0.errors import BadRequest
from token0.images import Unopened, open_part
from token0.testing import png
from token0.types import ImagePart

DATA = png(40, 30)
PLAIN = base64.b64encode(DATA).decode()


def test_an_image_is_opened_with_what_its_header_says() -> None:
    image = open_part(ImagePart(path=("a",), base64=PLAIN, media_type="image/gif", detail="low"), 10_000)
    assert (image.data, image.format, image.size, image.detail) == (DATA, "png", (40, 30), "low")


@pytest.mark.parametrize(
    "spelling",
    [
        PLAIN.rstrip("="),
        "\n".join(PLAIN[i : i + 20] for i in range(0, len(PLAIN), 20)),
        base64.urlsafe_b64encode(DATA).decode(),
        f"  {PLAIN}\r\n",
    ],
)
def test_spellings_of_base64_that_providers_take_are_taken(spelling: str) -> None:
    assert open_part(ImagePart(path=("a",), base64=spelling), 10_000).data == DATA


@pytest.mark.parametrize("broken", ["iVBO!", "é", "A", "====", PLAIN + "=A"])
def test_broken_base64_is_refused_with_its_place(broken: str) -> None:
    with pytest.raises(BadRequest) as caught:
        open_part(ImagePart(path=("messages", 0, "content", 1), base64=broken), 10_000)
    assert (caught.value.param, caught.value.code) == ("messages[0].content[1]", "invalid_base64")


def test_a_remote_image_is_left_alone() -> None:
    with pytest.raises(Unopened, match="not in the request"):
        open_part(ImagePart(path=("a",), url="https://example.org/a.png"), 10_000)


@pytest.mark.parametrize("data", [b"", b"GIF", b"not an image", DATA[:20], DATA[:8]])
def test_what_is_no_image_is_of_no_known_format(data: bytes) -> None:
    image = open_part(ImagePart(path=("a",), base64=base64.b64encode(data).decode()), 10_000)
    assert (image.format, image.size, image.data) == ("unknown", (0, 0), data)


def test_a_header_that_promises_too_many_pixels_is_left_alone() -> None:
    bomb = bytearray(png(1, 1))
    bomb[16:24] = (50_000).to_bytes(4, "big") * 2
    with pytest.raises(Unopened, match=r"50000x50000 is beyond the limit of 10000 pixels \(workers.max_pixels\)"):
        open_part(ImagePart(path=("a",), base64=base64.b64encode(bomb).decode()), 10_000)


def test_the_limit_itself_is_allowed() -> None:
    assert open_part(ImagePart(path=("a",), base64=PLAIN), 1200).size == (40, 30)


def test_one_pixel_beyond_the_limit_is_not() -> None:
    with pytest.raises(Unopened):
        open_part(ImagePart(path=("a",), base64=PLAIN), 1199)


def test_a_drawing_has_no_size_in_its_header() -> None:
    svg = base64.b64encode(b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>').decode()
    drawing = open_part(ImagePart(path=("a",), base64=svg), 10_000)
    assert (drawing.format, drawing.size) == ("svg", (0, 0))
