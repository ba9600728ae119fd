"""The independent reader: rapidocr in an environment of its own. Lines in: paths of pictures. Lines out: JSON texts."""

from __future__ import annotations

import json
import logging
import sys

from rapidocr import RapidOCR  # type: ignore[import-not-found]  # lives in the reader's own environment

SETTINGS = {
    "Global.log_level": "critical",
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
}

if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    engine = RapidOCR(params=SETTINGS)
    for line in sys.stdin:
        found = engine(line.strip())
        print(json.dumps("\n".join(found.txts or ())), flush=True)
