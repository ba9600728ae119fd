"""What stands between clients and providers: wire formats, translations between them, and where requests go."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import msgspec

from token0.interfaces import NoConfig, TokenCounter
from token0.types import Content, Edit, Limits, Path, Request, Usage

if TYPE_CHECKING:
    from multidict import CIMultiDict, CIMultiDictProxy

    from token0.errors import PublicError
    from token0.report import Report


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A door of a dialect.

    kind:  generate (images are optimized, the answer is scanned), count (images are optimized, nothing is scanned)
           or relay (bytes pass)
    path:  path on the provider, below its base URL
    model: from the path, where the dialect puts it there
    sure:  the request carries this dialect's own mark, so it does not go where another's would relay it
    """

    kind: Literal["generate", "count", "relay"]
    path: str
    model: str | None = None
    sure: bool = False


class Dialect(ABC):
    """A wire format: finds images in requests, replaces them, speaks errors and stream events in its own shape."""

    name: ClassVar[str]
    home: ClassVar[str]
    """The provider that requests without a model go to."""

    @abstractmethod
    def match(self, method: str, path: str, headers: Mapping[str, str]) -> Endpoint | None:
        """The endpoint behind a request line, or None when it is not this dialect's."""

    def recognizes(self, document: Mapping[str, Any]) -> bool:
        """True for a decoded body that no other dialect's clients write; asked where no path tells the dialect."""
        return False

    @abstractmethod
    def read(self, body: bytes, endpoint: Endpoint) -> Request:
        """Decode a body and find its images. Raises `BadRequest` naming the part."""

    @abstractmethod
    def edits(self, request: Request, changes: Mapping[int, Sequence[Content]]) -> Iterable[Edit]:
        """How the body changes when part `i` of the request becomes `changes[i]`. Only image parts may change."""

    @abstractmethod
    def edits_model(self, request: Request, model: str) -> Iterable[Edit]:
        """How the body names another model (none where the path does)."""

    def asks_usage(self, request: Request) -> Iterable[Edit]:
        """How a streamed request asks for usage, where that must be asked for and the client did not."""
        return ()

    @abstractmethod
    def error(self, error: PublicError) -> bytes:
        """The error as JSON in the shape the clients of this dialect parse."""

    def error_event(self, error: PublicError) -> bytes:
        """The error as the last event of a stream that can no longer succeed."""
        return b"data: " + self.error(error) + b"\n\n"

    usage_marks: ClassVar[tuple[bytes, ...]] = (b'"usage"',)
    """Bytes without which an event tells no usage: most events are then never decoded."""

    @abstractmethod
    def usage(self, event: Mapping[str, Any], before: Usage | None) -> Usage | None:
        """The billed tokens that an answer, or one event of a streamed answer, tells.

        `before` is what earlier events told; an event that adds nothing returns it.
        """

    @abstractmethod
    def tap(self, request: Request, report: Report) -> Tap:
        """What adds the report to this request's streamed answer."""

    def whole(self, events: Sequence[bytes]) -> bytes | None:
        """The answer that the events of a complete stream tell, as one body.

        None where that cannot be done faithfully, as for a stream that broke off.
        """
        return None

    def events(self, body: bytes, request: Request) -> Sequence[bytes] | None:
        """A whole answer as the events of a stream, for `request`; None where that cannot be done faithfully."""
        return None

    def stream_type(self, request: Request) -> str:
        """The media type of `events`."""
        return "text/event-stream"

    sampling: ClassVar[tuple[Path, ...]] = ((),)
    """Where in a body `temperature` and `seed` stand: what holds them."""

    def place(self, endpoint: Endpoint, request: Request) -> str:
        """Path and query as they count for the answer: the same whether it is asked for whole or as a stream."""
        return f"{endpoint.path}?{request.query}"

    def ends(self, event: bytes) -> bool:
        """True for the event that a complete, successful stream ends with; a stream without one is never kept."""
        return False

    def unasked(self, event: bytes) -> bool:
        """True for an event that comes only because of `asks_usage`."""
        return False


class Tap(ABC):
    """Adds the report to one streamed answer. Every event it is fed comes out again, in order."""

    @abstractmethod
    def feed(self, event: bytes) -> bytes:
        """Take one whole event with its separator; return what may be sent now."""

    @abstractmethod
    def close(self) -> bytes:
        """What was held back. Called once, at the end of the stream, also when it ended early."""


class Translation(ABC):
    """One request in another dialect, and the way back for its answer. Holds the state of one answer."""

    body: bytes
    path: str
    warnings: tuple[str, ...] = ()
    """What was dropped, as sentences for the report."""

    @abstractmethod
    def answer(self, body: bytes) -> bytes:
        """A whole answer, translated back."""

    @abstractmethod
    def feed(self, event: bytes) -> bytes:
        """One event of a streamed answer, translated back into none, one or several events."""

    @abstractmethod
    def close(self) -> bytes:
        """The end of a stream that ended as it should."""

    @abstractmethod
    def error(self, status: int, body: bytes) -> PublicError:
        """The provider's error for the client: same status, the provider's own message.

        The relay keeps the provider's headers, as Retry-After.
        """


class Translator(ABC):
    """Turns requests of the dialect `source` into `target`'s."""

    name: ClassVar[str]
    source: ClassVar[str]
    target: ClassVar[str]

    @abstractmethod
    def translate(self, document: dict[str, Any], model: str, *, drop: bool) -> Translation:
        """Translate a request. Raises `BadRequest` for a field without a counterpart, unless `drop` lets it be lost."""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One request on its way to a provider. `path` is below the base URL and may carry a query.

    What stands last is for embedded providers, which answer with what they would have received. `speaks` is the dialect
    of the body and the answer, `request` what the client asked in its own; both are None where nothing was read.
    """

    method: str
    path: str
    headers: CIMultiDict[str]
    body: bytes | AsyncIterator[bytes]
    model: str = ""
    dialect: str = ""
    counter: TokenCounter | None = None
    report: Report | None = None
    speaks: Dialect | None = None
    request: Request | None = None


class Answer(ABC):
    """A provider's answer whose head has arrived."""

    status: int
    headers: CIMultiDictProxy[str] | CIMultiDict[str]

    @abstractmethod
    def chunks(self) -> AsyncIterator[bytes]:
        """The body as it arrives."""

    def close(self) -> None:
        """Stop at once: the provider is told by a closed connection."""


class Provider(ABC):
    """Where requests go. `token0.http.HttpProvider` is the one for servers; embedded providers write `send`."""

    name: ClassVar[str]
    aliases: ClassVar[tuple[str, ...]] = ()
    """Other first segments of `provider/model` that mean this provider."""

    dialects: ClassVar[tuple[str, ...]]
    """What it speaks itself; the first is what other dialects are translated to."""

    limits: ClassVar[Limits] = Limits()

    fetches_images: ClassVar[bool] = True
    """False where image addresses are refused and images must be in the request."""

    Config: ClassVar[type[msgspec.Struct]] = NoConfig

    def __init__(self, config: Any) -> None:
        self.config = config

    def claims(self, model: str) -> bool:
        """True when a bare model name is certainly this provider's: anchored patterns, never a substring."""
        return False

    async def lists(self, model: str) -> bool:
        """True when this provider has a model that no pattern can claim, as a local server does. May ask it."""
        return False

    @abstractmethod
    async def send(self, call: Call) -> Answer:
        """Send it and wait for the head of the answer. Raises `UpstreamError`."""

    async def close(self) -> None:
        """Let go of connections."""
