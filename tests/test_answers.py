"""token0.answers: one call for one answer, and never another's."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import io
import json
import logging
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp import web
from fakes.asking import (
    CHAT,
    CHUNKS,
    COLD,
    DONE,
    KEY,
    PICTURE,
    STREAMED,
    USAGE,
    Answering,
    Client,
    chunk,
    client,
    completion,
    content,
    documents,
    event,
    grey,
    numbered,
    one,
    shared,
    streaming,
)
from fakes.seeing import Eye
from fakes.serving import chat, data_url
from fakes.shelving import Shelf
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from token0.testing import Upstream

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["one"]  # a fixture


async def test_the_same_request_twice_is_one_call(one: Client, upstream: Upstream) -> None:
    first, second = await one.ask(), await one.ask()
    assert (len(upstream.received), first.cache, second.cache) == (1, "miss", "hit")
    assert first.body == second.body


async def test_a_request_with_an_image_is_answered_without_working_on_it_again(one: Client, upstream: Upstream) -> None:
    first, second = await one.ask(PICTURE), await one.ask(PICTURE)
    assert len(upstream.received) == 1
    assert second.json["choices"] == first.json["choices"]
    assert "optimize" not in second.json["token0"]["time_ms"]


OTHERS: dict[str, tuple[Any, dict[str, str]]] = {
    "key": (COLD, {"key": "sk-of-another-tenant"}),
    "no key": (COLD, {"key": None}),  # type: ignore[dict-item]
    "system prompt": ({**COLD, "messages": [{"role": "system", "content": "Be brief."}, *COLD["messages"]]}, {}),
    "temperature": (chat("hi", temperature=0, seed=1), {}),
    "prompt with a colon": (chat("hi:", temperature=0), {}),
    "second image": (chat("hi", data_url(), data_url(601), temperature=0), {}),
    "organization": (COLD, {"OpenAI_Organization": "org"}),
    "query": (COLD, {"path": CHAT + "?x=1"}),
}


@pytest.mark.parametrize("other", OTHERS)
async def test_another_one_of_anything_is_another_call(one: Client, upstream: Upstream, other: str) -> None:
    body, how = OTHERS[other]
    await one.ask(chat("hi", data_url(), data_url(602), temperature=0) if other == "second image" else COLD)
    assert (await one.ask(body, **how)).cache == "miss"
    assert len(upstream.received) == 2


async def test_another_list_of_tools_is_another_call(tmp_path: Path, upstream: Upstream) -> None:
    def tools(name: str) -> dict[str, Any]:
        return {**COLD, "tools": [{"type": "function", "function": {"name": name}}]}

    async with client(tmp_path, upstream.url, cache={"tools": True}) as tooled:
        assert [(await tooled.ask(tools(name))).cache for name in "fgf"] == ["miss", "miss", "hit"]


def invoice(amount: str) -> dict[str, Any]:
    """One template: only the amount differs."""
    picture = Image.new("L", (400, 300), 255)
    pen = ImageDraw.Draw(picture)
    for at, line in ((20, "INVOICE 2026-117"), (60, "Hammer and nails"), (200, f"Total {amount} EUR")):
        pen.text((30, at), line, fill=0)
    out = io.BytesIO()
    picture.save(out, "PNG")
    url = "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()
    return chat("What is the total?", url, temperature=0)


async def test_two_invoices_of_one_template_never_share_an_answer(one: Client, upstream: Upstream) -> None:
    asked = [invoice(amount) for amount in ("100.00", "100.01", "900.00", "100.00")]
    assert [(await one.ask(each)).cache for each in asked] == ["miss", "miss", "miss", "hit"]


async def test_a_hit_says_so_and_that_it_costs_nothing(one: Client) -> None:
    await one.ask(PICTURE)
    hit = await one.ask(PICTURE)
    said = hit.json["token0"]
    assert (hit.headers["Age"], hit.headers["x-request-id"], hit.headers["x-token0-saved"]) == ("0", "req_1", "510")
    assert "x-ratelimit-remaining-requests" not in hit.headers
    assert (said["cache_hit"], said["billed_prompt_tokens"], said["tokens_saved"]) == (True, 0, 510)
    unbilled = {"input_tokens": 300, "output_tokens": 5, "cached_tokens": 0}
    assert said["cache"] == {"status": "hit", "age_seconds": 0, "unbilled": unbilled}
    # gpt-4o: 2.50 dollars for a million tokens in, 10 out.
    assert said["cost_saved_usd"] == pytest.approx((510 + 300) * 2.5e-6 + 5 * 10e-6)


async def test_a_client_without_reports_gets_the_recorded_answer_alone(one: Client, upstream: Upstream) -> None:
    await one.ask(PICTURE)
    hit = await one.ask(PICTURE, X_Token0_Report="off")
    assert hit.json == completion("answer 1")
    assert len(upstream.received) == 1


async def test_a_request_whose_answer_may_differ_is_not_kept_and_is_told_why(one: Client, upstream: Upstream) -> None:
    first, second = await one.ask(chat("hi", data_url())), await one.ask(chat("hi", data_url()))
    assert (first.cache, second.cache, len(upstream.received)) == ("off", "off", 2)
    assert "temperature" in second.json["token0"]["cache"]["why"]


async def test_no_cache_asks_again_and_keeps_the_newer_answer(one: Client) -> None:
    await one.ask()
    again = await one.ask(Cache_Control="no-cache")
    assert (again.cache, again.json["choices"][0]["message"]["content"]) == ("refresh", "answer 2")
    assert (await one.ask()).body == again.body


async def test_no_store_neither_looks_nor_keeps(one: Client, upstream: Upstream) -> None:
    for _ in range(2):
        assert (await one.ask(Cache_Control="no-store")).cache == "off"
    assert (await one.ask()).cache == "miss"
    assert len(upstream.received) == 3


async def test_a_field_of_the_body_turns_the_cache_on_and_is_not_forwarded(one: Client, upstream: Upstream) -> None:
    warm = chat("hi", token0_enable_cache=True)
    assert [(await one.ask(warm)).cache for _ in range(2)] == ["miss", "hit"]
    assert b"token0" not in upstream.received[0].body


async def test_without_layers_nothing_is_kept_and_nothing_said(tmp_path: Path, upstream: Upstream) -> None:
    async with client(tmp_path, upstream.url, cache={"layers": []}) as bare:
        assert [(await bare.ask()).cache for _ in range(2)] == [None, None]
        warned = (await bare.ask(chat("hi", data_url(), token0_enable_cache=True))).json["token0"]["warnings"]
    assert warned == ["token0_enable_cache: no answers are kept here"]


async def test_what_the_operator_never_keeps_no_client_can_have_kept(tmp_path: Path, upstream: Upstream) -> None:
    async with client(tmp_path, upstream.url, cache={"answers": "never"}) as never:
        assert [(await never.ask(X_Token0_Cache="on")).cache for _ in range(2)] == [None, None]


async def test_an_answer_is_kept_as_long_as_the_operator_says(
    tmp_path: Path, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr("token0.recording.time.time", lambda: now[0])
    async with client(tmp_path, upstream.url, cache={"answer_seconds": 60}) as short:
        await short.ask()
        now[0] += 59
        assert (await short.ask()).headers["Age"] == "59"
        now[0] += 2
        assert (await short.ask()).cache == "miss"


async def test_a_larger_answer_than_allowed_is_not_kept(tmp_path: Path, upstream: Upstream) -> None:
    async with client(tmp_path, upstream.url, cache={"max_answer_bytes": 1}) as small:
        assert [(await small.ask()).cache for _ in range(2)] == ["miss", "miss"]


@pytest.mark.parametrize("status", [400, 401, 429, 500, 503])
async def test_an_error_is_not_kept(one: Client, upstream: Upstream, status: int) -> None:
    async def refuse(_: web.Request) -> web.StreamResponse:
        return web.json_response({"error": {"message": "no"}}, status=status)

    upstream.answer = refuse
    assert [(await one.ask()).status for _ in range(2)] == [status, status]
    assert len(upstream.received) == 2


@pytest.mark.parametrize(
    "answer",
    [
        streaming(event(CHUNKS[0]), then="die"),
        streaming(event(CHUNKS[0])),
        streaming(event(CHUNKS[0]), event({"error": {"message": "no"}}), DONE),
    ],
)
async def test_a_stream_that_breaks_off_or_tells_an_error_is_not_kept(
    one: Client, upstream: Upstream, answer: Answering
) -> None:
    upstream.answer = answer
    for _ in range(2):
        with contextlib.suppress(aiohttp.ClientError):
            await one.ask(STREAMED)
    assert len(upstream.received) == 2


async def test_a_compressed_answer_is_not_asked_for(one: Client, upstream: Upstream) -> None:
    await one.ask(Accept_Encoding="gzip")
    assert upstream.received[0].headers["accept-encoding"] == "identity"


async def test_a_stream_with_tool_calls_is_told_again_event_for_event(one: Client, upstream: Upstream) -> None:
    upstream.answer = streaming()
    live, hit = await one.ask(STREAMED), await one.ask(STREAMED)
    assert (len(upstream.received), hit.cache) == (1, "hit")
    assert live.body == hit.body == b"".join(map(event, CHUNKS)) + DONE


async def test_a_stream_that_carries_the_report_is_told_again_with_its_own(one: Client, upstream: Upstream) -> None:
    upstream.answer = streaming()
    picture = {**PICTURE, "stream": True}
    live, hit = await one.ask(picture), await one.ask(picture)
    assert documents(live.body) == documents(hit.body) == [*CHUNKS, "done"]
    assert (live.body.count(b'"cache_hit":false'), hit.body.count(b'"cache_hit":true')) == (1, 1)


@pytest.mark.parametrize("content", [[], [data_url()]])
@pytest.mark.parametrize("first", [True, False])
async def test_the_usage_is_told_to_whom_asks_for_it_whoever_asked_before(
    one: Client, upstream: Upstream, first: bool, content: list[str]
) -> None:
    upstream.answer = streaming()
    plain = chat("hi", *content, temperature=0, stream=True)
    asking = {**plain, "stream_options": {"include_usage": True}}
    told = {}
    for wants in (first, not first):
        told[wants] = documents((await one.ask(asking if wants else plain)).body)
    assert told == {True: [*CHUNKS, USAGE, "done"], False: [*CHUNKS, "done"]}
    assert len(upstream.received) == 1


async def test_a_client_without_reports_gets_no_usage_it_did_not_ask_for(one: Client, upstream: Upstream) -> None:
    upstream.answer = streaming()
    picture = {**PICTURE, "stream": True}
    live, hit = [await one.ask(picture, X_Token0_Report="off") for _ in range(2)]
    assert live.body == hit.body == b"".join(map(event, CHUNKS)) + DONE


async def test_a_streamed_answer_is_told_whole_and_a_whole_one_as_a_stream(one: Client, upstream: Upstream) -> None:
    upstream.answer = streaming()
    await one.ask(STREAMED)
    (choice,) = (whole := (await one.ask()).json)["choices"]
    assert (choice["finish_reason"], whole["usage"]["prompt_tokens"]) == ("tool_calls", 300)
    assert choice["message"]["tool_calls"][0]["function"] == {"name": "f", "arguments": '{"a":1}'}
    upstream.answer = numbered(upstream)
    await one.ask(chat("ho", temperature=0))
    streamed = await one.ask(chat("ho", temperature=0, stream=True))
    told = documents(streamed.body)
    assert content(streamed) == "answer 2"
    assert (told[-2]["choices"][0]["finish_reason"], told[-1], len(upstream.received)) == ("stop", "done", 2)


async def test_what_was_relayed_is_kept_before_the_gateway_closes(
    tmp_path: Path, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = shared()
    put = Shelf.put

    async def slowly(self: Shelf, key: str, value: bytes, seconds: float) -> None:
        await asyncio.sleep(0.5)
        await put(self, key, value, seconds)

    monkeypatch.setattr(Shelf, "put", slowly)
    async with client(tmp_path, upstream.url, cache=cache) as one:
        await one.ask()
        assert not Shelf.boards["common"][0]
    assert Shelf.boards["common"][0]


async def test_a_corrupt_entry_is_a_miss(tmp_path: Path, upstream: Upstream) -> None:
    cache = shared()
    async with client(tmp_path, upstream.url, cache=cache) as one:
        await one.ask()
        kept = Shelf.boards["common"][0]
        kept.update({key: value[:-20] + b"\0" + value[-19:] for key, value in kept.items()})
        assert (await one.ask()).cache == "miss"


async def test_an_entry_that_was_moved_to_another_key_is_a_miss(tmp_path: Path, upstream: Upstream) -> None:
    cache = shared()
    async with client(tmp_path, upstream.url, cache=cache) as one:
        await one.ask()
        await one.ask(key="sk-of-another-tenant")
        kept = Shelf.boards["common"][0]
        mine, theirs = kept
        kept[mine], kept[theirs] = kept[theirs], kept[mine]
        assert [(await one.ask()).cache, (await one.ask(key="sk-of-another-tenant")).cache] == ["miss", "miss"]


async def test_a_picture_in_other_bytes_is_answered_once_where_a_matcher_says_so(
    tmp_path: Path, upstream: Upstream
) -> None:
    upstream.answer = numbered(upstream)
    async with client(tmp_path, upstream.url, cache={"matcher": "eye"}) as one:
        first, again, other = [await one.ask(grey(shade)) for shade in (100, 101, 103)]
        foreign = await one.ask(grey(101), key="sk-of-another")
    assert (first.cache, again.cache, other.cache, foreign.cache) == ("miss", "hit", "miss", "miss")
    assert again.json["choices"] == first.json["choices"]
    assert again.json["token0"]["cache"]["why"] == "an image of it was seen before in another encoding"
    assert "why" not in first.json["token0"]["cache"]


async def test_pictures_in_other_bytes_are_two_without_a_matcher(one: Client) -> None:
    assert [(await one.ask(grey(shade))).cache for shade in (100, 101, 100)] == ["miss", "miss", "hit"]


async def test_an_image_of_a_request_whose_answer_cannot_be_kept_is_not_recognised(
    tmp_path: Path, upstream: Upstream
) -> None:
    Eye.seen.clear()
    async with client(tmp_path, upstream.url, cache={"matcher": "eye"}) as one:
        assert (await one.ask({**grey(100), "store": True})).cache == "off"
        assert Eye.seen == []
        await one.ask(grey(100))
        assert Eye.seen == ["sketch"]


async def test_nothing_of_a_request_can_be_read_from_keys_or_logs(
    tmp_path: Path, upstream: Upstream, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    cache = shared()
    secret = chat("a very private prompt", data_url(), temperature=0)
    async with client(tmp_path, upstream.url, cache=cache) as one:
        await one.ask(secret)
        assert (await one.ask(secret)).cache == "hit"
    # The answer's, and those of what was done to its image.
    assert {len(bytes.fromhex(key)) for key in Shelf.boards["common"][0]} == {32}
    for piece in (KEY, "private", data_url()[-40:]):
        assert piece not in caplog.text


TENANTS = ["sk-a", "sk-b", "sk-a:b", None]
PROMPTS = ["hi", "hi:", "", "sk-a"]


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(TENANTS), st.sampled_from(PROMPTS), st.booleans()), max_size=12))
def test_no_tenant_is_ever_told_what_was_answered_to_another(
    tmp_path_factory: pytest.TempPathFactory, asked: list[tuple[str | None, str, bool]]
) -> None:
    """The provider's answers say whose request they answer."""

    async def answer(request: web.Request) -> web.StreamResponse:
        document = json.loads(await request.read())
        said = json.dumps([request.headers.get("Authorization"), document["messages"][0]["content"][0]["text"]])
        if document.get("stream"):
            return await streaming(event(chunk(content=said)), event(chunk("stop")), DONE)(request)
        return web.json_response(completion(said))

    async def run() -> None:
        app = web.Application()
        app.router.add_post(CHAT, answer)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        async with client(tmp_path_factory.mktemp("gateway"), url) as one:

            async def check(tenant: str | None, prompt: str, stream: bool) -> None:
                got = await one.ask(chat(prompt, temperature=0, stream=stream), key=tenant)
                whose = f"Bearer {tenant}" if tenant else None
                assert json.loads(content(got)) == [whose, prompt]

            # Side by side, and then once more from the cache.
            for _ in range(2):
                await asyncio.gather(*(check(*each) for each in asked))
        await runner.cleanup()

    asyncio.run(run())
