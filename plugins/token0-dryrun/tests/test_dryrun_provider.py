"""What the dry run answers, whole and streamed, with the figures it was given."""

from __future__ import annotations

import msgspec
import pytest
from multidict import CIMultiDict

import token0_dryrun
from token0.errors import UpstreamError
from token0.report import ImageReport, Report, Shape, StepReport
from token0.testing import PatchCounter
from token0.types import Price
from token0.wire import Answer, Call
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


def call(*, stream: bool = False, path: str = "/chat/completions", **body: object) -> Call:
    report = Report(request_id="r1", dialect="openai-chat", stream=stream, images=(IMAGE,), price=Price(input=10.0))
    return Call(
        method="POST",
        path=path,
        headers=CIMultiDict(),
        body=msgspec.json.encode({**BODY, **body}),
        model="m",
        counter=PatchCounter(),
        report=report,
    )


async def chunks(answer: Answer) -> list[bytes]:
    return [chunk async for chunk in answer.chunks()]


def test_the_plugin_offers_its_provider() -> None:
    assert token0_dryrun.token0_register_providers() == [DryRun]


async def test_usage_is_the_image_rule_plus_the_counted_text() -> None:
    (body,) = await chunks(await DryRun(None).send(call()))
    assert msgspec.json.decode(body)["usage"]["prompt_tokens"] == 302


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
    (body,) = await chunks(await DryRun(None).send(call()))
    assert words in msgspec.json.decode(body)["choices"][0]["message"]["content"]


async def test_a_stream_says_the_same_in_pieces() -> None:
    (whole,) = await chunks(await DryRun(None).send(call()))
    events = await chunks(await DryRun(None).send(call(stream=True)))
    deltas = [msgspec.json.decode(event[6:])["choices"][0]["delta"] for event in events[:-1]]
    text = "".join(delta.get("content") or "" for delta in deltas)
    assert text == msgspec.json.decode(whole)["choices"][0]["message"]["content"]
    assert events[-1] == b"data: [DONE]\n\n"


async def test_the_usage_chunk_comes_only_when_asked_for() -> None:
    asked = await chunks(await DryRun(None).send(call(stream=True, stream_options={"include_usage": True})))
    silent = await chunks(await DryRun(None).send(call(stream=True)))
    assert msgspec.json.decode(asked[-2][6:])["usage"]["prompt_tokens"] == 302
    assert not any(b'"usage"' in event for event in silent)


async def test_other_endpoints_are_refused() -> None:
    with pytest.raises(UpstreamError, match="chat completions only"):
        await DryRun(None).send(call(path="/embeddings"))
