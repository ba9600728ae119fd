from __future__ import annotations

import msgspec
import pytest
from multidict import CIMultiDict

import token0_openai
from token0.wire import Call
from token0_openai.provider import OpenAI, OpenAIConfig

CLAIMED = """
gpt-3.5-turbo gpt-4 gpt-4o gpt-4o-mini-2024-07-18 gpt-4.1 gpt-5 gpt-5-nano gpt-5.4-pro gpt-6-astra chatgpt-4o-latest
o1 o1-pro o3 o3-mini o4-mini computer-use-preview codex-mini-latest ft:gpt-4o-mini-2024-07-18:org::id
"""
NOT_CLAIMED = """
gpt-oss gpt-oss:20b gpt-2 gpt gpt2 my-gpt-4 claude-opus-5 gemini-3-pro llama4 mistral-small3.1 qwen2.5vl gemma4 o2 o10
gpt-4:latest o1:7b phi4 openai/gpt-4o GPT-4o
"""


@pytest.mark.parametrize("model", CLAIMED.split())
def test_its_own_models_are_claimed(model: str) -> None:
    assert OpenAI(OpenAIConfig()).claims(model)


@pytest.mark.parametrize("model", NOT_CLAIMED.split())
def test_no_other_model_is_claimed(model: str) -> None:
    assert not OpenAI(OpenAIConfig()).claims(model)


def test_both_of_its_dialects_are_spoken_and_chat_first() -> None:
    assert OpenAI.dialects == ("openai-chat", "openai-responses")


def test_the_base_url_is_openais() -> None:
    assert OpenAIConfig().base_url == "https://api.openai.com/v1"


@pytest.mark.parametrize("settings", [{"api_key": "sk"}, {"credentials": "configured"}])
def test_a_key_and_leave_to_use_it_go_together(settings: dict[str, str]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(settings, OpenAIConfig)


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"Authorization": "Bearer sk-a"}, "Bearer sk-a"),
        ({"x-api-key": "sk-a"}, "Bearer sk-a"),
        ({"Authorization": "Bearer sk-a", "x-api-key": "sk-b"}, "Bearer sk-a"),
        ({"Authorization": "Bearer sk-a", "X-Provider-Key": "sk-b"}, "Bearer sk-b"),
        ({}, None),
    ],
)
def test_one_key_is_sent_where_openai_reads_it(given: dict[str, str], sent: str | None) -> None:
    call = Call(method="POST", path="/x", headers=CIMultiDict(given), body=b"")
    headers = OpenAI(OpenAIConfig()).headers(call)
    assert (headers.get("Authorization"), "x-api-key" in headers, "X-Provider-Key" in headers) == (sent, False, False)


def test_the_plugin_offers_a_provider_and_two_dialects() -> None:
    assert [each.name for each in token0_openai.token0_register_providers()] == ["openai"]
    assert [each.name for each in token0_openai.token0_register_dialects()] == ["openai-chat", "openai-responses"]
