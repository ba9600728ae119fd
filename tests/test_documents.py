"""token0.documents: wrong bodies are refused with the part that is wrong; gateway fields are read and removed."""

from __future__ import annotations

from typing import Any

import pytest

from token0.documents import decode, lookup, of, optional, options, required, skim
from token0.errors import BadRequest
from token0.types import Edit, Options


@pytest.mark.parametrize(
    "body", [b"", b"{", b'{"a":}', b"\xff\xfe", b'{"a":"\xff"}', b'{"a":"\\ud800"}', b"[" * 100_000, b"1e9999", b"NaN"]
)
def test_what_is_no_json_is_a_bad_request(body: bytes) -> None:
    with pytest.raises(BadRequest) as caught:
        decode(body)
    assert (caught.value.status, caught.value.code) == (400, "invalid_json")


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"1", b"null"])
def test_what_is_no_object_is_a_bad_request(body: bytes) -> None:
    with pytest.raises(BadRequest, match="must be a JSON object"):
        decode(body)


def test_an_object_is_decoded() -> None:
    assert decode(b' {"a": [1, "\\u00e9"]} ') == {"a": [1, "é"]}


@pytest.mark.parametrize(
    ("value", "kind", "found"),
    [
        (1, str, "an integer"),
        (1.5, str, "a number"),
        (None, list, "null"),
        ("x", dict, "a string"),
        ({}, list, "an object"),
        ([], bool, "an array"),
        (True, str, "true or false"),
    ],
)
def test_a_wrong_type_is_named_with_its_place(value: Any, kind: type, found: str) -> None:
    with pytest.raises(BadRequest, match=f"got {found} instead") as caught:
        of(value, kind, ("messages", 0, "content"))
    assert caught.value.param == "messages[0].content"


def test_a_missing_field_is_named() -> None:
    with pytest.raises(BadRequest, match="'model'") as caught:
        required({}, "model", str)
    assert (caught.value.param, caught.value.code) == ("model", "missing_required_parameter")


@pytest.mark.parametrize(("holder", "value"), [({}, None), ({"a": None}, None), ({"a": "x"}, "x")])
def test_an_optional_field_may_be_absent_or_null(holder: dict[str, Any], value: str | None) -> None:
    assert optional(holder, "a", str) == value


@pytest.mark.parametrize(
    ("path", "value"),
    [((), {"a": [{"b": 1}]}), (("a", 0, "b"), 1), (("a", 1), None), (("x",), None), (("a", "b"), None)],
)
def test_lookup_finds_a_value_or_nothing(path: tuple[str | int, ...], value: Any) -> None:
    assert lookup({"a": [{"b": 1}]}, path) == value


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, Options()),
        ({"token0_optimize": False}, Options(optimize=False)),
        ({"token0_optimize": True}, Options()),
        ({"token0_optimize": None}, Options()),
        ({"token0_detail_override": "low"}, Options(detail="low")),
        ({"token0_enable_cache": False}, Options(cache=False)),
        ({"token0_enable_cache": True}, Options(cache=True)),
        ({"token0_enable_cascade": False}, Options(cascade=False)),
        ({"token0_enable_cascade": True}, Options(cascade=True)),
    ],
)
def test_gateway_fields_are_understood(fields: dict[str, Any], said: Options) -> None:
    assert options({"model": "m", **fields})[0] == said


def test_every_gateway_field_is_removed_and_no_other() -> None:
    _, edits = options({"token0_optimize": True, "model": "m", "token0_new": 1, "x_token0_": 2})
    assert edits == (Edit(("token0_optimize",)), Edit(("token0_new",)))


@pytest.mark.parametrize("name", ["token0_unheard_of", "token0_"])
def test_a_field_that_does_nothing_here_is_warned_about(name: str) -> None:
    (warning,) = options({name: True})[0].warnings
    assert warning.startswith(name)


@pytest.mark.parametrize(
    "fields", [{"token0_optimize": "no"}, {"token0_detail_override": "blurry"}, {"token0_enable_cache": 1}]
)
def test_a_wrong_gateway_field_is_refused_by_name(fields: dict[str, Any]) -> None:
    with pytest.raises(BadRequest) as caught:
        options(fields)
    assert caught.value.param == next(iter(fields))


def test_skimming_reads_what_routing_needs() -> None:
    request = skim(b'{"stream":true,"model":"m","messages":[{"role":"user"}]}', None)
    assert request is not None
    assert (request.model, request.stream, request.options.optimize, request.parts) == ("m", True, False, ())


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b"{}", b'{"model":5}', b'{"model":"m","token0_optimize":false}', b'{"model":"m","stream":"yes"}'],
)
def test_a_body_that_needs_a_closer_look_is_not_skimmed(body: bytes) -> None:
    assert skim(body, None) is None


def test_the_model_of_the_path_goes_before_the_body() -> None:
    request = skim(b'{"model":"of-the-body"}', "of-the-path")
    assert request is not None
    assert request.model == "of-the-path"
