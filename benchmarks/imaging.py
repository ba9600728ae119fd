"""Milliseconds of work on pictures: a photo to the sent bytes beside the libjpeg-turbo floor, and every step on others.

Usage: python benchmarks/imaging.py [PHOTO.jpg] [--rounds N]
The floor is what no pipeline can avoid: decoding at the smallest power of two that holds the sent size, and encoding
the sent pixels, both by libjpeg-turbo. Processor time, so that other programs disturb little; step and floor take
turns, and the fastest round of each counts. Without PHOTO, 8 megapixels with the spectrum of photos are made here.
"""

from __future__ import annotations

import argparse
import io
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image as Pillow

from token0 import plugins
from token0.interfaces import Context
from token0.pipeline import run
from token0.rules import find_counter
from token0.sniff import sniff
from token0.types import Image, Size
from token0_ocr.picture import text_share
from token0_pixels import decode, find_writing

MODELS = {"openai": ("gpt-4o", "gpt-5.4", "gpt-6-astra"), "anthropic": ("claude-opus-5-5",), "ollama": ("minicpm-v",)}
STEPS = ("resize", "tiles", "detail")
MOST_OF_FLOOR = 1.5
MOST_MS = 15.0
"""For the decision whether a picture holds text."""

REGISTRY = plugins.load()


