"""Does a prompt ask for nothing but the text of the image? When in doubt: no.

A prompt passes when no word of it is vetoed, each sentence is in a known language, one clause asks for reading or for a
fact, and no clause asks for anything else. So a task which the tables do not know keeps the image.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from token0_ocr.intent_vetoes import VETO
from token0_ocr.intent_words import FIELD, JOINTS, LANGUAGES, Language

MAX_CHARS = 2000
"""Longer prompts carry documents or instructions that tables of words cannot judge."""

KNOWN_SHARE = 0.4
"""Of the words of a sentence, as many must belong to one language; names and numbers make up the rest."""

KNOWN_SHARE_OF_QUESTIONS = 0.25
"""Of a question that starts with a question word: the rest may well be names."""

QUOTED = re.compile(
    r"\b(row|column|field|line|cell|entry|section|word|heading|key|item|zeile|spalte|feld|zelle|eintrag|abschnitt|wort"
    r"|ligne|colonne|champ|cellule|fila|columna|campo|celda|riga|colonna|cella|linha|coluna|rij|kolom|veld|cel)"
    r"\s+(?:'[^'?\n]{1,99}'|\"[^\"?\n]{1,99}\"|\u201c[^\u201d?\n]{1,99}\u201d|\u00ab[^\u00bb?\n]{1,99}\u00bb)(?!\w)",
    re.IGNORECASE,
)
"""What stands in quotes behind such a word is on the page, not the wish of the prompt."""

SENTENCE = re.compile(r"[^.!?;\n]+(?:[.!;](?!\s|$)[^.!?;\n]+)*[.!?;\n]*")
CLAUSE = re.compile(rf"\s*(?:[,:()]|\s-\s)\s*|\s+(?:{JOINTS.pattern})\s+")


class Intent(NamedTuple):
    """What a prompt wants of an image.

    objection: why the image must stay beside this prompt; None when its text is all that is asked for
    whole:     it asks for all of the text, so that nothing of it may be lost
    fact:      it asks something that a page can answer, but so can a photograph: "Who won the game?"
    """

    objection: str | None = None
    whole: bool = False
    fact: bool = False


def judge(prompt: str) -> Intent:
    """Judge the text that came with an image."""
    if not prompt.strip():
        return Intent("there is no prompt that asks for the text")
    if len(prompt) > MAX_CHARS:
        return Intent("the prompt is too long to be sure that it only asks for the text")
    folded = fold(QUOTED.sub(r"\1", prompt))
    if any(letter.isalpha() and not letter.isascii() for letter in folded):
        return Intent("the prompt is in an unknown language")
    if veto := VETO.search(folded):
        return Intent(f"the prompt asks for more than the text ({veto.group()!r})")
    return _task([part.group() for part in SENTENCE.finditer(folded)])


def fold(text: str) -> str:
    """Lower case without accents and apostrophes; two words that only an accent tells apart become others.

    French "où" (where, not "or"), Italian "è" and Portuguese "é" (is, not "and").
    """
    text = re.sub(r"\boù\b", "ou-place", unicodedata.normalize("NFC", text).casefold())
    text = re.sub(r"\b[èé]\b", "is", text)
    bare = "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    return re.sub("['\u2018\u2019`]", " ", bare)


def _task(sentences: list[str]) -> Intent:
    whole = field = fact = False
    for sentence in sentences:
        if not _known(_words(sentence)):
            return Intent("the prompt is in an unknown language")
        asked = False
        for clause in CLAUSE.split(sentence):
            words = _words(clause)
            if any(_reads_all(words, language) for language in LANGUAGES):
                whole = True
            elif any(_reads_fields(words, language) for language in LANGUAGES):
                field = True
            elif _asks_fact(words):
                asked = fact = True
            elif _asks(clause) and not (asked and _is_name(words)):
                return Intent("the prompt asks for something else than the text")
    if not (whole or field or fact):
        return Intent("the prompt does not clearly ask for the text")
    return Intent(whole=whole, fact=fact)


def _asks_fact(words: list[str]) -> bool:
    """A question about something that has a name, unlike `What is this?`."""
    joined = " ".join(words)
    return any(
        language.facts.match(joined)
        and any(len(word) > 2 and word not in language.glue and not language.asks.fullmatch(word) for word in words)
        for language in LANGUAGES
    )


def _is_name(words: list[str]) -> bool:
    """The rest of a question, as in `Who was born in Denver, Colorado?`."""
    said = any(word in language.glue or language.asks.fullmatch(word) for language in LANGUAGES for word in words)
    return len(words) < 3 and not said


def _asks(clause: str) -> bool:
    """A clause with a request word, or the end of a question that is more than `please?`."""
    words = _words(clause)
    if "?" in clause and not any(language.glue.issuperset(words) for language in LANGUAGES):
        return True
    return any(language.asks.fullmatch(word) for language in LANGUAGES for word in words)


def _words(sentence: str) -> list[str]:
    return re.findall(r"[a-z]+", sentence)


def _known(words: list[str]) -> bool:
    if len(words) < 2:
        return True
    return any(_knows(language, words) for language in LANGUAGES)


def _knows(language: Language, words: list[str]) -> bool:
    known = sum(_in_vocabulary(word, language) for word in words)
    asks = known > 1 and language.facts.match(" ".join(words))
    return known >= (KNOWN_SHARE_OF_QUESTIONS if asks else KNOWN_SHARE) * len(words)


def _in_vocabulary(word: str, language: Language) -> bool:
    return word in language.glue or bool(
        FIELD.fullmatch(word) or language.nouns.fullmatch(word) or language.asks.fullmatch(word)
    )


def _reads_all(words: list[str], language: Language) -> bool:
    """`Extract all text`, `OCR this`."""
    if language.sure.search(" ".join(words)):
        return True
    verbs = [word for word in words if language.verbs.fullmatch(word)]
    if not verbs or any(FIELD.fullmatch(word) for word in words):
        return False
    rest = [word for word in words if word not in language.glue and word not in verbs]
    return not rest or any(language.nouns.fullmatch(word) for word in words)


def _reads_fields(words: list[str], language: Language) -> bool:
    """`What is the total?`, `extract the vendor`."""
    fields = [word for word in words if FIELD.fullmatch(word)]
    verbs = [word for word in words if language.verbs.fullmatch(word)]
    if not fields:
        return False
    rest = [word for word in words if word not in language.glue and word not in (verbs or fields)]
    return bool(verbs) or not rest
