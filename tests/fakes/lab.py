"""A whole plugin for tests of the core: a dialect, an embedded provider, a token rule, and a step that does as told.

The step reads what to do from the prompt, because that is what differs from image to image. `install` makes the plugin
visible to other processes, as pip would.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pybase64
import pytest
from multidict import CIMultiDict

from token0 import documents, hookimpl
from token0.errors import PublicError, UpstreamError
from token0.interfaces import Context, Declined, Optimizer, Plan
from token0.report import Report
from token0.taps import EventTap
from token0.testing import PatchCounter, png
from token0.types import Content, Edit, Image, ImagePart, Request, Text, Usage
from token0.wire import Answer, Call, Dialect, Endpoint, Provider


class LabCounter(PatchCounter):
    name = "lab"

    @classmethod
    def for_model(cls, model: str) -> LabCounter | None:
        return cls() if model.startswith("lab") else None


class Act(Optimizer):
    """Does what the first word of the prompt says."""

    name = "act"
    reads_prompt = True

    def plan(self, image: Image, ctx: Context) -> Plan | Declined | None:
        return Declined("told to rest") if ctx.prompt == "rest" else Plan(tokens=0, why=ctx.prompt or "told nothing")

    def apply(self, image: Image, plan: Any, ctx: Context) -> Content | Declined:
        word, _, rest = ctx.prompt.partition(" ")
        match word:
            case "sleep":
                time.sleep(60)
            case "die":
                os._exit(7)
            case "hog":
                return Text(f"{len(bytearray(1 << 29))}")
            case "fail":
                raise ValueError("quotes the image")
            case "pid":
                return Text(str(os.getpid()))
            case "environment":
                return Text(json.dumps(dict(os.environ)))
            case "print":
                print("\0\0\0\0 this is no frame", flush=True)  # noqa: T201
            case "meet":
                return Text(str(_meet(Path(rest))))
        width, height = image.width // 2, image.height // 2
        return msgspec.structs.replace(image, data=png(width, height), format="png", width=width, height=height)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that another process does, and so no event tells."""
    while not condition():  # noqa: ASYNC110
        await asyncio.sleep(0.01)


def _meet(folder: Path) -> int:
    """How many processes were in `folder` at once, waiting until it holds a file `go`."""
    mine = folder / str(os.getpid())
    mine.touch()
    while not (folder / "go").exists():
        time.sleep(0.01)
    present = len(list(folder.iterdir())) - 1
    mine.unlink()
    return present


def _part(image: str, prompt: str) -> ImagePart:
    if image.startswith("http"):
        return ImagePart(path=("image",), url=image, prompt=prompt)
    return ImagePart(path=("image",), base64=image, prompt=prompt)


class Lab(Dialect):
    """`{"model": M, "image": BASE64 or URL, "prompt": P}` to POST /lab."""

    name = "lab"
    home = "lab"

    def match(self, method: str, path: str, headers: Mapping[str, str]) -> Endpoint | None:
        return Endpoint(kind="generate", path="/lab") if (method, path) == ("POST", "/lab") else None

    def read(self, body: bytes, endpoint: Endpoint) -> Request:
        document = documents.decode(body)
        options, edits = documents.options(document)
        image = documents.optional(document, "image", str)
        prompt = documents.optional(document, "prompt", str) or ""
        return Request(
            body=body,
            document=document,
            model=documents.required(document, "model", str),
            stream=bool(document.get("stream")),
            parts=(_part(image, prompt),) if image is not None else (),
            options=options,
            edits=edits,
        )

    def edits(self, request: Request, changes: Mapping[int, Sequence[Content]]) -> Iterable[Edit]:
        for (content,) in changes.values():
            sent = content.text if isinstance(content, Text) else pybase64.b64encode(content.data).decode()
            yield Edit(("image",), (sent,))

    def edits_model(self, request: Request, model: str) -> Iterable[Edit]:
        return (Edit(("model",), (model,)),)

    def error(self, error: PublicError) -> bytes:
        return msgspec.json.encode({"error": error.message, "param": error.param})

    def usage(self, event: Mapping[str, Any], before: Usage | None) -> Usage | None:
        return before

    def tap(self, request: Request, report: Report) -> EventTap:
        return EventTap(report, lambda event: b"last" in event)


class LabProvider(Provider):
    """Says which process answers and what it received; a request with `hold` is streamed until that file is there."""

    name = "lab"
    dialects = ("lab",)

    class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
        api_key: str = ""

    def claims(self, model: str) -> bool:
        return model.startswith("lab")

    async def send(self, call: Call) -> Answer:
        assert isinstance(call.body, bytes)
        document = msgspec.json.decode(call.body)
        if document["model"] == "lab-down":
            raise UpstreamError("the lab is closed.")
        hold = document.get("hold")
        return Held(Path(hold)) if hold else Told({"pid": os.getpid(), "received": document})


class Told(Answer):
    """A JSON answer."""

    def __init__(self, document: Any) -> None:
        self.status = 200
        self.headers = CIMultiDict({"Content-Type": "application/json"})
        self._body = msgspec.json.encode(document)

    async def chunks(self) -> AsyncIterator[bytes]:
        yield self._body


class Held(Answer):
    """A stream of two events; the second one comes when a file is there."""

    def __init__(self, path: Path) -> None:
        self.status = 200
        self.headers = CIMultiDict({"Content-Type": "text/event-stream"})
        self._path = path

    async def chunks(self) -> AsyncIterator[bytes]:
        yield b"data: first\n\n"
        await until(self._path.exists)
        yield b"data: last\n\n"


@hookimpl
def token0_register_providers() -> list[type[Provider]]:
    return [LabProvider]


@hookimpl
def token0_register_dialects() -> list[type[Dialect]]:
    return [Lab]


@hookimpl
def token0_register_token_counters() -> list[type[LabCounter]]:
    return [LabCounter]


@hookimpl
def token0_register_optimizers() -> list[type[Optimizer]]:
    return [Act]


def install(folder: Path, patch: pytest.MonkeyPatch, module: str = "fakes.lab") -> None:
    """Make `module` a plugin of every process that is started from now on, and of this one."""
    described = folder / "lab-0.1.dist-info"
    described.mkdir()
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: lab\nVersion: 0.1\n")
    (described / "entry_points.txt").write_text(f"[token0]\nlab = {module}\n")
    tests = Path(__file__).parent.parent
    patch.syspath_prepend(folder)
    # An empty entry would mean the working directory.
    before = [os.environ["PYTHONPATH"]] if os.environ.get("PYTHONPATH") else []
    patch.setenv("PYTHONPATH", os.pathsep.join([str(folder), str(tests), *before]))