def drawn_photo(width: int, height: int) -> NDArray[np.uint8]:
    """Noise whose amplitude falls with the frequency, as in photos, and round shapes with sharp edges."""
    random = np.random.default_rng(5)
    picture = np.full((height, width, 3), 128, np.float32)
    for octave in range(2, 12):
        cells = random.normal(0, 2.0 ** (6.5 - 0.55 * octave), (3 * 2**octave // 4, 2**octave, 3)).astype(np.float32)
        picture += cv2.resize(cells, (width, height), interpolation=cv2.INTER_CUBIC)
    for x, y, radius, shade in random.integers(0, 256, (60, 4)):
        centre = int(x) * width // 256, int(y) * height // 256
        mask = np.zeros((height, width), np.uint8)
        cv2.circle(mask, centre, 20 + int(radius), 255, -1, cv2.LINE_AA)
        cv2.add(picture, np.full(3, (int(shade) - 128) / 2), picture, mask)
    return np.clip(picture, 0, 255).astype(np.uint8)


def drawn_page(width: int, height: int, scale: float) -> NDArray[np.uint8]:
    """Lines of words; a small x is 15 px high at scale 1."""
    page = np.full((height, width, 3), 255, np.uint8)
    words = "the quick brown fox jumps over a lazy dog while seven wizards make toxic brew for evil queens " * 9
    for number, y in enumerate(range(int(60 * scale), height - 40, int(44 * scale))):
        text = words[number * 7 % 90 :][: int(width / (18 * scale)) - 4]
        cv2.putText(page, text, (int(40 * scale), y), cv2.FONT_HERSHEY_SIMPLEX, scale, (20, 20, 20), 2, cv2.LINE_AA)
    return page


def jpeg(array: NDArray[np.uint8], *, progressive: bool = False) -> Image:
    """As a camera saves it."""
    out = io.BytesIO()
    picture = Pillow.fromarray(cv2.cvtColor(array, cv2.COLOR_BGR2RGB))
    picture.save(out, "JPEG", quality=90, subsampling=2, progressive=progressive)
    return opened(out.getvalue())


def png(array: NDArray[np.uint8]) -> Image:
    """As a screenshot is saved."""
    return opened(bytes(cv2.imencode(".png", array)[1]))


def opened(data: bytes) -> Image:
    """The image of a file."""
    header = sniff(data)
    assert header
    return Image(data, header.format, header.width, header.height, header.orientation)


def fastest(rounds: int, *tasks: Callable[[], Any]) -> list[float]:
    """Milliseconds of each task at its best; they take turns."""
    best = [float("inf")] * len(tasks)
    for _ in range(rounds):
        for number, task in enumerate(tasks):
            started = time.thread_time()
            task()
            best[number] = min(best[number], (time.thread_time() - started) * 1000)
    return best


def floor(source: Image, sent: Image) -> Callable[[], Any]:
    """Decoding `source` at a power of two that holds `sent`, and encoding the pixels of that."""
    scale = next((n for n in (8, 4, 2) if source.width // n >= sent.width and source.height // n >= sent.height), 1)
    least = {"min_width": source.width // scale, "min_height": source.height // scale}
    pixels = simplejpeg.decode_jpeg(sent.data, "RGBX")
    sampling = simplejpeg.decode_jpeg_header(sent.data)[3]

    def work() -> None:
        simplejpeg.decode_jpeg(source.data, "RGBX", **least)
        simplejpeg.encode_jpeg(pixels, 85, "RGBX", sampling)

    return work


def contexts() -> dict[str, Context]:
    """What the steps know, for each model."""
    found = {name: find_counter(REGISTRY, provider, name) for provider, names in MODELS.items() for name in names}
    return {name: Context(model=name, counter=counter) for name, counter in found.items() if counter}


def resized(source: Image, ctx: Context) -> Image:
    """What the step `resize` makes of a picture."""
    resize = REGISTRY.optimizers["resize"]
    (content,) = run(source, ctx, [resize(resize.Config())]).contents
    assert isinstance(content, Image)
    return content


def beside_the_floor(source: Image, rounds: int) -> list[float]:
    """Print and return how many times the floor the step takes, for each model."""
    ratios = []
    for name, ctx in contexts().items():
        sent = resized(source, ctx)
        if sent is source:
            print(f"  {name:<16} sent as it came")
            continue
        step, least = fastest(rounds, lambda ctx=ctx: resized(source, ctx), floor(source, sent))
        ratios.append(step / least)
        size = f"{sent.width}x{sent.height}"
        print(f"  {name:<16} {size:<10} {step:7.1f} ms   floor {least:6.1f} ms   {step / least:.2f} times")
    return ratios


def decision(name: str, source: Image, rounds: int) -> float:
    """Print how long it takes to measure letters as gpt-4o sees them, and print and return how long to tell text."""
    grey = decode(source).luma()
    seen = Size(*(max(1, side * 768 // min(source.size)) for side in source.size))
    small = decode(source, at_least=seen).luma()
    share, writing = fastest(rounds, lambda: text_share(grey), lambda: find_writing(small, source.size, seen))
    print(f"  {name:<20} text or photo {share:5.1f} ms   heights of letters {writing:5.1f} ms")
    return share


def whole(name: str, source: Image, rounds: int) -> None:
    """Print what the steps cost together, for each model."""
    steps = [REGISTRY.optimizers[use](REGISTRY.optimizers[use].Config()) for use in STEPS]
    times = {model: fastest(rounds, lambda ctx=ctx: run(source, ctx, steps))[0] for model, ctx in contexts().items()}
    print(f"  {name:<20}" + "".join(f"{model} {ms:.0f}   " for model, ms in times.items()))


def main() -> int:
    """Run and print; 1 when a figure is beyond its limit."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photo", nargs="?", type=Path)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    drawn = drawn_photo(3264, 2448)
    photos = {"baseline": jpeg(drawn), "progressive": jpeg(drawn, progressive=True)}
    if options.photo:
        photos = {options.photo.name: opened(options.photo.read_bytes())}
    ratios = []
    for name, source in photos.items():
        bits = len(source.data) * 8 / (source.width * source.height)
        print(f"{name}, {source.width}x{source.height}, {bits:.1f} bits a pixel: resize beside the floor")
        ratios += beside_the_floor(source, options.rounds)
    pictures = {
        "12-MP photo": jpeg(drawn_photo(4032, 3024)),
        "A4 scan at 300 dpi": jpeg(drawn_page(2480, 3508, 2.0)),
        "screenshot": png(drawn_page(1920, 1080, 0.7)),
    }
    print("decisions")
    decisions = [decision(name, source, options.rounds) for name, source in pictures.items()]
    print(f"milliseconds for {' + '.join(STEPS)}")
    for name, source in pictures.items():
        whole(name, source, options.rounds)
    print(
        f"\nat most {MOST_OF_FLOOR} times the floor: {sum(each <= MOST_OF_FLOOR for each in ratios)} of {len(ratios)}"
    )
    print(f"decision within {MOST_MS:g} ms: {sum(each <= MOST_MS for each in decisions)} of {len(decisions)}")
    return not (max(ratios) <= MOST_OF_FLOOR and max(decisions) <= MOST_MS)


if __name__ == "__main__":
    sys.exit(main())
