"""Whether an answer is still in what is sent: in the text, or legible in the picture at a share of its size."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from token0.interfaces import TokenCounter
from token0.types import Content, Image, Size, Text
from token0_pixels import decode, encode, resize

SHARE = 0.65
"""OCR engines read smaller print than vision models do, so the reader sees less than the model would."""

NEAR = (0.95, 1.05)
"""Sizes beside it: an answer that is only found at one of them says more about the reader than about the picture."""


class Reader:
    """Reads pictures with rapidocr. The environment is made once; readings are kept in `folder`, by pixels and size.

    May be asked by as many threads at once as it has processes.
    """

    def __init__(self, folder: Path, processes: int = 1) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        python = folder / "venv" / "bin" / "python"
        if not python.exists():
            subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
            subprocess.run([python, "-m", "pip", "install", "-q", "rapidocr", "openvino"], check=True)
        command = [str(python), str(Path(__file__).with_name("reader.py"))]
        self._all = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(processes)
        ]
        self._free: queue.SimpleQueue[subprocess.Popen[str]] = queue.SimpleQueue()
        for process in self._all:
            self._free.put(process)
        self._kept = folder / "readings.jsonl"
        self._keeping = threading.Lock()
        self._readings: dict[str, str] = {}
        if self._kept.exists():
            self._readings = dict(json.loads(line) for line in self._kept.read_text().splitlines())

    def read(self, image: Image, size: Size) -> str:
        """The text of `image` brought to `size`."""
        key = f"{hashlib.sha256(image.data).hexdigest()[:32]}-{size.width}x{size.height}"
        if key not in self._readings:
            text = self._ask(image, size)
            with self._keeping, self._kept.open("a") as kept:
                self._readings[key] = text
                kept.write(json.dumps([key, text]) + "\n")
        return self._readings[key]

    def _ask(self, image: Image, size: Size) -> str:
        process = self._free.get()
        assert process.stdin
        assert process.stdout
        try:
            with tempfile.NamedTemporaryFile(suffix=".png") as picture:
                picture.write(encode(resize(decode(image, at_least=size), size), "png"))
                picture.flush()
                process.stdin.write(picture.name + "\n")
                process.stdin.flush()
                return str(json.loads(process.stdout.readline()))
        finally:
            self._free.put(process)

    def close(self) -> None:
        for process in self._all:
            assert process.stdin
            assert process.stdout
            process.stdin.close()
            process.wait(30)
            process.stdout.close()


def scorer(path: Path) -> ModuleType:
    """The data set's own comparison of answers."""
    spec = importlib.util.spec_from_file_location("score_text", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Judge:
    """Decides whether a question can still be answered."""

    def __init__(self, reader: Reader, score: Any) -> None:
        self._reader = reader
        self._score = score

    def answered(
        self, contents: Sequence[Content], question: dict[str, Any], counter: TokenCounter, share: float = SHARE
    ) -> bool:
        """True when the answer stands in a text, or the reader finds it in a picture at `share` of its size."""
        return any(self._hit(content, question, counter, share) for content in contents)

    def steady(self, original: Image, question: dict[str, Any], counter: TokenCounter) -> bool:
        """True when the reader finds the answer in the original also where it is a little larger or smaller."""
        return all(self.answered([original], question, counter, SHARE * near) for near in NEAR)

    def _hit(self, content: Content, question: dict[str, Any], counter: TokenCounter, share: float) -> bool:
        if isinstance(content, Text):
            text = content.text
        else:
            seen = counter.seen(content.size, content.detail)
            size = Size(max(1, round(seen.width * share)), max(1, round(seen.height * share)))
            text = self._reader.read(content, size)
        return bool(self._score.answer_hit(self._score.Text(text), question))
