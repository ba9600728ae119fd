"""token0.wire: the defaults that a dialect and a provider inherit."""

from __future__ import annotations

from token0.errors import BadRequest, PublicError
from token0.interfaces import NoConfig
from token0.types import Request
from token0.wire import Answer, Call, Dialect, Endpoint, Provider


class Plain(Provider):
    name = "plain"
    dialects = ("d",)

    async def send(self, call: Call) -> Answer:
        raise NotImplementedError


class Terse(Dialect):
    """Only what `error_event` needs."""

    def error(self, error: PublicError) -> bytes:
        return error.message.encode()


Terse.__abstractmethods__ = frozenset()  # type: ignore[attr-defined]


async def test_a_provider_claims_and_lists_nothing_by_itself() -> None:
    provider = Plain(NoConfig())
    assert not provider.claims("plain-1")
    assert not await provider.lists("plain-1")
    await provider.close()


def test_an_error_ends_a_stream_as_an_event() -> None:
    assert Terse().error_event(BadRequest("gone")) == b"data: gone\n\n"


def test_a_dialect_that_says_nothing_of_its_streams_has_none_of_them_kept() -> None:
    assert not Terse().ends(b"data: [DONE]\n\n")
    assert not Terse().unasked(b"data: {}\n\n")


def test_the_place_of_an_answer_is_the_path_with_the_query() -> None:
    endpoint = Endpoint(kind="generate", path="/chat")
    assert Terse().place(endpoint, Request(body=b"", document={}, model="m", query="a=1")) == "/chat?a=1"
