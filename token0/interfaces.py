"""What a plugin can offer to make images cheaper, and to keep what was made; `wire.py` has what talks to the outside.

One base class a kind. `hookspecs.py` says how it is handed over.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import msgspec

from token0.types import Content, Image, Joint, Limits, Placed, Price, Quality, Request, Size, Text


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
    `price` is what the model costs, for the plans of steps over all images.
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
