"""Which models are certainly Google's, and where its keys go."""

from __future__ import annotations

import pytest
from multidict import CIMultiDict

from token0.wire import Call
from token0_google.provider import Google, GoogleConfig, _without_key


@pytest.mark.parametrize(
    "model",
    [
        "gemini-3-flash-preview", "gemini-2.5-pro", "gemini-flash-latest", "models/gemini-2.5-flash",
        "gemma-3-27b-it", "gemma-3n-e4b-it", "learnlm-2.0-flash-experimental", "tunedModels/mine-1",
    ],
)  # fmt: skip
def test_googles_models_are_claimed(model: str) -> None:
    assert Google(GoogleConfig()).claims(model)


@pytest.mark.parametrize(
    "model",
    [
        "gemma4", "gemma3:27b", "gemma-3-27b", "gpt-oss:20b", "qwen2.5vl", "mistral-small3.1", "llama4", "gpt-4o",
        "claude-opus-5", "my-gemini-3", "gemini", "gemini-3-flash:latest", "openrouter/gemini-3-pro",
    ],
)  # fmt: skip
def test_models_of_others_are_not_claimed(model: str) -> None:
    assert not Google(GoogleConfig()).claims(model)


@pytest.mark.parametrize(
    ("path", "given", "sent"),
    [
        ("/v1beta/models", {"x-goog-api-key": "AIza1"}, {"x-goog-api-key": "AIza1"}),
        ("/v1beta/models", {"authorization": "Bearer AIza1"}, {"x-goog-api-key": "AIza1"}),
        ("/v1beta/models", {"authorization": "Bearer ya29.token"}, {"authorization": "Bearer ya29.token"}),
        ("/v1beta/openai/models", {"authorization": "Bearer AIza1"}, {"authorization": "Bearer AIza1"}),
        ("/v1beta/models", {}, {}),
    ],
)
def test_a_key_travels_where_google_reads_it(path: str, given: dict[str, str], sent: dict[str, str]) -> None:
    call = Call(method="GET", path=path, headers=CIMultiDict(given), body=b"")
    assert {name.lower(): value for name, value in Google(GoogleConfig()).headers(call).items()} == sent


@pytest.mark.parametrize(
    ("path", "after"),
    [
        ("/v1/models?key=a&alt=sse", "/v1/models?alt=sse"),
        ("/v1/models?alt=sse&key=a", "/v1/models?alt=sse"),
        ("/v1/models?key=a", "/v1/models"),
        ("/v1/models?keyed=a", "/v1/models?keyed=a"),
        ("/v1/models", "/v1/models"),
    ],
)
def test_the_callers_key_leaves_the_address_and_nothing_else(path: str, after: str) -> None:
    assert _without_key(path) == after


def test_limits_are_the_documented_ones() -> None:
    assert Google.limits.formats == {"jpeg", "png", "webp", "heic"}
    assert (Google.limits.images, Google.limits.body_bytes) == (3600, 20_000_000)
