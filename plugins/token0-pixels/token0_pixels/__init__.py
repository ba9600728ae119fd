"""Safe decoding, measuring, resampling and encoding of untrusted pictures. Heavy: import it where the work is done."""

from __future__ import annotations

import cv2

from token0_pixels.decode import FORMATS, MAX_PIXELS, Undecodable, decode
from token0_pixels.encode import encode, encode_smallest
from token0_pixels.legible import LEGIBLE, Floors, look
from token0_pixels.margins import Box, without_margins
from token0_pixels.pixels import Pixels, resize
from token0_pixels.writing import Writing, find_writing

# Work is spread over processes; threads of OpenCV would only fight for the same cores.
cv2.setNumThreads(1)

__all__ = [
    "FORMATS",
    "LEGIBLE",
    "MAX_PIXELS",
    "Box",
    "Floors",
    "Pixels",
    "Undecodable",
    "Writing",
    "decode",
    "encode",
    "encode_smallest",
    "find_writing",
    "look",
    "resize",
    "without_margins",
]
