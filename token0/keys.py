"""The key of an answer: everything that can change it, and whose it is. Nothing can be read from a key."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import msgspec

from token0.config import Config
from token0.errors import BadRequest
from token0.images import digest
from token0.routing import Route
from token0.types import ImagePart, Path, Request

_FORMAT: Final = 1
"""Another number makes all keys of before worthless."""

_IMMATERIAL = frozenset({
    "server", "workers", "routing", "selector", "cache", "providers", "path", "hidden",
})  # fmt: skip
"""Settings that change no answer; of the others, known or to come, any may: by prices, old images are left out.
Provider and model are in each key."""

_WHO = re.compile(
    r"auth|key|token|secret|credential|account|organi[sz]ation|project|tenant|user(?!-agent)|email"
    r"|jwt|identity|principal|^anthropic-|^openai-"
)
_NOT_WHO = ("x-token0", "idempotency")
_INLINE = 64
"""Shorter base64 is no image and stays as it is."""

_START = 128


class Unkeyed(ValueError):
    """A request that no key tells from all others; the message says why."""


def fingerprint(config: Config) -> bytes:
    """Stands for all settings that can change what is sent, or how it is answered."""
    material = {name: getattr(config, name) for name in config.__struct_fields__ if name not in _IMMATERIAL}
    settings = [_FORMAT, material, config.workers.max_pixels, config.routing.drop_untranslatable]
    # A plugin may hold its settings as it likes: what only it can read is told apart by how it prints.
    return hashlib.sha256(msgspec.msgpack.Encoder(enc_hook=repr, order="deterministic").encode(settings)).digest()


def answer_key(
    request: Request,
    route: Route,
    dialect: str,
    place: str,
    headers: Iterable[tuple[str, str]],
    settings: bytes,
    pictures: Mapping[int, bytes] = MappingProxyType({}),
) -> str:
    """The key of the answer to `request`. Raises `Unkeyed`.

    It holds who asks as all headers that may tell; what a stream differs in is left out. Hashes megabytes: not for the
    event loop. MessagePack tells where each value ends, and has bytes where JSON has none: images stand for themselves.
    Those of `pictures`, by part, count as the picture they are, whatever their bytes.
    """
    kept = {name: value for name, value in request.document.items() if not _is_left_out(name, value, request.model)}
    told = [
        _FORMAT, settings, route.provider.name, route.provider.config, route.model, dialect, place, _who(headers),
        request.options.optimize, request.options.detail, with_digests(kept, request.parts, pictures),
    ]  # fmt: skip
    _refuse_twins(request)
    try:
        packed = msgspec.msgpack.encode(told, order="deterministic")
    except (OverflowError, ValueError, TypeError, RecursionError) as error:
        raise Unkeyed("a value of it is beyond what keys can hold") from error
    return hashlib.blake2b(packed, digest_size=32, person=b"token0-answer").hexdigest()


def _is_left_out(name: str, value: Any, model: str) -> bool:
    """True for what is the gateway's own, for the model, which the route tells, and for the form of the answer."""
    return name.startswith("token0_") or name in ("stream", "stream_options") or (name == "model" and value == model)


def _who(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """All that may tell one caller, or what it has enabled, from another: a header too many only costs a hit."""
    named = ((name.lower(), value) for name, value in headers)
    return sorted(each for each in named if _WHO.search(each[0]) and not each[0].startswith(_NOT_WHO))


def caller(headers: Iterable[tuple[str, str]]) -> bytes:
    """Stands for who asks."""
    return hashlib.sha256(msgspec.msgpack.encode(_who(headers))).digest()


def with_digests(
    document: dict[str, Any], parts: Sequence[ImagePart], pictures: Mapping[int, bytes] = MappingProxyType({})
) -> Any:
    """The document with the hash of its bytes in place of each image. Raises `Unkeyed` for broken base64."""
    told: Any = document
    for i, part in enumerate(parts):
        if part.base64 is not None and i in pictures:
            told = _replaced(told, part.path, _picturer(part, pictures[i]))
        elif part.base64 is not None and len(part.base64) >= _INLINE:
            try:
                stamp = _digester(part.base64, digest(part))
            except BadRequest:
                raise Unkeyed("an image of it is not valid base64") from None
            told = _replaced(told, part.path, stamp)
    return told


def _replaced(value: Any, path: Path, make: Callable[[Any], Any]) -> Any:
    """A copy in which what `make` returns stands at `path`; what is not on the way there is shared."""
    if not path:
        return make(value)
    copy = value.copy()
    copy[path[0]] = _replaced(value[path[0]], path[1:], make)
    return copy


def _digester(base64: str, digest: bytes) -> Callable[[Any], Any]:
    def stamp(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: stamp(inner) for key, inner in value.items()}
        if isinstance(value, str) and value.endswith(base64):
            # With what stands before it, as `data:image/png;base64,`.
            return (value[: -len(base64)], digest)
        return value

    return stamp


def _picturer(part: ImagePart, picture: bytes) -> Callable[[Any], Any]:
    """Puts the picture where the image is, whatever its media type."""

    def stamp(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: stamp(inner) for key, inner in value.items()}
        if isinstance(value, str) and part.base64 and value.endswith(part.base64):
            return ("picture", picture)
        return None if value is not None and value == part.media_type else value

    return stamp


def _refuse_twins(request: Request) -> None:
    """Raise `Unkeyed` for an object that names a key twice: provider and gateway may not read the same one."""
    try:
        json.loads(_without_images(request.body, request.parts), object_pairs_hook=_unique)
    except Unkeyed:
        raise
    except (ValueError, RecursionError):
        raise Unkeyed("not every reader reads it the same way") from None


def _unique(members: list[tuple[str, Any]]) -> None:
    if len({name for name, _ in members}) < len(members):
        raise Unkeyed("it names a key twice")


def _without_images(body: bytes, parts: Sequence[ImagePart]) -> bytes:
    """`body` without most of its images: reading megabytes takes long. No key is lost: what is cut out has no quote."""
    pieces, start = [], 0
    for part in parts:
        beginning = (part.base64 or "")[:_START].encode()
        at = body.find(beginning, start) if len(beginning) == _START else -1
        end = body.find(b'"', at)
        if 0 <= at < end and body.find(b"\\", at, end) < 0:
            pieces.append(body[start:at])
            start = end
    return b"".join([*pieces, body[start:]])
