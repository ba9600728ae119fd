"""The example plugin, tested as a plugin author would: no server, no event loop, no network."""

from __future__ import annotations

from token0.pipeline import run
from token0.types import Text
from token0_spacers import Config, Spacers


def test_a_spacer_becomes_a_word(image, ctx):
    assert Spacers(Config()).apply(image(1, 1), None, ctx) == Text("[a 1x1 spacer image]")


def test_a_step_that_would_be_dearer_is_not_taken(image, ctx):
    # One patch against the sentence's five tokens.
    (report,) = run(image(1, 1), ctx, [Spacers(Config())]).steps
    assert not report.applied
    assert "dearer" in report.why


def test_pictures_are_none_of_its_business(image, ctx):
    assert Spacers(Config()).plan(image(64, 64), ctx) is None
