"""What the dry run answers, whole and streamed, with the figures it was given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import pytest
from msgspec import structs
from multidict import CIMultiDict

import token0_dryrun
from token0.documents import lookup
from token0.errors import PublicError, UpstreamError
from token0.report import ImageReport, Report, Shape, StepReport
from token0.testing import PatchCounter
from token0.types import Content, Edit, Path, Price, Request, Usage
from token0.wire import Call, Dialect, Endpoint, Tap
from token0_dryrun.provider import DryRun

STEP = StepReport(name="resize", applied=True, why="smaller", tokens_before=900, tokens_after=300, ms=1.0)
IMAGE = ImageReport(
    at="messages[0].content[1]",
    before=Shape(tokens=900, bytes=5000, format="jpeg", width=960, height=960),
    after=Shape(tokens=300, bytes=1000, format="jpeg", width=320, height=960),
    steps=(STEP,),
)
# 8 characters: two tokens for a counter of four characters a token.
BODY = {"model": "m", "messages": [{"role": "user", "content": [{"type": "text", "text": "12345678"}]}]}


class Lines(Dialect):
    """A stand-in for the client's dialect: its stream has the answer whole in one event."""

    home = "none"

    def __init__(self, name: str) -> None:
        self.name = name  # type: ignore[misc]

    def match(self, method: str, path: str, headers: Mapping[str, str]) -> Endpoint | None:
        raise NotImplementedError

    def read(self, body: bytes, endpoint: Endpoint) -> Request:
        raise NotImplementedError

    def edits(self, request: Request, changes: Mapping[int, Sequence[Content]]) -> Iterable[Edit]:
        raise NotImplementedError

    def edits_model(self, request: Request, model: str) -> Iterable[Edit]:
        raise NotImplementedError

    def error(self, error: PublicError) -> bytes:
        raise NotImplementedError

    def usage(self, event: Mapping[str, Any], before: Usage | None) -> Usage | None:
        raise NotImplementedError

    def tap(self, request: Request, report: Report) -> Tap:
        raise NotImplementedError

    def events(self, body: bytes, request: Request) -> Sequence[bytes]:
        return [b"event: ", body, b"\n"]


def call(dialect: str = "openai-chat", *, stream: bool = False, path: str = "/chat/completions", **body: Any) -> Call:
    report = Report(request_id="r1", dialect=dialect, stream=stream, images=(IMAGE,), price=Price(input=10.0))
    written = msgspec.json.encode(body or BODY)
    return Call(
        method="POST",
        path=path,
        headers=CIMultiDict(),
        body=written,
        model="m",
        counter=PatchCounter(),
        report=report,
        speaks=Lines(dialect),
        request=Request(body=written, document={}, model="m", stream=stream),
    )


async def answered(call: Call) -> Any:
    return msgspec.json.decode(b"".join([chunk async for chunk in (await DryRun(None).send(call)).chunks()]))


def test_the_plugin_offers_its_provider() -> None:
    assert token0_dryrun.token0_register_providers() == [DryRun]


async def test_usage_is_the_image_rule_plus_the_counted_text() -> None:
    assert (await answered(call()))["usage"]["prompt_tokens"] == 302


@pytest.mark.parametrize(
    "words",
    [
        "m would have received 1 image.",
        "messages[0].content[1]: jpeg 960x960, 5000 bytes, 900 tokens -> jpeg 320x960, 1000 bytes, 300 tokens",
        "resize: applied, smaller",
        "902 before, 302 sent, 600 saved (67%)",
        "$0.009020 before, $0.003020 sent",
    ],
)
async def test_the_answer_tells_what_happened(words: str) -> None:
    assert words in (await answered(call()))["choices"][0]["message"]["content"]


@pytest.mark.parametrize(
    ("dialect", "path", "body", "text", "tokens"),
    [
        (
            "openai-responses",
            "/responses",
            {"instructions": "1234", "input": [{"role": "user", "content": [{"type": "input_text", "text": "567"}]}]},
            ("output", 0, "content", 0, "text"),
            ("usage", "input_tokens"),
        ),
        (
            "anthropic-messages",
            "/messages",
            {"system": [{"type": "text", "text": "1234"}], "messages": [{"role": "user", "content": "567"}]},
            ("content", 0, "text"),
            ("usage", "input_tokens"),
        ),
        (
            "gemini",
            "/v1beta/models/m:generateContent",
            {"contents": [{"parts": [{"text": "1234"}, {"inlineData": {"data": "AAAA"}}, {"text": "567"}]}]},
            ("candidates", 0, "content", "parts", 0, "text"),
            ("usageMetadata", "promptTokenCount"),
        ),
        (
            "ollama",
            "/api/chat",
            {"messages": [{"role": "user", "content": "12345678", "images": ["AAAA"]}]},
            ("message", "content"),
            ("prompt_eval_count",),
        ),
        (
            "ollama",
            "/api/generate",
            {"prompt": "12345678", "images": ["AAAA"]},
            ("response",),
            ("prompt_eval_count",),
        ),
    ],
)
async def test_every_dialect_says_it_in_its_own_words(
    dialect: str, path: str, body: dict[str, Any], text: Path, tokens: Path
) -> None:
    answer = await answered(call(dialect, path=path, **body))
    assert str(lookup(answer, text)).startswith("Dry run: m would have received 1 image.")
    assert lookup(answer, tokens) == 302


@pytest.mark.parametrize(
    ("dialect", "path", "key"),
    [
        ("openai-responses", "/responses/input_tokens", "input_tokens"),
        ("anthropic-messages", "/messages/count_tokens?beta=true", "input_tokens"),
        ("gemini", "/v1beta/models/m:countTokens", "totalTokens"),
    ],
)
async def test_tokens_are_counted_where_only_they_are_asked_for(dialect: str, path: str, key: str) -> None:
    assert (await answered(call(dialect, path=path)))[key] == 302


async def test_a_stream_is_what_the_dialect_makes_of_the_answer() -> None:
    answer = await DryRun(None).send(call(stream=True))
    first, body, last = [chunk async for chunk in answer.chunks()]
    assert (first, last) == (b"event: ", b"\n")
    assert msgspec.json.decode(body) == await answered(call())
    assert answer.headers["Content-Type"] == "text/event-stream"


@pytest.mark.parametrize("lacking", [{"speaks": None}, {"request": None}, {"report": None}])
async def test_what_is_no_prompt_is_refused(lacking: dict[str, None]) -> None:
    with pytest.raises(UpstreamError, match="no other requests"):
        await DryRun(None).send(structs.replace(call(path="/embeddings"), **lacking))
