"""The independent reader: rapidocr in an environment of its own. Lines in: paths of pictures. Lines out: JSON texts."""

from __future__ import annotations

import json
import logging
import sys

from openvino import Core  # type: ignore[import-not-found]  # these two live in the reader's own environment
from rapidocr import EngineType, RapidOCR  # type: ignore[import-not-found]

# OpenVINO takes three quarters of the time of ONNX Runtime; on six pictures of the set their readings were the same.
SETTINGS = {
    "Global.log_level": "critical",
    "Det.engine_type": EngineType.OPENVINO,
    "Cls.engine_type": EngineType.OPENVINO,
    "Rec.engine_type": EngineType.OPENVINO,
    "EngineConfig.openvino.inference_num_threads": 1,
}
PRECISE = {"INFERENCE_PRECISION_HINT": "f32"}

if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    # Half the precision, its choice where the processor has it, would read otherwise on other machines.
    compile_model = Core.compile_model
    Core.compile_model = lambda core, **options: compile_model(core, config=PRECISE, **options)
    engine = RapidOCR(params=SETTINGS)
    for line in sys.stdin:
        found = engine(line.strip())
        print(json.dumps("\n".join(found.txts or ())), flush=True)
