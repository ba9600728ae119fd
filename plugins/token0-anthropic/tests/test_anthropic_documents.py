"""PDF documents in Messages requests: which are found, and what is written in their place."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from token0.splice import splice
from token0.types import Content, Image, Request, Text
from token0.wire import Endpoint
from token0_anthropic.messages import Messages

PDF = base64.b64encode(b"%PDF-1.4\n").decode()
PAGE = Image(data=b"\xff\xd8\xff", format="jpeg", width=8, height=8)


def document(**keys: Any) -> dict[str, Any]:
    return {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": PDF}, **keys}


def read(*content: Any) -> Request:
    body = {"model": "claude-opus-5-5", "max_tokens": 9, "messages": [{"role": "user", "content": list(content)}]}
    return Messages().read(json.dumps(body).encode(), Endpoint(kind="generate", path="/messages"))


def changed(block: dict[str, Any], *contents: Content) -> Any:
    request = read(block)
    return json.loads(splice(request.body, Messages().edits(request, {0: contents})))["messages"][0]["content"]


def test_a_document_is_found_with_its_turn() -> None:
    (part,) = read({"type": "text", "text": "Read"}, document()).parts
    assert (part.path, part.base64, part.media_type, part.prompt) == (
        ("messages", 0, "content", 1), PDF, "application/pdf", "Read",
    )  # fmt: skip


def test_a_document_is_found_in_what_a_tool_returned() -> None:
    (part,) = read({"type": "tool_result", "tool_use_id": "t", "content": [document()]}).parts
    assert part.path == ("messages", 0, "content", 0, "content", 0)


@pytest.mark.parametrize(
    "block",
    [
        document(citations={"enabled": True}),
        document(source={"type": "base64", "media_type": "application/pdf", "data": "AAAA"}),
        document(source={"type": "base64", "data": 1}),
        document(source={"type": "url", "url": "https://example.org/a.pdf"}),
        document(source={"type": "file", "file_id": "f"}),
        document(source={"type": "text", "media_type": "text/plain", "data": "JVBERi0x"}),
        document(source=None),
    ],
)
def test_other_documents_are_left_alone(block: dict[str, Any]) -> None:
    assert read(block).parts == ()


def test_a_document_becomes_blocks_with_its_title_first_and_its_marks_last() -> None:
    block = document(
        title="Bill", context="From May", citations={"enabled": False}, cache_control={"type": "ephemeral"}, later=1
    )
    assert changed(block, Text("page 1"), PAGE) == [
        {"type": "text", "text": "[Title: Bill]"},
        {"type": "text", "text": "[Context: From May]"},
        {"type": "text", "text": "page 1"},
        {
            "type": "image",
            "source": {"type": "base64", "media_type": "image/jpeg", "data": "/9j/"},
            "cache_control": {"type": "ephemeral"},
            "later": 1,
        },
    ]


def test_one_page_is_a_block_of_its_own() -> None:
    assert changed(document(), PAGE) == [
        {"type": "image", "source": {"type": "base64", "media_type": "image/jpeg", "data": "/9j/"}}
    ]
