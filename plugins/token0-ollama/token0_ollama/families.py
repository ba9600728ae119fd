"""Which model follows which rule.

Two engines prepare images: since Ollama 0.30 all models run in llama-server; up to 0.24 newer models ran in Ollama's
own Go engine, whose rules stand beside where they differ.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from token0_ollama.rules import BudgetRule, FixedRule, MergeRule, PatchRule, Rule, SliceRule, TileRule

Engine = Literal["llama-server", "go"]

LLAMA_CPP = "llama.cpp tools/mtmd, as in the source of llama-cpp-python 0.3.36"
GO = "ollama v0.24.0, model/models"
BILLS = "prompt_eval_count of a running Ollama, Mar 2026"


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """Models with one rule. `models` is a pattern for the whole name without tag; `text_tags` are blind sizes."""

    models: str
    rule: Rule
    go: Rule | None = None
    text_tags: str | None = None
    source: str = LLAMA_CPP
    as_of: str = "2026-08"
    assumed: bool = False


def _patches(cell: int, least: int, most: int, *, fixed: int = 0, per_row: int = 0) -> PatchRule:
    """Limits in tokens, as llama-server states them."""
    return PatchRule(cell, least * cell * cell, most * cell * cell, fixed=fixed, per_row=per_row)


def _grids(most: int, longest: int | None = None) -> tuple[tuple[int, int], ...]:
    side = range(1, (longest or most) + 1)
    return tuple((across, down) for across in side for down in side if across * down <= most)


_MEBIPIXEL = 1024 * 1024
_MLLAMA = tuple((across * 560, down * 560) for across, down in _grids(4))

FAMILIES = (
    Family(
        models=r"llava(-llama3|-phi3)?|bakllava",
        rule=FixedRule(576, ((336, 336),)),
        source=BILLS,
        as_of="2026-03",
    ),
    Family(models=r"moondream[12]?", rule=FixedRule(729, ((378, 378),)), source=BILLS, as_of="2026-03"),
    Family(models=r"(openbmb/)?minicpm-v-?(2\.6|4|4\.5)?", rule=SliceRule(448, 66, 9), source=BILLS, as_of="2026-03"),
    Family(
        models=r"gemma3",
        rule=FixedRule(258, ((896, 896),)),
        go=FixedRule(260, ((896, 896),)),
        text_tags=r"(1b|270m)\b.*",
    ),
    Family(models=r"gemma3n", rule=FixedRule(258, ((768, 768),)), assumed=True),
    Family(models=r"gemma4", rule=_patches(48, 70, 1120, fixed=2), go=BudgetRule(280, 48)),
    # Ollama starts the server with at least 1,024 image tokens for these, so images below a megapixel are enlarged.
    Family(
        models=r"qwen2\.?5-?vl",
        rule=_patches(28, 1024, 4096, fixed=2),
        go=PatchRule(28, 56 * 56, 2 * _MEBIPIXEL, half_even=True),
    ),
    Family(
        models=r"qwen3-?vl",
        rule=_patches(32, 1024, 4096, fixed=2),
        go=PatchRule(32, 256 * 256, 2 * _MEBIPIXEL, half_even=True),
    ),
    Family(models=r"qwen3\.\d+", rule=_patches(32, 8, 4096, fixed=2), assumed=True),
    Family(
        models=r"mistral-small3\.[12]|ministral-?3",
        rule=_patches(28, 8, 1024, per_row=1),
        go=MergeRule(1540, 14),
    ),
    Family(models=r"pixtral", rule=_patches(16, 8, 1024, per_row=1), assumed=True),
    # The image enters by cross-attention: only its place in the prompt is a token.
    Family(models=r"llama3\.2-vision", rule=FixedRule(1, _MLLAMA), source=GO, assumed=True),
    Family(models=r"llama4", rule=TileRule(336, 144, tuple(g for g in _grids(9, 3) if g != (1, 1)), fixed=2)),
    Family(models=r"internvl-?(2\.5|3|3\.5)", rule=TileRule(448, 256, _grids(12), fixed=2)),
    Family(models=r"granite3\.2-vision", rule=TileRule(384, 729, _grids(10)), assumed=True),
)
