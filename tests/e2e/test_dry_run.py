"""The vendors' own clients against a gateway with nothing behind it: `dry-run` answers in the dialect of each."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import anthropic
import ollama
import openai
import pytest
from google import genai
from google.genai import types
from PIL import Image

from token0 import hookimpl
from token0_dryrun.provider import DryRun

if TYPE_CHECKING:
    from collections.abc import Iterator

QUESTION = "Describe it."


def photo() -> bytes:
    out = io.BytesIO()
    Image.radial_gradient("L").resize((2000, 1500)).convert("RGB").save(out, "JPEG")
    return out.getvalue()


PHOTO = photo()
PHOTO64 = base64.b64encode(PHOTO).decode()
URL = f"data:image/jpeg;base64,{PHOTO64}"
CHAT: Any = [
    {
        "role": "user",
        "content": [{"type": "text", "text": QUESTION}, {"type": "image_url", "image_url": {"url": URL}}],
    }
]
RESPONSES: Any = [
    {
        "role": "user",
        "content": [{"type": "input_text", "text": QUESTION}, {"type": "input_image", "image_url": URL}],
    }
]
MESSAGES: Any = [
    {
        "role": "user",
        "content": [
            {"type": "image", "source": {"type": "base64", "media_type": "image/jpeg", "data": PHOTO64}},
            {"type": "text", "text": QUESTION},
        ],
    }
]
PARTS: Any = [types.Part.from_bytes(data=PHOTO, mime_type="image/jpeg"), QUESTION]
TOLD: Any = [{"role": "user", "content": QUESTION, "images": [PHOTO]}]


@pytest.fixture
def address(loop: Any, tmp_path: Path) -> str:
    settings = tmp_path / "token0.yaml"
    settings.write_text("pipeline:\n  - use: resize\n")
    return str(loop.gateway(str(settings)))


@pytest.fixture
def gpt(address: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0) as client:
        yield client


@pytest.fixture
def claude(address: str) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=address, api_key="none", max_retries=0) as client:
        yield client


@pytest.fixture
def gemini(address: str) -> Iterator[genai.Client]:
    with genai.Client(api_key="none", http_options={"base_url": address}) as client:
        yield client


@pytest.fixture
def llama(address: str) -> Iterator[ollama.Client]:
    with ollama.Client(host=address, trust_env=False) as client:
        yield client


def test_openai_chat(gpt: openai.OpenAI) -> None:
    answer: Any = gpt.chat.completions.create(model="dry-run/gpt-4o", messages=CHAT)
    # 683x512: two tiles in place of the four of 1024x768.
    assert "765 tokens -> jpeg 683x512" in answer.choices[0].message.content
    assert "425 tokens" in answer.choices[0].message.content
    assert answer.token0["tokens_saved"] == 340
    stream = gpt.chat.completions.create(
        model="dry-run/gpt-4o", messages=CHAT, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == answer.choices[0].message.content
    assert chunks[-1].usage == answer.usage


def test_openai_responses(gpt: openai.OpenAI) -> None:
    answer = gpt.responses.create(model="dry-run/gpt-4o", input=RESPONSES)
    assert "765 tokens -> jpeg 683x512" in answer.output_text
    with gpt.responses.stream(model="dry-run/gpt-4o", input=RESPONSES) as stream:
        final = stream.get_final_response()
    assert (final.output_text, final.usage) == (answer.output_text, answer.usage)
    counted = gpt.responses.input_tokens.count(model="dry-run/gpt-4o", input=RESPONSES)
    assert answer.usage
    assert counted.input_tokens == answer.usage.input_tokens


def test_anthropic(claude: anthropic.Anthropic) -> None:
    asked: Any = {"model": "dry-run/claude-opus-5-5", "messages": MESSAGES}
    answer: Any = claude.messages.create(max_tokens=9, **asked)
    # Patches of 28 pixels: 72 by 54 of them before, 25 by 19 after.
    assert "3888 tokens -> jpeg 700x525" in answer.content[0].text
    assert "475 tokens" in answer.content[0].text
    with claude.messages.stream(max_tokens=9, **asked) as stream:
        assert "".join(stream.text_stream) == answer.content[0].text
    assert claude.messages.count_tokens(**asked).input_tokens == answer.usage.input_tokens


def test_gemini(gemini: genai.Client) -> None:
    model = "dry-run/gemini-3.8-flash"
    answer = gemini.models.generate_content(model=model, contents=PARTS)
    assert "2000x1500" in (answer.text or "")
    chunks = list(gemini.models.generate_content_stream(model=model, contents=PARTS))
    assert "".join(chunk.text or "" for chunk in chunks) == answer.text
    counted = gemini.models.count_tokens(model=model, contents=PARTS)
    assert answer.usage_metadata
    assert counted.total_tokens == answer.usage_metadata.prompt_token_count


def test_ollama(llama: ollama.Client) -> None:
    answer = llama.chat(model="dry-run/minicpm-v", messages=TOLD)
    assert "2000x1500" in (answer.message.content or "")
    lines = list(llama.chat(model="dry-run/minicpm-v", messages=TOLD, stream=True))
    assert "".join(line.message.content or "" for line in lines) == answer.message.content
    assert lines[-1].prompt_eval_count == answer.prompt_eval_count
    generated = llama.generate(model="dry-run/minicpm-v", prompt=QUESTION, images=[PHOTO])
    assert generated.response.splitlines()[0] == "Dry run: minicpm-v would have received 1 image."


class OtherRun(DryRun):
    """Speaks but one dialect, into which requests are translated."""

    name = "other-run"
    aliases = ()
    dialects = ("anthropic-messages",)


def test_an_embedded_provider_is_told_the_dialect_it_is_asked_in(loop: Any, tmp_path: Path) -> None:
    other = ModuleType("other_run")
    other.token0_register_providers = hookimpl(lambda: [OtherRun])  # type: ignore[attr-defined]
    settings = tmp_path / "token0.yaml"
    settings.write_text("pipeline: []\n")
    address = loop.gateway(str(settings), other)
    with openai.OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0) as client:
        answer = client.chat.completions.create(model="other-run/claude-opus-5-5", messages=CHAT)
        stream = client.chat.completions.create(model="other-run/claude-opus-5-5", messages=CHAT, stream=True)
        text = "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)
    assert (answer.choices[0].message.content or "").startswith("Dry run: claude-opus-5-5")
    assert text == answer.choices[0].message.content


def test_a_fault_is_told_in_the_dialect_of_the_client(claude: anthropic.Anthropic) -> None:
    asked: Any = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "!"}}
    with pytest.raises(anthropic.BadRequestError, match=r"messages\.0\.content\.0"):
        claude.messages.create(
            model="dry-run/claude-opus-5-5", max_tokens=9, messages=[{"role": "user", "content": [asked]}]
        )
