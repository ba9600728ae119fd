"""The provider: which models are its own, and whose credentials travel in which header."""

from __future__ import annotations

from typing import Any

import pytest
from multidict import CIMultiDict

from token0.wire import Call
from token0_anthropic.provider import Anthropic, AnthropicConfig


@pytest.mark.parametrize(
    "model", ["claude-opus-5-5", "claude-3-5-sonnet-latest", "claude-haiku-4-5-20251001", "claude-sonnet-4-5[1m]"]
)
def test_claude_is_claimed(model: str) -> None:
    assert Anthropic(AnthropicConfig()).claims(model)


@pytest.mark.parametrize(
    "model", ["gpt-4o", "my-claude-opus-5", "claude-tiny:7b", "us.anthropic.claude-opus-5-5-v1:0", "claude", "claude-"]
)
def test_other_names_are_not_claimed(model: str) -> None:
    assert not Anthropic(AnthropicConfig()).claims(model)


def sent(client: dict[str, str], dialect: str = "anthropic-messages", **settings: Any) -> dict[str, str]:
    call = Call(method="POST", path="/messages", headers=CIMultiDict(client), body=b"", dialect=dialect)
    headers = Anthropic(AnthropicConfig(**settings)).headers(call)
    return {name.lower(): value for name, value in headers.items()}


@pytest.mark.parametrize(
    "credentials",
    [
        {"x-api-key": "sk-ant-1"},
        {"authorization": "Bearer sk-ant-oat01-1"},
        {"x-api-key": "sk-ant-1", "authorization": "Bearer sk-ant-oat01-1"},
    ],
)
def test_its_own_clients_keep_their_credentials(credentials: dict[str, str]) -> None:
    assert sent(credentials) == credentials


def test_versions_and_betas_pass_unchanged() -> None:
    headers = {"anthropic-version": "2023-01-01", "anthropic-beta": "a-1,b-2", "x-api-key": "k"}
    assert sent(headers) == headers


def test_a_client_of_its_own_without_a_version_gets_none() -> None:
    assert "anthropic-version" not in sent({"x-api-key": "k"})


def test_the_key_of_a_translated_client_moves_and_a_version_is_added() -> None:
    assert sent({"Authorization": "Bearer sk-ant-1"}, "openai-chat") == {
        "x-api-key": "sk-ant-1",
        "anthropic-version": "2023-06-01",
    }


@pytest.mark.parametrize("client", [{"Authorization": "Bearer caller"}, {"x-api-key": "caller"}])
def test_a_configured_key_takes_the_place_of_the_callers(client: dict[str, str]) -> None:
    assert sent(client, credentials="configured", api_key="sk-ant-2") == {"x-api-key": "sk-ant-2"}


def test_a_key_for_the_provider_wins_over_the_one_for_the_gateway() -> None:
    assert sent({"Authorization": "Bearer caller", "X-Provider-Key": "sk-ant-3"}) == {"x-api-key": "sk-ant-3"}


def test_limits_are_those_of_a_long_conversation_from_its_first_image_on() -> None:
    limits = Anthropic.limits
    assert limits.formats == {"jpeg", "png", "gif", "webp"}
    assert limits.side == 1999
    assert (limits.base64_bytes, limits.body_bytes) == (10_485_760, 33_554_432)
