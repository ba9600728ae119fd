"""Sticky decisions: what was made of an image in a conversation stays, whatever else changes.

A provider bills the part of a conversation that it has seen before at a tenth, if every byte of it is the same. The
pipeline is a pure function, but a deadline that was missed, a new configuration or a new version would still write the
history anew. So each decision is kept by the conversation up to the message with the image, and holds for as long as a
provider remembers.
"""

from __future__ import annotations

import hashlib
import logging
from collections import defaultdict
from typing import Any, Final, NamedTuple

import msgspec

from token0.finished import Finished, bare, is_final, whole
from token0.keys import with_digests
from token0.layers import Layers
from token0.pipeline import Outcome
from token0.routing import Route
from token0.types import Image, Request

log = logging.getLogger(__name__)

_FORMAT: Final = 1
_SECONDS: Final = 86_400.0
"""The longest that a provider keeps a prompt in its cache."""

_BEFORE = ("system", "instructions", "systemInstruction", "system_instruction")
"""Fields of a request that stand before its messages. Tools do too, but they come and go between turns."""

_MARKS = ("cache_control", "prompt_cache_breakpoint")
"""Where the provider shall cache: clients move these from turn to turn, and nobody reads them as content."""


class Place(NamedTuple):
    """Where in a conversation an image stands; `earlier` when its turn is not the last, so that it was sent before."""

    key: str
    earlier: bool

    def of(self, digest: bytes) -> Place:
        """The place of a remote image: what is behind an address may change."""
        return self._replace(key=hashlib.blake2b(self.key.encode() + digest, digest_size=32).hexdigest())


class Decision(msgspec.Struct, frozen=True):
    """What became of an image. `note` says why the pipeline did not run.

    `key` is where the outcome is kept; `cached` is true when nothing was worked on.
    """

    outcome: Outcome
    note: str | None = None
    key: str | None = None
    cached: bool = False


class Sticky:
    """The decisions of all conversations."""

    def __init__(self, cache: Layers, finished: Finished, image_seconds: float) -> None:
        self._cache = cache
        self._finished = finished
        self._seconds = min(_SECONDS, image_seconds)

    async def get(self, place: Place, image: Image) -> Decision | None:
        """What was decided when the image at `place` was sent before."""
        held = await self._cache.get(place.key)
        try:
            decision = None if held is None else msgspec.msgpack.decode(held, type=Decision)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
        if decision is None:
            return None
        kept = await self._finished.get(decision.key, image) if decision.key else whole(decision.outcome, image)
        return None if kept is None else msgspec.structs.replace(decision, outcome=kept, cached=True)

    def put(self, place: Place, image: Image, decision: Decision) -> None:
        """Keep a decision: the last one is what the provider has seen last."""
        outcome = bare(decision.outcome, image)
        if decision.key and outcome.contents and is_final(outcome):
            kept = msgspec.structs.replace(decision, outcome=Outcome(()))
        else:
            kept = msgspec.structs.replace(decision, outcome=outcome, key=None)
        self._cache.keep(place.key, msgspec.msgpack.encode(kept), self._seconds)


def places(request: Request, route: Route, dialect: str) -> list[Place | None]:
    """The place of each image of `request`; None where there is no conversation.

    Hashes all images, and the messages before the last of them: not for the event loop, if that is large.
    """
    found: list[Place | None] = [None] * len(request.parts)
    lists = defaultdict(list)
    for number, part in enumerate(request.parts):
        match part.path:
            case (str() as name, int() as index, *_) if _is_message(request.document, name, index):
                lists[name].append((index, number))
    try:
        told = with_digests(request.document, request.parts) if lists else {}
        start = [
            _FORMAT, route.provider.name, route.model, dialect, request.coordinates, request.options.detail,
            [told.get(field) for field in _BEFORE],
        ]  # fmt: skip
        for name, wanted in lists.items():
            for number, place in _along(told[name], _packed(start), wanted, request):
                found[number] = place
    except Exception as error:
        # Numbers that no key can hold, broken base64, or a path from a plugin's dialect that leads nowhere.
        log.info("what is decided for the images of this request does not hold: %s", type(error).__name__)
        return [None] * len(request.parts)
    return found


def _along(
    messages: list[Any], start: bytes, wanted: list[tuple[int, int]], request: Request
) -> list[tuple[int, Place]]:
    """Walk the conversation as far as it has images, and name the place of each by all that stands up to there."""
    walked, digests = hashlib.sha256(start), []
    for message in messages[: max(index for index, _ in wanted) + 1]:
        walked.update(_packed(_unmarked(message)))
        digests.append(walked.digest())
    return [
        (number, Place(_key(digests[index], request, number), earlier=index + 1 < len(messages)))
        for index, number in wanted
    ]


def _key(digest: bytes, request: Request, number: int) -> str:
    # The prompt too: some dialects say it in a later message of the same turn.
    part = request.parts[number]
    told = _packed([digest, part.path, part.prompt])
    return hashlib.blake2b(told, digest_size=32, person=b"token0-sticky").hexdigest()


def _is_message(document: dict[str, Any], name: str, index: int) -> bool:
    messages = document.get(name)
    return isinstance(messages, list) and index < len(messages) and isinstance(messages[index], dict)


def _unmarked(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _unmarked(inner) for key, inner in value.items() if key not in _MARKS}
    return [_unmarked(inner) for inner in value] if isinstance(value, list) else value


def _packed(value: Any) -> bytes:
    return msgspec.msgpack.encode(value, order="deterministic")
