"""Does a prompt ask for nothing but the text of the image? When in doubt: no.

A prompt passes when no word of it is vetoed, each sentence is in a known language, one clause asks for reading, and no
clause asks for anything else. So a task which the tables do not know keeps the image.
"""

from __future__ import annotations

import re
import unicodedata

from token0_ocr.intent_vetoes import VETO
from token0_ocr.intent_words import FIELD, JOINTS, LANGUAGES, Language

MAX_CHARS = 2000
"""Longer prompts carry documents or instructions that tables of words cannot judge."""

KNOWN_SHARE = 0.4
"""Of the words of a sentence, as many must belong to one language; names and numbers make up the rest."""

SENTENCE = re.compile(r"[^.!?;\n]+(?:[.!;](?!\s|$)[^.!?;\n]+)*[.!?;\n]*")
CLAUSE = re.compile(rf"\s*(?:[,:()]|\s-\s)\s*|\s+(?:{JOINTS.pattern})\s+")


def objection(prompt: str) -> str | None:
    """Why the image must stay beside this prompt; None when its text is all that is asked for."""
    if not prompt.strip():
        return "there is no prompt that asks for the text"
    if len(prompt) > MAX_CHARS:
        return "the prompt is too long to be sure that it only asks for the text"
    folded = fold(prompt)
    if any(letter.isalpha() and not letter.isascii() for letter in folded):
        return "the prompt is in an unknown language"
    if veto := VETO.search(folded):
        return f"the prompt asks for more than the text ({veto.group()!r})"
    return _task_objection([part.group() for part in SENTENCE.finditer(folded)])


def fold(text: str) -> str:
    """Lower case without accents and apostrophes; two words that only an accent tells apart become others.

    French "où" (where, not "or"), Italian "è" and Portuguese "é" (is, not "and").
    """
    text = re.sub(r"\boù\b", "ou-place", unicodedata.normalize("NFC", text).casefold())
    text = re.sub(r"\b[èé]\b", "is", text)
    bare = "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    return re.sub("['\u2018\u2019`]", " ", bare)


def _task_objection(sentences: list[str]) -> str | None:
    reads = False
    for sentence in sentences:
        if not _known(_words(sentence)):
            return "the prompt is in an unknown language"
        for clause in CLAUSE.split(sentence):
            if _reads(_words(clause)):
                reads = True
            elif _asks(clause):
                return "the prompt asks for something else than the text"
    return None if reads else "the prompt does not clearly ask for the text"


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
    best = max(sum(_in_vocabulary(word, language) for word in words) for language in LANGUAGES)
    return best >= KNOWN_SHARE * len(words)


def _in_vocabulary(word: str, language: Language) -> bool:
    return word in language.glue or bool(
        FIELD.fullmatch(word) or language.nouns.fullmatch(word) or language.asks.fullmatch(word)
    )


def _reads(words: list[str]) -> bool:
    return any(_reads_in(words, language) for language in LANGUAGES)


def _reads_in(words: list[str], language: Language) -> bool:
    if language.sure.search(" ".join(words)):
        return True
    fields = [word for word in words if FIELD.fullmatch(word)]
    verbs = [word for word in words if language.verbs.fullmatch(word)]
    if verbs and (fields or any(language.nouns.fullmatch(word) for word in words)):
        return True
    rest = [word for word in words if word not in language.glue and word not in (verbs or fields)]
    return bool(verbs or fields) and not rest
