"""token0.sticky: a place in a conversation is what stands before it, and what was decided there holds."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from fakes import lab, shelving
from fakes.engines import BIG, HALF, Make, engine

from token0.config import CacheConfig, Step
from token0.engine import Engine
from token0.errors import BadRequest, Unusable, WorkerError
from token0.images import open_part
from token0.imaging import Imaging
from token0.interfaces import NoConfig
from token0.report import Report
from token0.routing import Route
from token0.sticky import Place, places
from token0.testing import png
from token0.types import Image, ImagePart, Request

__all__ = ["engine"]  # a fixture

OTHER = base64.b64encode(png(96, 96)).decode()


def conversation(*turns: tuple[str, str], **fields: Any) -> Request:
    """Each turn is an image and a prompt; all but the last were answered."""
    messages: list[dict[str, Any]] = []
    parts = []
    for image, prompt in turns:
        name = "url" if image.startswith("http") else "base64"
        parts.append(ImagePart(path=("messages", len(messages), "image"), prompt=prompt, **{name: image}))
        messages += [{"role": "user", "image": image, "text": prompt}, {"role": "assistant", "text": "I see."}]
    document = {"model": "lab", "messages": messages[:-1], **fields}
    return Request(body=msgspec.json.encode(document), document=document, model="lab", parts=tuple(parts))


def route(model: str = "lab", provider: str = "lab") -> Any:
    cls = type("Other", (lab.LabProvider,), {"name": provider})
    return Route(cls(lab.LabProvider.Config()), model)


def place(request: Request, number: int = 0, **where: Any) -> Place:
    found = places(request, route(**where), "lab")[number]
    assert found
    return found


ONE = ((BIG, "a"),)
TWO = ((BIG, "a"), (OTHER, "b"))
SYSTEM = {"system": "Be brief."}


# Places


def test_a_place_stays_when_the_conversation_goes_on() -> None:
    first, later = place(conversation(*ONE)), place(conversation(*TWO))
    assert first.key == later.key
    assert (first.earlier, later.earlier) == (False, True)


@pytest.mark.parametrize(
    "other",
    [
        conversation((OTHER, "a")),
        conversation((BIG, "b")),
        conversation(*ONE, system="Be long."),
        conversation(*ONE, system=[{"text": "Be brief."}]),
        conversation(*ONE, instructions="Be brief."),
        msgspec.structs.replace(conversation(*ONE, **SYSTEM), coordinates=True),
    ],
)
def test_another_beginning_is_another_place(other: Request) -> None:
    assert place(other).key != place(conversation(*ONE, **SYSTEM)).key


def test_a_place_depends_on_all_that_stands_before() -> None:
    assert place(conversation((BIG, "x"), (OTHER, "b")), 1).key != place(conversation(*TWO), 1).key
    assert place(conversation((OTHER, "a"), (OTHER, "b")), 1).key != place(conversation(*TWO), 1).key


@pytest.mark.parametrize("where", [{"model": "lab-2"}, {"provider": "q"}])
def test_another_model_is_another_place(where: dict[str, str]) -> None:
    assert place(conversation(*ONE), **where).key != place(conversation(*ONE)).key


def test_another_dialect_is_another_place() -> None:
    (found,) = places(conversation(*ONE), route(), "chat")
    assert found != place(conversation(*ONE))


def test_two_images_of_a_message_have_two_places() -> None:
    request = conversation(*ONE)
    (part,) = request.parts
    twin = msgspec.structs.replace(part, path=("messages", 0, "other"))
    request.document["messages"][0]["other"] = BIG
    one, other = places(msgspec.structs.replace(request, parts=(part, twin)), route(), "lab")
    assert one != other


def test_the_rest_of_the_turn_counts() -> None:
    """Some dialects say it in a later message."""
    request = conversation(*ONE)
    (part,) = request.parts
    asked = msgspec.structs.replace(request, parts=(msgspec.structs.replace(part, prompt="read it"),))
    assert place(asked).key != place(request).key


@pytest.mark.parametrize(
    "fields", [{"tools": [{"name": "t"}]}, {"temperature": 1}, {"stream": True}, {"max_tokens": 5}], ids=str
)
def test_what_may_change_between_turns_does_not_count(fields: dict[str, Any]) -> None:
    assert place(conversation(*ONE, **fields)).key == place(conversation(*ONE)).key


def test_the_order_of_keys_does_not_count() -> None:
    request = conversation(*ONE)
    request.document["messages"] = [dict(reversed(each.items())) for each in request.document["messages"]]
    assert place(request).key == place(conversation(*ONE)).key


@pytest.mark.parametrize("mark", ["cache_control", "prompt_cache_breakpoint"])
def test_where_the_provider_shall_cache_does_not_count(mark: str) -> None:
    request = conversation(*ONE)
    request.document["messages"][0][mark] = {"type": "ephemeral"}
    assert place(request).key == place(conversation(*ONE)).key


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ({"image": BIG}, ("image",)),
        ({"images": [BIG]}, ("images", 0)),
        ({"systemInstruction": {"parts": [{"data": BIG}]}}, ("systemInstruction", "parts", 0, "data")),
        ({"messages": [{"image": BIG, "n": 2**70}]}, ("messages", 0, "image")),
        ({"messages": [{"image": "?" * 99}]}, ("messages", 0, "image")),
        ({"messages": [{"image": BIG}]}, ("messages", 0, "picture")),
        ({"messages": [{"image": BIG}]}, ("messages", 0, "image", 0)),
    ],
)
def test_where_there_is_no_conversation_there_is_no_place(document: dict[str, Any], path: Any) -> None:
    part = ImagePart(path=path, base64="?" * 99 if "?" in str(document) else BIG)
    request = Request(body=b"", document=document, model="lab", parts=(part,))
    assert places(request, route(), "lab") == [None]


def test_the_place_of_a_remote_image_depends_on_what_is_behind_its_address() -> None:
    there = place(conversation(("https://h/a.png", "a")))
    assert there.of(b"1") == there.of(b"1") != there.of(b"2")
    assert there.of(b"1").earlier is there.earlier


def test_nothing_can_be_read_from_a_key() -> None:
    found = place(conversation(*ONE))
    assert set(found.key) | set(found.of(b"1").key) <= set("0123456789abcdef")


# Decisions


Send = Callable[..., Any]


@pytest.fixture
def board(request: pytest.FixtureRequest) -> str:
    """The name of a shelf that all engines of one test share, as after a restart."""
    return request.node.nodeid


async def sent(running: Engine, request: Request, *, refused: bool = False) -> tuple[list[str], Report]:
    """The images as they are sent, and the report."""
    report = running.report("lab", request, await running.router.route("lab"))
    changes = await running.images(request, await running.router.route("lab"), report, refused=refused)
    images = [
        base64.b64encode(changes[i][0].data).decode() if i in changes else part.base64  # type: ignore[union-attr]
        for i, part in enumerate(request.parts)
    ]
    for _ in range(5):
        await asyncio.sleep(0)
    return images, report  # type: ignore[return-value]


def settings(board: str, *steps: str) -> dict[str, Any]:
    layers = (Step("shelf", shelving.Shelf.Config(board)),)
    return {"pipeline": tuple(Step(step, NoConfig()) for step in steps), "cache": CacheConfig(layers=layers)}


async def late(*_: object) -> None:
    raise WorkerError("no result within 10 s")


async def test_a_new_configuration_changes_no_earlier_turn(engine: Make, board: str) -> None:
    before = engine(shelving, **settings(board, "act"))
    assert (await sent(before, conversation(*ONE)))[0] == [HALF]
    after = engine(shelving, **settings(board))
    assert (await sent(after, conversation(*TWO)))[0] == [HALF, OTHER]


async def test_a_step_that_was_added_changes_no_earlier_turn(engine: Make, board: str) -> None:
    before = engine(shelving, **settings(board))
    assert (await sent(before, conversation(*ONE)))[0] == [BIG]
    after = engine(shelving, **settings(board, "act"))
    images, report = await sent(after, conversation(*TWO))
    assert (images[0], len(images[1]) < len(OTHER)) == (BIG, True)
    assert [image.cached for image in report.images] == [True, False]


async def test_a_new_configuration_holds_for_a_turn_that_is_sent_for_the_first_time(engine: Make, board: str) -> None:
    await sent(engine(shelving, **settings(board)), conversation(*ONE))
    assert (await sent(engine(shelving, **settings(board, "act")), conversation(*ONE)))[0] == [HALF]


async def test_a_deadline_that_was_missed_changes_no_later_turn(
    engine: Make, board: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = engine(shelving, **settings(board, "act"))
    with monkeypatch.context() as missing:
        missing.setattr(Imaging, "_run", late)
        assert (await sent(running, conversation(*ONE)))[0] == [BIG]
    images, report = await sent(running, conversation(*TWO))
    assert (images[0], report.images[0].note) == (BIG, "sent as it came: no result within 10 s")
    assert (await sent(running, conversation((BIG, "c"))))[0] == [HALF]


async def test_a_deadline_that_is_missed_later_changes_no_earlier_turn(
    engine: Make, board: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = engine(shelving, **settings(board, "act"))
    await sent(running, conversation(*ONE))
    monkeypatch.setattr(Imaging, "_run", late)
    assert (await sent(running, conversation(*TWO)))[0] == [HALF, OTHER]


async def test_a_failed_step_changes_no_later_turn(engine: Make, board: str, monkeypatch: pytest.MonkeyPatch) -> None:
    running = engine(shelving, **settings(board, "act"))
    with monkeypatch.context() as failing:
        failing.setattr(lab.Act, "apply", lambda *_: 1 / 0)
        await sent(running, conversation(*ONE))
    assert (await sent(running, conversation(*TWO)))[0][0] == BIG


async def test_a_refusal_overrides_what_was_decided_and_holds_from_then_on(
    engine: Make, board: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = engine(shelving, **settings(board, "act"))
    await sent(running, conversation(*ONE))
    with monkeypatch.context() as repairing:
        tiny = Image(png(8, 8), "png", 8, 8)
        repairing.setattr(lab.Act, "apply", lambda *_: tiny)
        images, _ = await sent(running, conversation(*TWO), refused=True)
    assert images[0] == base64.b64encode(png(8, 8)).decode()
    assert (await sent(running, conversation(*TWO, (BIG, "c"))))[0][:2] == images


async def test_three_turns_stay_as_they_were_whatever_happens_between_them(
    engine: Make, board: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = [(BIG, "a"), (OTHER, "b"), (base64.b64encode(png(80, 80)).decode(), "c")]
    first, _ = await sent(engine(shelving, **settings(board, "act")), conversation(*turns[:1]))
    with monkeypatch.context() as missing:
        missing.setattr(Imaging, "_run", late)
        second, _ = await sent(engine(shelving, **settings(board, "act")), conversation(*turns[:2]))
    third, _ = await sent(engine(shelving, **settings(board), quality="lossless"), conversation(*turns))
    fourth, _ = await sent(engine(shelving, **settings(board, "act")), conversation(*turns, (BIG, "d")))
    assert second[:1] == first == [HALF]
    assert third[:2] == second
    assert fourth[:3] == third


async def test_a_decision_whose_image_is_gone_is_taken_anew(engine: Make, board: str) -> None:
    running = engine(shelving, **settings(board, "act"))
    await sent(running, conversation(*ONE))
    held, _ = shelving.Shelf.boards[board]
    largest = max(held, key=lambda key: len(held[key]))
    assert len(held) == 2
    del held[largest]
    assert (await sent(running, conversation(*TWO)))[0][0] == HALF


@pytest.mark.parametrize("value", [b"", b"\xff" * 9, b"\x81\xa7outcome\x80"])
async def test_what_is_no_decision_is_a_miss(engine: Make, board: str, value: bytes) -> None:
    running = engine(shelving, **settings(board, "act"))
    assert running.cache
    for number in range(2):
        await running.cache.put(place(conversation(*TWO), number).key, value, 60)
    assert (await sent(running, conversation(*TWO)))[0][0] == HALF


async def test_without_layers_nothing_is_remembered(engine: Make) -> None:
    before = engine(pipeline=(Step("act", NoConfig()),))
    await sent(before, conversation(*ONE))
    assert (await sent(engine(pipeline=()), conversation(*TWO)))[0] == [BIG, OTHER]


async def test_an_image_that_must_not_be_sent_is_judged_anew_each_time(
    engine: Make, board: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise Unusable("it is broken")

    running = engine(shelving, **settings(board, "act"))
    with monkeypatch.context() as refusing:
        refusing.setattr(lab.Act, "apply", refuse)
        with pytest.raises(BadRequest):
            await sent(running, conversation(*ONE))
    await asyncio.sleep(0.01)
    assert (await sent(running, conversation(*TWO)))[0][0] == HALF


@pytest.mark.parametrize(("image_seconds", "kept"), [(604_800.0, 86_400.0), (60.0, 60.0)])
async def test_a_decision_is_kept_for_a_day_at_most(
    engine: Make, board: str, image_seconds: float, kept: float
) -> None:
    with_shelf = settings(board, "act")
    cache = msgspec.structs.replace(with_shelf["cache"], image_seconds=image_seconds)
    running = engine(shelving, **{**with_shelf, "cache": cache})
    await sent(running, conversation(*ONE))
    assert running.cache
    (shelf,) = running.cache._caches
    assert isinstance(shelf, shelving.Shelf)
    assert sorted(shelf.times) == [kept, image_seconds]


async def test_for_what_was_decided_the_image_before_is_not_even_opened(
    engine: Make, board: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = [(BIG, "a"), (OTHER, "b"), (base64.b64encode(png(80, 80)).decode(), "c")]
    monkeypatch.setattr(lab.Act, "compares", True)
    running = engine(shelving, **settings(board, "act"))
    await sent(running, conversation(*turns[:2]))
    opened: list[str] = []

    def noted(part: ImagePart, max_pixels: int) -> Image:
        opened.append(part.prompt)
        return open_part(part, max_pixels)

    monkeypatch.setattr("token0.imaging.open_part", noted)
    await sent(running, conversation(*turns))
    # Each as it came, and the second one once more beside the third.
    assert sorted(opened) == ["a", "b", "b", "c"]
