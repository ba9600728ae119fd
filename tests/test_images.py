"""token0.images: a part becomes an image, is left alone with a reason, or is refused by name."""

from __future__ import annotations

import base64
import hashlib
from urllib.parse import quote

import msgspec
import pytest

from token0 import images
from token0.errors import BadRequest
from token0.images import Unopened, corrections, digest, holds_pdf, is_hashed, open_part
from token0.testing import png
from token0.types import ImagePart, Limits

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
        quote(PLAIN, safe=""),
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


@pytest.mark.parametrize(
    "encoded", ["JVBERi0xLjQK", "JVBERi0x\r\nLjQK", "  JVBERi0xLjQK" + "A" * 5000, "iVBORw0KGgolUERGLTE"]
)
def test_a_document_is_known_by_its_first_bytes(encoded: str) -> None:
    assert holds_pdf(encoded) is not encoded.startswith("iVBOR")


@pytest.mark.parametrize("encoded", ["", "JVBE", "é", "!!!!", PLAIN])
def test_other_files_are_no_documents(encoded: str) -> None:
    assert not holds_pdf(encoded)


TAKEN = Limits(formats=frozenset({"png"}))
# With both characters that the alphabet of addresses writes otherwise.
FULL = base64.b64encode(DATA + b"\xfb\xef\xff\xfe").decode()
ADDRESS = FULL.replace("+", "-").replace("/", "_")


@pytest.mark.parametrize(
    ("declared", "names"),
    [
        (None, []),
        ("image/png", []),
        ("image/jpeg", ["relabel"]),
        ("png", ["relabel"]),
        ("", ["relabel"]),
        ("application/pdf", ["relabel"]),
    ],
)
def test_a_wrong_media_type_is_corrected(declared: str | None, names: list[str]) -> None:
    part = ImagePart(path=("a",), base64=PLAIN, media_type=declared)
    assert [step.name for step in corrections(part, open_part(part, 10_000), TAKEN)] == names


@pytest.mark.parametrize(
    ("spelling", "names"),
    [
        (PLAIN, []),
        (PLAIN.rstrip("="), ["normalize"]),
        (f"{PLAIN[:20]}\n{PLAIN[20:]}", ["normalize"]),
        (f"data:image/png;base64,{PLAIN}", ["normalize"]),
        (ADDRESS, ["normalize"]),
        (PLAIN.replace("=", "%3D"), ["normalize"]),
    ],
)
def test_base64_that_is_not_canonical_is_written_anew(spelling: str, names: list[str]) -> None:
    part = ImagePart(path=("a",), base64=spelling)
    image = open_part(part, 10_000)
    assert image.data.startswith(DATA)
    assert [step.name for step in corrections(part, image, TAKEN)] == names


@pytest.mark.parametrize(
    ("spelling", "names"),
    [
        (ADDRESS, []),
        (PLAIN.rstrip("="), []),
        (f" {PLAIN}", ["normalize"]),
    ],
)
def test_the_alphabet_of_addresses_stays_where_it_is_taken(spelling: str, names: list[str]) -> None:
    part = ImagePart(path=("a",), base64=spelling)
    limits = Limits(formats=frozenset({"png"}), base64url=True)
    assert [step.name for step in corrections(part, open_part(part, 10_000), limits)] == names


def test_a_label_does_not_cure_a_format_that_is_not_taken() -> None:
    part = ImagePart(path=("a",), base64=PLAIN, media_type="image/jpeg")
    assert corrections(part, open_part(part, 10_000), Limits(formats=frozenset({"jpeg"}))) == ()


@pytest.mark.parametrize("spelling", [PLAIN, PLAIN.rstrip("="), f" {PLAIN}\n"])
def test_an_image_is_hashed_by_its_bytes_and_not_by_their_spelling(spelling: str) -> None:
    assert digest(ImagePart(path=("a",), base64=spelling)) == hashlib.sha256(DATA).digest()


def test_an_image_is_hashed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    part = ImagePart(path=("a",), base64=PLAIN)
    assert not is_hashed(part)
    first = digest(part)
    monkeypatch.delattr(images, "decode")
    assert is_hashed(part)
    assert digest(part) == first


def test_what_was_found_out_about_a_part_is_not_part_of_it() -> None:
    hashed, plain = ImagePart(path=("a",), base64=PLAIN), ImagePart(path=("a",), base64=PLAIN)
    digest(hashed)
    assert hashed == plain
    assert not is_hashed(msgspec.structs.replace(hashed, base64="AAAA"))
