"""token0.joint: a step over all images never makes them dearer, and its failure costs only its saving."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from token0.interfaces import Context, ConversationOptimizer, Declined, NoConfig
from token0.joint import Joined, make, plan, priced
from token0.types import Content, Image, Joint, Placed, Text

Make = Callable[..., Image]


class Step(ConversationOptimizer):
    """Answers with what it is given; an exception is raised."""

    name = "step"

    def __init__(self, planned: Any = (), made: Any = None) -> None:
        super().__init__(NoConfig())
        self._planned, self._made = planned, made

    def plan(self, images: Sequence[Placed], ctx: Context) -> Sequence[Joint]:
        return _said(self._planned)  # type: ignore[no-any-return]

    def apply(self, images: Sequence[Placed], ctx: Context) -> Mapping[int, Sequence[Content]] | Declined:
        return _said(self._made)  # type: ignore[no-any-return]


class Plans(ConversationOptimizer):
    name = "plans"

    def plan(self, images: Sequence[Placed], ctx: Context) -> Sequence[Joint]:
        return ()


def _said(value: Any) -> Any:
    if isinstance(value, Exception):
        raise value
    return value


def joint(*parts: int, contents: Any = None) -> Joint:
    return Joint(parts=parts, tokens=1, why="together", contents=contents)


@pytest.fixture
def images(image: Make) -> list[Placed]:
    """Two images of four tokens each."""
    return [Placed(part=part, message=0, original=image(), contents=(image(),)) for part in (0, 1)]


def test_plans_for_other_images_stand_side_by_side(images: list[Placed], ctx: Context) -> None:
    assert plan(Step([joint(0), joint(1)]), images, ctx) == [joint(0), joint(1)]


@pytest.mark.parametrize(
    "wrong",
    [
        ValueError("quotes the prompt"),
        None,
        [None],
        [joint()],
        [joint(2)],
        [joint(0), joint(0, 1)],
        [joint(0, contents={1: (Text("x"),)})],
    ],
)
def test_a_wrong_plan_does_nothing_and_is_told(images: list[Placed], ctx: Context, wrong: Any) -> None:
    (told,) = plan(Step(wrong), images, ctx)
    assert (told.parts, told.contents) == ((0, 1), {})
    assert told.why.startswith("failed while planning: ")
    assert "prompt" not in told.why


def test_contents_are_made_by_part(images: list[Placed], ctx: Context) -> None:
    assert make(Step(made={1: [Text("x")]}), images, "together", ctx) == Joined(
        why="together", contents={1: (Text("x"),)}
    )


@pytest.mark.parametrize(
    ("made", "why"),
    [(Declined("no"), "no"), (ValueError("quotes"), "failed: ValueError"), (5, "failed: AttributeError")],
)
def test_what_was_not_made_says_why(images: list[Placed], ctx: Context, made: Any, why: str) -> None:
    assert make(Step(made=made), images, "together", ctx) == Joined(why=why)


def test_a_step_need_not_know_how_to_make_what_it_never_leaves_open(images: list[Placed], ctx: Context) -> None:
    assert make(Plans(NoConfig()), images, "together", ctx).why == "failed: NotImplementedError"


@pytest.mark.parametrize(("characters", "taken"), [(12, True), (16, False), (20, False)])
def test_the_images_together_must_become_cheaper(
    images: list[Placed], ctx: Context, characters: int, taken: bool
) -> None:
    made = Joined(why="together", contents={0: (Text("x" * characters),)})
    result = priced(joint(0, 1), made, images, ctx)
    assert result == (made if taken else Joined(why=f"together: would not pay ({characters // 4 + 4} tokens)"))


@pytest.mark.parametrize(
    "contents", [{0: ()}, {0: (Image(b"", "png", 0, 0),)}, {2: (Text("x"),)}], ids=["nothing", "no size", "stranger"]
)
def test_what_has_no_price_is_not_taken(images: list[Placed], ctx: Context, contents: Any) -> None:
    assert priced(joint(0, 1), Joined(why="together", contents=contents), images, ctx) == Joined(
        why="failed: ValueError"
    )
