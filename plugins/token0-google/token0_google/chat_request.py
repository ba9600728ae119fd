"""OpenAI Chat in, Gemini's `generateContent` out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from token0 import documents
from token0.wire import Translator
from token0_google import resolution
from token0_google.chat_answer import ChatAnswer
from token0_google.contents import Conversation
from token0_google.losses import Losses
from token0_google.models import is_third, version
from token0_google.settings import settings

if TYPE_CHECKING:
    from token0.wire import Translation


class ChatToGemini(Translator):
    """Speaks the native API: Google's imitation of OpenAI has no word for the resolution of an image."""

    name = "openai-chat-to-gemini"
    source = "openai-chat"
    target = "gemini"

    def translate(self, document: dict[str, Any], model: str, *, drop: bool) -> Translation:
        losses = Losses(drop=drop)
        model = model.removeprefix("models/")
        conversation = Conversation(model, losses)
        for i, message in enumerate(documents.required(document, "messages", list)):
            conversation.add(documents.of(message, dict, ("messages", i)), ("messages", i))
        conversation.close()
        fields, config = settings(document, model, losses)
        if version(model) and not is_third(model) and (shared := resolution.for_all(conversation.details)):
            config["mediaResolution"] = shared
        body: dict[str, Any] = {"contents": conversation.contents}
        if conversation.system:
            body["systemInstruction"] = {"parts": conversation.system}
        body |= fields
        if config:
            body["generationConfig"] = config
        return ChatAnswer(
            msgspec.json.encode(body),
            _path(model, stream=document.get("stream") is True),
            model,
            include_usage=documents.lookup(document, ("stream_options", "include_usage")) is True,
            warnings=tuple(losses.warnings),
        )


def _path(model: str, *, stream: bool) -> str:
    name = model if model.startswith("tunedModels/") else f"models/{model}"
    verb = "streamGenerateContent?alt=sse" if stream else "generateContent"
    return f"/v1beta/{quote(name)}:{verb}"
