"""Which model follows which rule, with where and when it was read.

A model that the guide does not list, but a listed relative does, is `assumed`; the bill it really gets is in the
`usage` of each answer.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from token0_openai.rules import Bounds, PatchRule, TileRule

GUIDE = "https://developers.openai.com/api/docs/guides/images-vision"
COMMUNITY = "measured bills: community.openai.com, topic 1377015 (Mar 2026)"

Encoding = Literal["o200k_base", "cl100k_base"]


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """Models with one rule. `encoding` is the text tokenizer."""

    models: tuple[str, ...]
    rule: TileRule | PatchRule
    source: str = GUIDE
    as_of: str = "2026-10"
    assumed: bool = False
    encoding: Encoding = "o200k_base"


_NO_LIMIT = 65_535
_THUMBNAIL = Bounds(512)
_NARROW = Bounds(2048, 1_536)
_HIGH = Bounds(2048, 2_500)
_WIDE = Bounds(2048, 6_144)
_LARGE = Bounds(6000, 10_000)
_WHOLE = Bounds(_NO_LIMIT)


def _one_level(bounds: Bounds, numerator: int, denominator: int) -> PatchRule:
    """The detail of these models changes nothing."""
    return PatchRule(bounds, bounds, None, "high", numerator, denominator)


_ASTRA = PatchRule(_THUMBNAIL, Bounds(_NO_LIMIT, 2_500), _WHOLE, "original", 6, 5)
_GPT_56 = PatchRule(_THUMBNAIL, _HIGH, _WHOLE, "original", 6, 5)
_GPT_55 = PatchRule(_THUMBNAIL, _HIGH, _LARGE, "original", 6, 5)
_GPT_54 = PatchRule(_WIDE, _HIGH, _LARGE, "high", 6, 5)
_GPT_52 = _one_level(_WIDE, 6, 5)
_CODEX = _one_level(_NARROW, 6, 5)
_O4_MINI = _one_level(_NARROW, 43, 25)
_GPT_4O = TileRule(85, 170)
_GPT_5 = TileRule(70, 140)
_O1 = TileRule(75, 150)

FAMILIES = (
    Family(models=("gpt-6-astra",), rule=_ASTRA),
    Family(models=("gpt-6-sol", "gpt-6-luna", "gpt-6.1-sol", "gpt-6.1-terra"), rule=_ASTRA, assumed=True),
    Family(models=("gpt-5.6", "gpt-5.6-sol", "gpt-5.6-terra", "gpt-5.6-luna"), rule=_GPT_56),
    Family(models=("gpt-5.5",), rule=_GPT_55),
    Family(models=("gpt-5.5-pro",), rule=_GPT_55, assumed=True),
    Family(models=("gpt-5.4", "gpt-5.4-mini", "gpt-5.4-nano"), rule=_GPT_54),
    Family(models=("gpt-5.4-pro",), rule=_GPT_54, assumed=True),
    Family(models=("gpt-5.2",), rule=_GPT_52),
    Family(models=("gpt-5.2-chat", "gpt-5.2-pro"), rule=_GPT_52, assumed=True),
    Family(models=("gpt-4.1-mini",), rule=_one_level(_WIDE, 81, 50)),
    Family(models=("gpt-5-mini",), rule=_CODEX, as_of="2026-07"),
    Family(models=("gpt-5-nano",), rule=_one_level(_NARROW, 3, 2), as_of="2026-07"),
    Family(models=("o4-mini",), rule=_O4_MINI, as_of="2026-07"),
    Family(models=("codex-mini",), rule=_O4_MINI, source=COMMUNITY, as_of="2026-03", assumed=True),
    Family(models=("gpt-4.1-nano",), rule=_one_level(_NARROW, 123, 50), as_of="2026-07"),
    Family(
        models=("gpt-5.3-codex", "gpt-5.2-codex", "gpt-5.1-codex-mini", "gpt-5-codex-mini"),
        rule=_CODEX,
        source=COMMUNITY,
        as_of="2026-07",
        assumed=True,
    ),
    Family(models=("gpt-4o", "chatgpt-4o", "gpt-4.1", "gpt-4.5", "gpt-4.5-preview"), rule=_GPT_4O),
    Family(
        models=("gpt-4-turbo", "gpt-4-vision-preview", "gpt-4-1106-vision-preview"),
        rule=_GPT_4O,
        encoding="cl100k_base",
    ),
    Family(models=("gpt-4o-mini",), rule=TileRule(2833, 5667)),
    Family(models=("gpt-5", "gpt-5-chat", "gpt-5.1"), rule=_GPT_5),
    Family(
        models=("gpt-5-pro", "gpt-5-codex", "gpt-5.1-chat", "gpt-5.1-codex", "gpt-5.1-codex-max"),
        rule=_GPT_5,
        assumed=True,
    ),
    Family(models=("o1", "o1-pro", "o3"), rule=_O1),
    Family(models=("o3-pro",), rule=_O1, assumed=True),
    Family(models=("computer-use-preview",), rule=TileRule(65, 129)),
    # Input fidelity `high` adds 4,160 tokens (square) or 6,240 (other); that setting is no property of the image.
    Family(models=("gpt-image-1",), rule=TileRule(65, 129, short_side=512)),
)

BY_MODEL = {model: family for family in FAMILIES for model in family.models}
