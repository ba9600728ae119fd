"""What a plugin can offer: one base class a kind. `hookspecs.py` says how it is handed over."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import msgspec

from token0.types import (
    Content,
    Edit,
    Image,
    ImagePart,
    Joint,
    Limits,
    Path,
    Placed,
    Price,
    Quality,
    Request,
    Size,
    Text,
    Usage,
)

if TYPE_CHECKING:
    from multidict import CIMultiDict, CIMultiDictProxy

    from token0.errors import PublicError
    from token0.report import Report


class NoConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The settings of a plugin that has none."""


class TokenCounter(ABC):
    """The image-token rule of one model: integer arithmetic, from a table with source and date."""

    name: ClassVar[str]
    """Which family of rules this is; a provider of the same name is asked for it first."""

    grid: int | None = None
    """Pixels between two steps of the cost (512-px tiles, 28-px patches); None where pixels do not count."""

    assumed: bool = False
    """True where the provider publishes no rule for this model and a relative's is used."""

    details: tuple[str, ...] = ()
    """Words that may be chosen as the `detail` of each single image; none where they change nothing."""

    @classmethod
    @abstractmethod
    def for_model(cls, model: str) -> TokenCounter | None:
        """The rule for `model`, or None when this family does not know it. Cheap: called for each request."""

    @abstractmethod
    def count(self, size: Size, detail: str | None = None) -> int:
        """Prompt tokens billed for an image of `size` as sent."""

    @abstractmethod
    def seen(self, size: Size, detail: str | None = None) -> Size:
        """The size to which the provider itself brings the image before the model sees it."""

    def count_text(self, text: str) -> int:
        """Prompt tokens of `text`; an estimate of four UTF-8 bytes a token unless the family knows better."""
        return -(-len(text.encode()) // 4)

    def count_document(self, pages: int, text: str, detail: str | None = None) -> int | None:
        """Prompt tokens billed for a PDF document of so many pages, which say `text`; None where no rule is known."""
        return None


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What a step may know besides the image.

    `prompt` is the text of the image's own turn. `coordinates` is true when answers are positions in the image:
    steps that move pixels must then stand aside. `limits` is what the provider refuses. `refused` is true when the
    provider has refused an image of this very request.
    `original` is the image as it came, for a step that reads it instead of sending it.
    `previous` is the image before this one in the request, as it came; None for steps that do not compare.
    `price` is what the model costs, for steps over all images.
    """

    model: str
    counter: TokenCounter
    quality: Quality = "legible"
    prompt: str = ""
    coordinates: bool = False
    limits: Limits = Limits()
    original: Image | None = None
    previous: Image | None = None
    refused: bool = False
    price: Price | None = None

    def tokens(self, *contents: Content) -> int:
        """What `contents` cost this model, by the exact rule; nothing for an image of unknown size."""
        return sum(self._tokens(content) for content in contents)

    def _tokens(self, content: Content) -> int:
        if isinstance(content, Text):
            return self.counter.count_text(content.text)
        return self.counter.count(content.size, content.detail) if content.width else 0


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a step would do: the lowest bill it could reach, in tokens, and why. Subclass it to carry more.

    repairs: the provider would refuse the image as it is, so the step is taken whatever it costs.
    """

    tokens: int
    why: str
    repairs: bool = False


class Replacement(msgspec.Struct, frozen=True):
    """Several contents in place of one image, as pages in place of a document.

    `instead_of` is what the image itself costs, in tokens, where the step knows it and its header does not tell.
    `leans` is true when the contents say something only beside the image before.
    """

    contents: tuple[Content, ...]
    instead_of: int | None = None
    leans: bool = False


class Declined(msgspec.Struct, frozen=True):
    """A step looked and left the image as it was; `why` is for the report.

    `failed` is true where it did not come to an end, as at a deadline: another time it may, so nothing is kept of it.
    """

    why: str
    failed: bool = False


class Optimizer(ABC):
    """One step of the pipeline, for one image. Pure: the same image, context and settings give the same bytes."""

    name: ClassVar[str]
    """What the YAML says: `use: NAME`."""

    formats: ClassVar[frozenset[str]] = frozenset({"jpeg", "png", "gif", "webp"})
    """Formats, by the names of `token0.sniff`, that are offered to this step; others pass it by.

    "unknown" stands for bytes that are no picture known here.
    """

    compares: ClassVar[bool] = False
    """True for a step that looks at `Context.previous`: others are not given it. Every eighth image has none."""

    reads_prompt: ClassVar[bool] = False
    """True for a step that looks at `Context.prompt`: others are not given it."""

    Config: ClassVar[type[msgspec.Struct]] = NoConfig

    def __init__(self, config: Any) -> None:
        self.config = config

    @abstractmethod
    def plan(self, image: Image, ctx: Context) -> Plan | Declined | None:
        """From the header alone: what could be saved. None when the step has nothing to do with this image."""

    @abstractmethod
    def apply(self, image: Image, plan: Any, ctx: Context) -> Content | Replacement | Declined:
        """Do it. Runs in a worker process, under a deadline; an exception costs the saving, never the request.

        The one exception that does cost it is `Unusable`, for an image that the operator does not want to be sent.
        """

    def heeds(self, prompt: str) -> str:
        """What a step that reads the prompt takes from it; where that is the same, the image is not worked on anew."""
        return prompt


class ConversationOptimizer(ABC):
    """One step over all images of a request, after the pipeline. Pure, as an `Optimizer`.

    A request is a conversation that grows at its end, and providers bill the part they have seen before at a tenth. So
    what is done to an image must depend on nothing behind it, but at steps which are few and weighed.
    """

    name: ClassVar[str]
    """What the YAML says: `use: NAME`."""

    Config: ClassVar[type[msgspec.Struct]] = NoConfig

    def __init__(self, config: Any) -> None:
        self.config = config

    @abstractmethod
    def plan(self, images: Sequence[Placed], ctx: Context) -> Sequence[Joint]:
        """What to do with images together, without looking at pixels. No image may be in two of them.

        `ctx` has no `prompt` and no `coordinates`: each image has its own.
        """

    def apply(self, images: Sequence[Placed], ctx: Context) -> Mapping[int, Sequence[Content]] | Declined:
        """The contents for those images of a `Joint` that change, by part, where the plan left them open.

        Runs in a worker process, under a deadline; an exception costs the saving, never the request. `images` are those
        of the joint.
        """
        raise NotImplementedError(f"{self.name} makes its contents while planning")


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

    `counter` and `report` are for embedded providers, which answer with what they would have received.
    """

    method: str
    path: str
    headers: CIMultiDict[str]
    body: bytes | AsyncIterator[bytes]
    model: str = ""
    dialect: str = ""
    counter: TokenCounter | None = None
    report: Report | None = None


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


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """What a request costs at list price: its prompt in US dollars, its answer in US dollars per million tokens."""

    prompt: float
    output: float


class Selection(msgspec.Struct, frozen=True):
    """Another model of the same provider; `why` is for the report."""

    model: str
    why: str


class ModelSelector(ABC):
    """Names another model for a request before it is worked on. Only the one that the YAML's `selector:` names runs."""

    name: ClassVar[str]
    """What the YAML says: `use: NAME`."""

    Config: ClassVar[type[msgspec.Struct]] = NoConfig

    def __init__(self, config: Any) -> None:
        self.config = config

    @abstractmethod
    def select(self, request: Request, model: str, quote: Callable[[str], Quote | None]) -> Selection | None:
        """The model for a request that asks for `model`; None to leave it. Cheap: runs on the event loop.

        `quote` prices the request for a model, by that model's own image rule and with its images as they came; None
        where a rule, a price or the size of an image is not known. An exception leaves the model as it was.
        """


class PriceTable(ABC):
    """What models cost."""

    name: ClassVar[str]
    """A provider of the same name is asked for it first."""

    @abstractmethod
    def price(self, model: str) -> Price | None:
        """The list price of `model`, or None when this table does not know it."""


class Cache(ABC):
    """One layer of what is kept: bytes by key. What it cannot do is a miss; so is an exception, logged by its type.

    Keys are hex digests, from which nothing can be read. Values may be megabytes; work that takes long belongs in a
    thread.
    """

    name: ClassVar[str]
    """What the YAML says: `use: NAME`."""

    Config: ClassVar[type[msgspec.Struct]] = NoConfig

    def __init__(self, config: Any) -> None:
        """An exception stops the start; its text says why, without a password."""
        self.config = config

    @abstractmethod
    async def get(self, key: str) -> bytes | None:
        """The value, or None when it is not here or its time is over."""

    @abstractmethod
    async def put(self, key: str, value: bytes, seconds: float) -> None:
        """Keep `value` for at most so many seconds."""

    async def claim(self, key: str, seconds: float) -> bool:
        """True for the one who shall do the work behind `key`; a layer that nobody shares says so to everyone.

        A claim that is not released ends by itself after `seconds`.
        """
        return True

    async def release(self, key: str) -> None:
        """End the own claim, if it still holds; never another's."""

    async def close(self) -> None:
        """Let go of files and connections."""


class Sketch(msgspec.Struct, frozen=True):
    """What a picture is looked up by: a digest of its pixels, and what is alike in all its encodings.

    Without the latter only a picture of the same pixels is the same.
    """

    pixels: bytes
    coarse: bytes = b""


class Matcher(ABC):
    """Says whether two images are one picture in two encodings, so that an answer to one answers the other.

    Only the one that the YAML's `cache: matcher:` names is asked. An exception makes them two.
    """

    name: ClassVar[str]
    """What the YAML says: `use: NAME`."""

    Config: ClassVar[type[msgspec.Struct]] = NoConfig

    def __init__(self, config: Any) -> None:
        self.config = config

    @abstractmethod
    def sketch(self, image: Image) -> Sketch | None:
        """What it is looked up by; None for one that is only the same as its own bytes. Runs in a worker."""

    @abstractmethod
    def near(self, one: bytes, other: bytes) -> bool:
        """True when two coarse sketches are worth a look at the pictures. Cheap: runs on the event loop."""

    @abstractmethod
    def same(self, image: Image, known: Image) -> bool:
        """True when nothing that could change an answer is different. Runs in a worker."""


__all__ = [
    "Answer", "Cache", "Call", "Content", "Context", "ConversationOptimizer", "Declined", "Dialect", "Edit", "Endpoint",
    "ImagePart", "Joint", "Matcher", "ModelSelector", "NoConfig", "Optimizer", "Path", "Placed", "Plan", "PriceTable",
    "Provider", "Quote", "Replacement", "Selection", "Sketch", "Tap", "TokenCounter", "Translation", "Translator",
]  # fmt: skip
