"""OpenAI Chat in, Anthropic Messages out, and the answer back."""

from __future__ import annotations

from typing import Any

import msgspec

from token0 import documents
from token0.completions import Completion
from token0.errors import PublicError, UpstreamError
from token0.sse import data
from token0.wire import Translation, Translator
from token0_anthropic import answers, conversation, settings, tools, wire
from token0_anthropic.losses import Losses
from token0_anthropic.names import parse


class ChatToMessages(Translator):
    """Source: API references of both, and the vendor's notes on its compatible endpoint (Nov 2026)."""

    name = "openai-chat-to-anthropic-messages"
    source = "openai-chat"
    target = "anthropic-messages"

    def translate(self, document: dict[str, Any], model: str, *, drop: bool) -> Translation:
        losses = Losses(drop=drop)
        claude = parse(model)
        settings.refuse_rest(document, losses)
        offered = tools.translate(document, losses)
        may_think = not tools.is_forced(offered)
        body = {
            "model": model,
            **conversation.translate(documents.required(document, "messages", list), losses),
            **offered,
            **settings.output(document, claude, losses, may_think=may_think),
            **settings.translate(document, claude, losses),
        }
        wants_usage = documents.lookup(document, ("stream_options", "include_usage")) is True
        completion = Completion(model, include_usage=wants_usage)
        return MessagesTranslation(msgspec.json.encode(body), tuple(losses.warnings), completion)


class MessagesTranslation(Translation):
    """One request and its answer."""

    path = "/messages"

    def __init__(self, body: bytes, warnings: tuple[str, ...], completion: Completion) -> None:
        self.body = body
        self.warnings = warnings
        self._completion = completion
        self._stream = answers.Stream(completion)

    def answer(self, body: bytes) -> bytes:
        try:
            return answers.whole(msgspec.json.decode(body), self._completion)
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise UpstreamError("anthropic sent an answer that is not a message.") from error

    def feed(self, event: bytes) -> bytes:
        payload = data(event)
        if not payload:
            return b""
        try:
            said = msgspec.json.decode(payload)
            if said["type"] != "error":
                return self._stream.event(said)
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise UpstreamError("anthropic sent an event that cannot be read.") from error
        message, kind = wire.error(said)
        broken = UpstreamError(message)
        broken.kind, broken.code = kind, None
        raise broken

    def close(self) -> bytes:
        if not self._stream.ended:
            raise UpstreamError("anthropic ended its answer early.")
        return b""

    def error(self, status: int, body: bytes) -> PublicError:
        message, kind = wire.error(body, status)
        return PublicError(status, message, kind=kind)
