from __future__ import annotations

import json
from typing import Any

import pytest

from token0.errors import BadRequest, PublicError
from token0.types import Image, Usage
from token0_openai import wire


@pytest.mark.parametrize(
    ("url", "media_type", "base64"),
    [
        ("data:image/png;base64,aGk=", "image/png", "aGk="),
        ("DATA:IMAGE/JPEG;BASE64,aGk=", "image/jpeg", "aGk="),
        ("data:image/png;charset=utf-8;base64,aGk=", "image/png", "aGk="),
        ("data:;base64,aGk=", "", "aGk="),
        ("data:image/png;base64,", "image/png", ""),
        ("data:image/png;base64,a,b", "image/png", "a,b"),
        ("/9j/4AAQ", "", "/9j/4AAQ"),
        ("iVBORw0KGgoAAAA", "", "iVBORw0KGgoAAAA"),
    ],
)
def test_an_image_in_the_request_is_taken_apart(url: str, media_type: str | None, base64: str) -> None:
    part = wire.image_part(url, (), (), None, "")
    assert (part.media_type, part.base64, part.url) == (media_type, base64, None)


@pytest.mark.parametrize("url", ["https://example.com/a", "http://x", "file:///etc/passwd", "", "database"])
def test_any_other_address_stays_an_address(url: str) -> None:
    part = wire.image_part(url, (), (), None, "")
    assert (part.url, part.base64) == (url, None)


@pytest.mark.parametrize("url", ["data:", "data:image/png", "data:image/png,abc", "data:image/png;base64", None, 1, {}])
def test_a_broken_address_names_its_place(url: Any) -> None:
    with pytest.raises(BadRequest) as caught:
        wire.image_part(url, ("a",), ("a", 0, "url"), None, "")
    assert caught.value.param == "a[0].url"


@pytest.mark.parametrize(
    ("detail", "known"), [("low", "low"), ("new", "new"), (None, None), (1, None), (["low"], None)]
)
def test_a_detail_is_a_word_or_nothing(detail: Any, known: str | None) -> None:
    assert wire.image_part("https://x", (), (), detail, "").detail == known


@pytest.mark.parametrize(
    ("kind", "url"),
    [
        ("png", "data:image/png;base64,aGk="),
        ("jpeg", "data:image/jpeg;base64,aGk="),
        ("webp", "data:image/webp;base64,aGk="),
        ("gif", "data:image/gif;base64,aGk="),
    ],
)
def test_an_image_becomes_a_data_url(kind: str, url: str) -> None:
    assert wire.data_url(Image(data=b"hi", format=kind, width=1, height=1)) == url


def test_an_error_has_all_four_fields_also_when_they_are_empty() -> None:
    error = PublicError(429, "slow", kind="rate_limit_error")
    assert json.loads(wire.error(error)) == {
        "error": {"message": "slow", "type": "rate_limit_error", "param": None, "code": None}
    }


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        (
            {"in": 5, "out": 2, "in_details": {"cached_tokens": 3}},
            Usage(input_tokens=5, output_tokens=2, cached_tokens=3),
        ),
        ({"in": 5, "out": None, "in_details": {}}, Usage(input_tokens=5)),
        ({"in": 5, "in_details": []}, Usage(input_tokens=5)),
        ({"in": "5"}, None),
        ({}, None),
        (None, None),
        ([], None),
    ],
)
def test_usage_is_read_under_its_names(counts: Any, expected: Usage | None) -> None:
    assert wire.usage(counts, "in", "out") == expected
