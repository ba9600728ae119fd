"""The conditions under which a reading may stand for its picture. Each failed one is a sentence for the report.

unfit:      the text would not help, even with a picture beside it
incomplete: the text is good, but a picture of the rest must go along
garbled:    so much of it is guessed that the picture is better

Confidence alone is no gate: code, formulas and sparse tables are read with high confidence and lose their meaning.
The thresholds were set on scans, screens, slides and receipts; `benchmarks/answers.py` tells what is lost with them.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from token0_ocr.agreement import is_number

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from token0_ocr.agreement import Agreement
    from token0_ocr.ink import Ink
    from token0_ocr.intent import Intent
    from token0_ocr.page import Word
    from token0_ocr.reading import Reading

MIN_WORDS = 3
MIN_CONFIDENCE = 65
"""Below this mean confidence a reading is useless even beside a picture."""

MIN_KNOWN = 0.7
MIN_KNOWN_IF_AGREED = 0.5
MIN_WORDLIKE = 0.85
MIN_AGREEMENT = 0.97
MIN_BLURRED_AGREEMENT = 0.6
"""Of two readings, for a model that could not read the picture."""

MAX_MISSED = 0.04
MAX_BESIDE_MISSED = 0.2
MAX_BLURRED_MISSED = 0.35
MAX_DRAWN = 0.01
MAX_SHAPES = 0.01
MAX_PICTURED = 0.06
"""Area of drawings and shapes beside which no text is sent: charts and photographs have more, logos and stamps less."""

MAX_CODE = 0.06
MAX_SIGNS = 0.02
LOW_WORDS = 0.05
"""The share of words that may fall below the low limit of confidence."""

LOW_STEP = 20
"""The low limit lies this far below the mean that is asked for."""

CODE = re.compile(r"[{}<>=;\\^~`_\[\]]|\w\|\w|\w\(\)|::|//|\.\w+\(|->|[+*/]=")
MATHS = re.compile("[\u2200-\u22ff\u0391-\u03c9\u00b2\u00b3\u00b9\u2070-\u209f\u221a\u00b1]")
WORDLIKE = re.compile(
    r"\W*(?:[^\W\d_]+(?:[-'\u2019./&@:][^\W\d_]+)*|\d[\d.,:/%-]*[^\W_]{0,3}|[^\W_]+(?:[-/][^\W_]+)+|\S+@\S+|\w+[.]\w\S+)\W*"
)
TICKS = re.compile("[\u2610-\u2612\u2713\u2714\u25a1\u25a0]|\\[[ xX]?\\]|^O$|^\\(\\s?[xX]?\\)$")
LETTER_IN_NUMBER = re.compile(r"\d[OoIl|]\d|\d[OoIl]$|^[OIl]\d+[.,]\d")
SIGN_IN_WORD = re.compile(r"[^\W\d_][!|\\<>~^*=]+[^\W\d_]")
SMALL_IN_CAPITALS = re.compile(r"[A-Z]{2}[a-z]{1,2}[A-Z]{2}")
GROUPED = re.compile(r"\d{1,3}(?:[.,'\u2019]\d{3})+(?:[.,]\d{1,2})?")


def unfit(reading: Reading, intent: Intent) -> str | None:
    """Why the words must not be sent at all."""
    words = reading.page.words
    if len(words) < MIN_WORDS:
        return "hardly any text was found"
    if not reading.page.upright:
        return "the text is turned"
    mean = sum(word.confidence for word in words) / len(words)
    if mean < MIN_CONFIDENCE:
        return f"the mean confidence of the reading is {mean:.0f}, below {MIN_CONFIDENCE}"
    if why := script_objection(words, reading.agreement.words):
        return why
    if intent.whole and (why := code_objection(words) or formula_objection(words)):
        return why
    if reading.ink.drawn + reading.ink.shapes > MAX_PICTURED:
        return "there is much more than text on the picture"
    return drawing_objection(reading.ink) if intent.fact else None


def incomplete(reading: Reading, min_confidence: int) -> str | None:
    """Why the words must not be sent without a picture."""
    words = reading.page.words
    return (
        confidence_objection(words, min_confidence)
        or number_objection(words)
        or tick_objection(words)
        or code_objection(words)
        or formula_objection(words)
        or agreement_objection(reading.agreement)
        or ink_objection(reading.ink)
        or ("something on the picture differs from its ground in colour alone" if reading.hidden else None)
    )


def garbled(reading: Reading, *, legible: bool, min_agreement: float) -> str | None:
    """Why even a picture is better than the words, of which too many are guessed.

    `legible`: the model could read the picture; otherwise it shows as little as a guess, and less than `min_agreement`
    of the words is enough.
    """
    ink, agreement = reading.ink, reading.agreement
    if agreement.words < (min_agreement if legible else MIN_BLURRED_AGREEMENT):
        return f"two readings share only {agreement.words:.0%} of the words"
    if ink.missed > (MAX_BESIDE_MISSED if legible else MAX_BLURRED_MISSED):
        return f"{ink.missed:.1%} of what looks like text was not read"
    return None


def confidence_objection(words: Sequence[Word], min_confidence: int) -> str | None:
    confidences = sorted(word.confidence for word in words)
    mean = sum(confidences) / len(confidences)
    if mean < min_confidence:
        return f"the mean confidence of the reading is {mean:.0f}, below {min_confidence}"
    low = confidences[int(LOW_WORDS * len(confidences))]
    if low < min_confidence - LOW_STEP:
        return f"some words were read with a confidence of only {low:.0f}"
    return None


def script_objection(words: Sequence[Word], agreement: float) -> str | None:
    """Is it a language the engine knows? Text in a foreign one comes out as words no dictionary has.

    Names and abbreviations are in none either, but two readings agree on them.
    """
    long = [word for word in words if sum(letter.isalpha() for letter in word.text) >= 3]
    known = sum(word.known for word in long) / max(1, len(long))
    if long and (known < MIN_KNOWN_IF_AGREED or (known < MIN_KNOWN and agreement < MIN_BLURRED_AGREEMENT)):
        return "too many words are in no installed dictionary"
    read = [word.text for word in words if any(letter.isalnum() for letter in word.text)]
    if sum(1 for text in read if WORDLIKE.fullmatch(text)) < MIN_WORDLIKE * len(read) or len(read) < 0.7 * len(words):
        return "the reading does not look like words and numbers"
    return None


def number_objection(words: Sequence[Word]) -> str | None:
    return "a number was read doubtfully" if any(_malformed_numbers(words)) else None


def malformed(words: Sequence[Word]) -> Iterator[Word]:
    """Words that no one would print like that."""
    yield from _malformed_numbers(words)
    yield from (word for word in words if SIGN_IN_WORD.search(word.text) or SMALL_IN_CAPITALS.search(word.text))


def _malformed_numbers(words: Sequence[Word]) -> Iterator[Word]:
    for word in words:
        text = word.text.strip("()[]:;,.!?\"'")
        if is_number(text) and (LETTER_IN_NUMBER.search(text) or _misplaced_point(text)):
            yield word
    for before, word in pairwise(words):
        if _torn(before, word):
            yield from (before, word)


def _torn(before: Word, word: Word) -> bool:
    """`752. 74`: one amount read as two words, or the end of a sentence; nothing but the meaning tells."""
    close = 0 <= word.box.left - before.box.right < before.box.height
    return close and re.search(r"\d[.,]$", before.text) is not None and word.text[0].isdigit()


def _misplaced_point(text: str) -> bool:
    """Two separators in one number are neither thousands nor a date: 14.28.80, 1,42.880."""
    parts = re.split(r"[.,]", text.lstrip("$\u20ac\u00a3+-"))
    if len(parts) != 3 or not all(part.isdigit() for part in parts) or GROUPED.fullmatch(".".join(parts)):
        return False
    if "," not in text and len(parts[2]) in (2, 4) and all(len(part) <= 2 for part in parts[:2]):
        return not _can_be_date(int(parts[0]), int(parts[1]))
    return "," in text or len(parts[2]) == 2


def _can_be_date(one: int, other: int) -> bool:
    return 1 <= min(one, other) <= 12 and max(one, other) <= 31


def tick_objection(words: Sequence[Word]) -> str | None:
    return "there seem to be check boxes" if any(TICKS.search(word.text) for word in words) else None


def code_objection(words: Sequence[Word]) -> str | None:
    """Code loses its meaning with an indentation or a sign."""
    if sum(1 for word in words if CODE.search(word.text)) > MAX_CODE * len(words):
        return "the text looks like source code"
    return None


def formula_objection(words: Sequence[Word]) -> str | None:
    """Formulas lose their heights. A single sign on a full page is dirt."""
    signs = sum(1 for word in words if MATHS.search(word.text))
    if signs + sum(1 for _ in _operators(words)) > MAX_SIGNS * len(words):
        return "the text looks like formulas"
    return None


def _operators(words: Sequence[Word]) -> Iterator[Word]:
    """An operator behind a word of its line, as in `a = b`; a dash in prose or a price is none."""
    for before, word in pairwise(words):
        if word.text in {"=", "+", "^"} and abs(word.box.top - before.box.top) < 2 * before.box.height:
            yield word


def ink_objection(ink: Ink) -> str | None:
    """Why the words are not all that is on the picture."""
    if ink.boxes:
        return "there seem to be check boxes"
    if ink.places or ink.missed > MAX_MISSED:
        return f"{ink.missed:.1%} of what looks like text was not read"
    return drawing_objection(ink)


def drawing_objection(ink: Ink) -> str | None:
    if ink.drawn > MAX_DRAWN or ink.shapes > MAX_SHAPES:
        return "there is more than text on the picture"
    return None


def agreement_objection(agreement: Agreement) -> str | None:
    """Why two readings contradict each other."""
    if agreement.numbers:
        return "two readings differ in a number"
    if agreement.words < MIN_AGREEMENT:
        return f"two readings share only {agreement.words:.0%} of the words"
    if agreement.doubtful:
        return "a word was read doubtfully"
    return None
