from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

import token0_history
from token0.types import Price, Text
from token0_history.bill import Bill
from token0_history.history import History, HistoryConfig
from token0_history.repeats import Repeats

if TYPE_CHECKING:
    from collections.abc import Callable

    from token0.interfaces import Context
    from token0.types import Content, Placed

    Shot = Callable[..., Placed]
    Shown = Callable[..., list[tuple[Content, ...]]]


def history(**settings: Any) -> History:
    return History(HistoryConfig(**settings))


def gone(number: int) -> tuple[Text]:
    """What stands for an image that was left out, counted from 1."""
    return (Text(f"[Image {number} was here and is no longer shown.]"),)


def left_out(sent: list[tuple[Content, ...]]) -> int:
    """How many images were left out: all before some place, none behind it."""
    count = sum(contents == gone(number) for number, contents in enumerate(sent, 1))
    assert sent[:count] == [gone(number) for number in range(1, count + 1)]
    return count


def test_hook_offers_the_steps() -> None:
    assert token0_history.token0_register_conversation_optimizers() == [History, Repeats]


@pytest.mark.parametrize("wrong", [{"keep": 0}, {"chunk": 2}, {"chunk": 9}, {"turns": 0}, {"last": 3}])
def test_wrong_settings_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(wrong, History.Config)


@pytest.mark.parametrize(
    ("images", "out"), [(1, 0), (10, 0), (11, 8), (12, 8), (18, 8), (19, 16), (26, 16), (27, 24), (50, 40)]
)
def test_images_go_in_chunks(shot: Shot, shown: Shown, ctx: Context, images: int, out: int) -> None:
    assert left_out(shown(history(), [shot(part) for part in range(images)], ctx)) == out


def test_settings_say_how_many_stay_and_how_many_go(shot: Shot, shown: Shown, ctx: Context) -> None:
    images = [shot(part) for part in range(20)]
    counts = [left_out(shown(history(keep=2, chunk=3, turns=99), images[:count], ctx)) for count in range(1, 12)]
    assert counts == [0, 0, 0, 0, 3, 3, 3, 6, 6, 6, 9]


def test_earlier_turns_change_at_chunk_steps_only(shot: Shot, shown: Shown, ctx: Context) -> None:
    images = [shot(part, text_before=100 + part % 7) for part in range(50)]
    sent = [shown(history(), images[:count], ctx) for count in range(1, 51)]
    changed = [len(now) for before, now in pairwise(sent) if now[: len(before)] != before]
    assert changed == [11, 19, 27, 35, 43]


# Eight images go: 8 * 1,600 tokens, of which 8 * 42 stay as text. These texts and two images are written again; the
# newest image is new in any case. (1.25 - 0.1) * 3,536 / (0.1 * 12,464) = 3.3 turns.
@pytest.mark.parametrize(("turns", "out"), [(3, 0), (4, 8)])
def test_what_pays_too_late_is_kept(shot: Shot, shown: Shown, ctx: Context, turns: int, out: int) -> None:
    assert left_out(shown(history(turns=turns), [shot(part) for part in range(11)], ctx)) == out


def test_text_in_between_is_written_again_too(shot: Shot, shown: Shown, ctx: Context) -> None:
    # 9 * 1,000 tokens of text more: 11.6 turns.
    images = [shot(part, text_before=1000) for part in range(11)]
    assert [left_out(shown(history(turns=turns), images, ctx)) for turns in (11, 12)] == [0, 8]


def test_what_did_not_pay_alone_may_pay_with_the_next_chunk(shot: Shot, shown: Shown, ctx: Context) -> None:
    # 16 images go at the second step, and three are written again as before: 11.5 * 3,887 / 24,913 = 1.8 turns.
    images = [shot(part) for part in range(19)]
    assert [left_out(shown(history(turns=2), images[:count], ctx)) for count in (11, 18, 19)] == [0, 0, 16]


@pytest.mark.parametrize(
    ("price", "out"),
    [
        (Price(input=1.0, cached=0.02, write=1.25), 0),
        (Price(input=1.0, cached=0.1), 8),
        (Price(input=1.0), 8),
        (Price(input=0.0, cached=0.0), 8),
        (None, 0),
    ],
    ids=["reading is almost free", "writing is free", "nothing is cached", "all is free", "not known"],
)
def test_prices_of_the_prompt_cache_decide(
    shot: Shot, shown: Shown, ctx: Context, price: Price | None, out: int
) -> None:
    own = msgspec.structs.replace(ctx, price=price)
    assert left_out(shown(history(), [shot(part) for part in range(11)], own)) == out


def test_refusal_says_when_it_would_pay(shot: Shot, ctx: Context) -> None:
    (joint,) = history(turns=2).plan([shot(part) for part in range(11)], ctx)
    assert (joint.parts, joint.contents) == (tuple(range(8)), {})
    assert joint.why == "it would pay after 4 turns, 2 are expected"


def test_message_goes_as_a_whole(shot: Shot, shown: Shown, ctx: Context) -> None:
    images = [shot(part, message=part // 3) for part in range(11)]
    assert left_out(shown(history(), images, ctx)) == 6


def test_what_a_change_is_told_of_stays(shot: Shot, shown: Shown, ctx: Context) -> None:
    leaning = {7: (Text("crop"),), 8: (Text("unchanged"),)}
    images = [shot(part, contents=leaning.get(part, ()), leans=part in leaning) for part in range(11)]
    assert left_out(shown(history(), images, ctx)) == 6


def test_what_is_cheaper_than_the_words_for_it_stays(shot: Shot, ctx: Context) -> None:
    short = (Text("blue"),)
    images = [shot(part, contents=short if part == 2 else ()) for part in range(11)]
    (joint,) = history().plan(images, ctx)
    assert joint.parts == (0, 1, 3, 4, 5, 6, 7)


def test_images_that_another_step_changed_are_left_to_it(shot: Shot, shown: Shown, ctx: Context) -> None:
    images = [shot(part, joined=part == 9) for part in range(11)]
    assert left_out(shown(history(), images, ctx)) == 0
    assert "list history first" in history().plan(images, ctx)[0].why


def test_other_parts_keep_their_numbers(shot: Shot, ctx: Context) -> None:
    """A remote image is not among the images of a step, but it is an image of the conversation."""
    (joint,) = history().plan([shot(part) for part in range(1, 12)], ctx)
    assert joint.contents is not None
    assert joint.contents[1] == gone(2)


@pytest.mark.parametrize(
    ("bill", "turns"),
    [
        (Bill(1000, 1150), 10),
        (Bill(1000, 1149), 11),
        (Bill(0, 1), 0),
        (Bill(1000, 0), float("inf")),
    ],
)
def test_turns_until_it_has_paid(bill: Bill, turns: float) -> None:
    assert bill.turns(Price(input=1.0, cached=0.1, write=1.25)) == turns
