"""One tree of errors.

Token0Error
├── ConfigError        the YAML is wrong: every mistake, with file and line
├── PluginError        a plugin is missing, broken or claims a taken name
├── WorkerError        a worker died, ran out of memory or of time: costs the saving, never the request
├── Unusable           a step found an image that must not be sent: the engine makes a 400 of it
└── PublicError        leaves the server: a status and a sentence in the caller's dialect
    ├── BadRequest         400, names the part
    ├── UnknownModel       404, names the candidates
    ├── TooLarge           413
    └── UpstreamError      502 or 504: the provider did not answer
"""

from __future__ import annotations

from collections.abc import Mapping

from token0.types import Path


class Token0Error(Exception):
    """Root of all errors this package raises on purpose."""


class ConfigError(Token0Error):
    """The configuration is wrong. `mistakes` are lines of `file:line: path: what`."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


class PluginError(Token0Error):
    """A plugin cannot be used; the message names it."""


class WorkerError(Token0Error):
    """The worker that had an image in hand could not finish it."""


class Unusable(Token0Error):
    """The image in hand must not be sent; the message ends `The image cannot be used: ...`."""


class PublicError(Token0Error):
    """An error a client gets to see.

    kind is the provider-neutral type: invalid_request_error, not_found_error, request_too_large, api_error or
    timeout_error.
    param is the part of the request that is wrong, as `messages[0].content[1]`; headers go along, as Retry-After.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str,
        code: str | None = None,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.kind = kind
        self.code = code
        self.param = param
        self.headers = headers or {}


class BadRequest(PublicError):
    """The request cannot be understood; `at` is where."""

    def __init__(self, message: str, *, at: Path = (), code: str | None = None) -> None:
        super().__init__(400, message, kind="invalid_request_error", code=code, param=dotted(at) or None)


class UnknownModel(PublicError):
    """No provider is sure to own the model."""

    def __init__(self, message: str) -> None:
        super().__init__(404, message, kind="not_found_error", code="model_not_found", param="model")


class TooLarge(PublicError):
    """The body is beyond the configured limit."""

    def __init__(self, limit: int) -> None:
        message = f"The request body is larger than {limit} bytes, the limit of this gateway (server.max_body_bytes)."
        super().__init__(413, message, kind="request_too_large", code="request_too_large")


class UpstreamError(PublicError):
    """The provider could not be reached, was too slow or broke off."""

    def __init__(self, message: str, *, timeout: bool = False) -> None:
        status, kind = (504, "timeout_error") if timeout else (502, "api_error")
        code = "upstream_timeout" if timeout else "upstream_unreachable"
        super().__init__(status, message, kind=kind, code=code)


def dotted(path: Path) -> str:
    """`("messages", 0, "content")` as clients write it: `messages[0].content`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")
