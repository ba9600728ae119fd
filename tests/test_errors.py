"""token0.errors: one tree; what leaves has a status, a sentence and a place."""

from __future__ import annotations

import pytest

from token0.errors import (
    BadRequest,
    ConfigError,
    PluginError,
    PublicError,
    Token0Error,
    TooLarge,
    UnknownModel,
    UpstreamError,
    WorkerError,
    dotted,
)
from token0.types import Path


@pytest.mark.parametrize(
    ("error", "status", "kind", "code"),
    [
        (BadRequest("x"), 400, "invalid_request_error", None),
        (BadRequest("x", code="invalid_json"), 400, "invalid_request_error", "invalid_json"),
        (UnknownModel("x"), 404, "not_found_error", "model_not_found"),
        (TooLarge(5), 413, "request_too_large", "request_too_large"),
        (UpstreamError("x"), 502, "api_error", "upstream_unreachable"),
        (UpstreamError("x", timeout=True), 504, "timeout_error", "upstream_timeout"),
    ],
)
def test_errors_that_leave_have_a_status_and_a_type(error: PublicError, status: int, kind: str, code: str) -> None:
    assert (error.status, error.kind, error.code) == (status, kind, code)


@pytest.mark.parametrize("kind", [ConfigError, PluginError, WorkerError, PublicError])
def test_all_errors_have_one_root(kind: type[Exception]) -> None:
    assert issubclass(kind, Token0Error)


@pytest.mark.parametrize("kind", [ConfigError, PluginError, WorkerError])
def test_errors_of_the_house_never_leave(kind: type[Exception]) -> None:
    assert not issubclass(kind, PublicError)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), ""),
        (("messages", 0, "content", 1, "image_url"), "messages[0].content[1].image_url"),
        ((0, "a"), "[0].a"),
        (("a", "b"), "a.b"),
    ],
)
def test_a_place_is_written_as_clients_write_it(path: Path, text: str) -> None:
    assert dotted(path) == text


def test_an_error_without_a_place_has_no_param() -> None:
    assert BadRequest("x").param is None


def test_the_limit_that_was_passed_is_named() -> None:
    assert "1048576 bytes" in TooLarge(1_048_576).message


def test_all_mistakes_are_in_the_message() -> None:
    assert str(ConfigError(["f:1: a: x", "f:2: b: y"])) == "f:1: a: x\nf:2: b: y"
