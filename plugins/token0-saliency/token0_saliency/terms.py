"""The words of a prompt that should stand on the page beside the answer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from token0_ocr.intent import fold, judge
from token0_ocr.intent_words import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Sequence

_WORD = re.compile(r"[^\W_]+")
_QUOTED = re.compile(r"['\"\u201c\u00ab]([^'\"\u201d\u00bb\n]{1,99})['\"\u201d\u00bb](?!\w)")

_KINDS = frozenset({"amount", "value", "figure", "sum", "number", "name", "date", "id", "code"})
"""Words for the kind of an answer. A page may leave them out: the total amount stands there as `Total`."""

_NEVER_ALONE = frozenset({"number", "name", "id", "code"})
"""Kinds of which every page has many."""

_SPELLINGS = (
    frozenset({"number", "no", "nr"}),
    frozenset({"telephone", "phone", "tel"}),
    frozenset({"quantity", "qty"}),
    frozenset({"reference", "ref"}),
    frozenset({"account", "acct"}),
)


class Terms(NamedTuple):
    """What to look for, each word in any of its spellings. `objection`: why nothing is looked for.

    words: must be on the page, all together
    kinds: must stand there as well, where the page has them at all
    """

    words: tuple[frozenset[str], ...] = ()
    kinds: tuple[frozenset[str], ...] = ()
    objection: str | None = None


def terms(prompt: str) -> Terms:
    """What a prompt that asks for one thing on a page names."""
    intent = judge(prompt)
    if intent.objection:
        return Terms(objection=intent.objection)
    if intent.whole:
        return Terms(objection="the prompt asks for all of the text")
    quoted = [word for part in _QUOTED.findall(prompt) for word in spelled(part)]
    asked = spelled(_QUOTED.sub(" ", prompt))
    kinds = [word for word in asked if word in _KINDS]
    words = quoted or [word for word in _content(asked) if word not in _KINDS]
    if not words:
        words, kinds = [word for word in kinds if word not in _NEVER_ALONE], []
    if not words:
        return Terms(objection="the prompt names nothing that could be found")
    return Terms(_spellings(words), _spellings(kinds))


def spelled(text: str) -> list[str]:
    """The words of a text as they are compared: lower case, without accents, in the singular."""
    return [_singular(word) for word in _WORD.findall(fold(text))]


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _spellings(words: Sequence[str]) -> tuple[frozenset[str], ...]:
    """Each word once, with the other ways in which pages write it."""
    found = (next((group for group in _SPELLINGS if word in group), frozenset({word})) for word in words)
    return tuple(dict.fromkeys(found))


def _content(words: list[str]) -> list[str]:
    """Those words that do not merely make it a question, in the language that knows most of them."""
    language = max(LANGUAGES, key=lambda each: sum(word in each.glue for word in words))
    return [
        word
        for word in words
        if word not in language.glue
        and not any(kind.fullmatch(word) for kind in (language.asks, language.verbs, language.nouns))
    ]
