"""How each dialect says a text and the tokens it took. Times are fixed: the same request gets the same answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple


class Said(NamedTuple):
    """An answer, whatever the dialect. `path` is the provider's: Ollama has two doors."""

    id: str
    model: str
    path: str
    text: str
    prompt_tokens: int
    completion_tokens: int

    @property
    def total_tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens


def _chat(said: Said) -> dict[str, Any]:
    message = {"role": "assistant", "content": said.text, "refusal": None}
    return {
        "id": f"chatcmpl-{said.id}",
        "object": "chat.completion",
        "created": 0,
        "model": said.model,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "usage": {
            "prompt_tokens": said.prompt_tokens,
            "completion_tokens": said.completion_tokens,
            "total_tokens": said.total_tokens,
        },
    }


def _response(said: Said) -> dict[str, Any]:
    content = [{"type": "output_text", "text": said.text, "annotations": [], "logprobs": []}]
    return {
        "id": f"resp_{said.id}",
        "object": "response",
        "created_at": 0,
        "status": "completed",
        "error": None,
        "incomplete_details": None,
        "model": said.model,
        "output": [
            {
                "id": f"msg_{said.id}",
                "type": "message",
                "status": "completed",
                "role": "assistant",
                "content": content,
            }
        ],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "metadata": {},
        "usage": {
            "input_tokens": said.prompt_tokens,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": said.completion_tokens,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": said.total_tokens,
        },
    }


def _message(said: Said) -> dict[str, Any]:
    return {
        "id": f"msg_{said.id}",
        "type": "message",
        "role": "assistant",
        "model": said.model,
        "content": [{"type": "text", "text": said.text}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": said.prompt_tokens, "output_tokens": said.completion_tokens},
    }


def _gemini(said: Said) -> dict[str, Any]:
    content = {"role": "model", "parts": [{"text": said.text}]}
    return {
        "candidates": [{"content": content, "finishReason": "STOP", "index": 0}],
        "usageMetadata": {
            "promptTokenCount": said.prompt_tokens,
            "candidatesTokenCount": said.completion_tokens,
            "totalTokenCount": said.total_tokens,
        },
        "modelVersion": said.model,
        "responseId": said.id,
    }


def _ollama(said: Said) -> dict[str, Any]:
    chat = {"message": {"role": "assistant", "content": said.text}}
    return {
        "model": said.model,
        "created_at": "1970-01-01T00:00:00Z",
        **({"response": said.text} if said.path.endswith("/generate") else chat),
        "done": True,
        "done_reason": "stop",
        "prompt_eval_count": said.prompt_tokens,
        "eval_count": said.completion_tokens,
    }


WHOLE: Final[dict[str, Callable[[Said], dict[str, Any]]]] = {
    "openai-chat": _chat,
    "openai-responses": _response,
    "anthropic-messages": _message,
    "gemini": _gemini,
    "ollama": _ollama,
}
"""By dialect, an answer in one piece. The first is what others are translated to."""

COUNTS: Final[dict[str, Callable[[int], dict[str, Any]]]] = {
    "openai-responses": lambda tokens: {"object": "response.input_tokens", "input_tokens": tokens},
    "anthropic-messages": lambda tokens: {"input_tokens": tokens},
    "gemini": lambda tokens: {"totalTokens": tokens},
}
"""By dialect, the answer to a question for the tokens of a prompt."""
