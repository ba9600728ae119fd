"""What happened to one request: per image, per step, and in billed tokens."""

from __future__ import annotations

import time
from typing import Any, Literal

import msgspec

from token0.types import Price, Usage


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """An image, or the text in its place, as it is sent. `tokens` is None where no rule is known."""

    tokens: int | None = None
    bytes: int = 0
    format: str = ""
    width: int = 0
    height: int = 0
    detail: str | None = None


class StepReport(msgspec.Struct, frozen=True, kw_only=True):
    """One step on one image: applied or not, why, and the bill before and after it.

    `failed` is true where it did not come to an end: another time it may do better.
    """

    name: str
    applied: bool
    why: str
    tokens_before: int
    tokens_after: int
    ms: float
    failed: bool = False


class ImageReport(msgspec.Struct, frozen=True, kw_only=True):
    """One image of a request. `at` is where it stands; `note` says why it was left alone, if it was.

    `cached` is true where nothing was worked on: the steps are told as when they were taken first.
    """

    at: str
    before: Shape
    after: Shape
    steps: tuple[StepReport, ...] = ()
    note: str | None = None
    cached: bool = False

    @property
    def saved(self) -> int:
        """Tokens saved; none where it is not known what the image would have cost."""
        return 0 if self.before.tokens is None else self.before.tokens - (self.after.tokens or 0)


class CacheReport(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the answer cache had to do with a request.

    status:      hit (answered from it), miss, refresh (not looked up, as the client wished) or off
    age_seconds: since the answer of a hit was made
    unbilled:    what the provider billed when it was
    why:         for what reason the cache was off, or a hit is one of another encoding
    """

    status: Literal["hit", "miss", "refresh", "off"]
    age_seconds: int | None = None
    unbilled: Usage | None = None
    why: str | None = None


class Report(msgspec.Struct, kw_only=True):
    """Grows while its request is served; observers see it when it is complete.

    text_tokens is an estimate of the prompt's text, `usage` the provider's own figures, `times` in milliseconds;
    model_requested is what the client asked for where a selector chose `model` instead.
    """

    request_id: str
    dialect: str
    provider: str = ""
    model: str = ""
    model_requested: str | None = None
    stream: bool = False
    images: tuple[ImageReport, ...] = ()
    text_tokens: int = 0
    price: Price | None = None
    usage: Usage | None = None
    cache: CacheReport | None = None
    status: int = 0
    error: str | None = None
    warnings: list[str] = msgspec.field(default_factory=list)
    times: dict[str, float] = msgspec.field(default_factory=dict)
    started: float = msgspec.field(default_factory=time.perf_counter)

    @property
    def tokens_saved(self) -> int:
        """Prompt tokens saved by the exact rule; negative when a step made it dearer."""
        return sum(image.saved for image in self.images)

    @property
    def changed(self) -> bool:
        """True when any image is sent otherwise than it came, or another model is asked."""
        applied = any(step.applied for image in self.images for step in image.steps)
        return applied or self.model_requested is not None

    @property
    def hit(self) -> bool:
        """True when the answer came from the cache."""
        return self.cache is not None and self.cache.status == "hit"

    @property
    def recorded(self) -> bool:
        """True when the answer may be kept in the cache."""
        return self.cache is not None and self.cache.status in ("miss", "refresh")

    @property
    def told(self) -> bool:
        """True when there is something to tell: images were looked at, or another model is asked."""
        return bool(self.images) or self.model_requested is not None

    @property
    def applied(self) -> list[str]:
        """Names of the steps that were applied, in order, each once."""
        return list(dict.fromkeys(step.name for image in self.images for step in image.steps if step.applied))

    def lap(self, name: str, since: float) -> None:
        """Record the milliseconds since `since` (perf_counter) under `name`."""
        self.times[name] = round((time.perf_counter() - since) * 1000, 2)

    def public(self) -> dict[str, Any]:
        """The `token0` object of an answer."""
        image_tokens = sum(image.before.tokens or 0 for image in self.images)
        saved = self.tokens_saved
        return {
            "original_prompt_tokens_estimate": self.text_tokens + image_tokens,
            "optimized_prompt_tokens": self.text_tokens + image_tokens - saved,
            "tokens_saved": saved,
            "cost_saved_usd": self._cost_saved(saved),
            "optimizations_applied": self.applied,
            "cache_hit": self.hit,
            "cache": self.cache,
            "billed_prompt_tokens": self.usage.input_tokens if self.usage else None,
            "provider": self.provider,
            "model": self.model,
            "model_requested": self.model_requested or self.model,
            "time_ms": self.times,
            "images": self.images,
            "warnings": self.warnings,
        }

    def priced(self) -> dict[str, Any]:
        """What the request costs as it came and as it is sent, in tokens and US dollars, by image and by step."""
        before = sum(image.before.tokens or 0 for image in self.images)
        after = before - self.tokens_saved
        tokens = {
            "text_estimate": self.text_tokens,
            "images_before": before,
            "images_after": after,
            "before": self.text_tokens + before,
            "after": self.text_tokens + after,
            "saved": before - after,
        }
        return {
            "request_id": self.request_id,
            "dialect": self.dialect,
            "provider": self.provider,
            "model": self.model,
            "model_requested": self.model_requested or self.model,
            "price": self.price,
            "tokens": tokens,
            "usd": {name: self.cost(tokens[name]) for name in ("before", "after", "saved")} if self.price else None,
            "images": [self._priced(image) for image in self.images],
            "warnings": self.warnings,
            "time_ms": self.times,
        }

    def _priced(self, image: ImageReport) -> dict[str, Any]:
        return {
            "at": image.at,
            "before": self._priced_shape(image.before),
            "after": self._priced_shape(image.after),
            "steps": [
                {
                    **msgspec.structs.asdict(step),
                    "usd_before": self.cost(step.tokens_before),
                    "usd_after": self.cost(step.tokens_after),
                }
                for step in image.steps
            ],
            "note": image.note,
            "cached": image.cached,
        }

    def _priced_shape(self, shape: Shape) -> dict[str, Any]:
        usd = None if shape.tokens is None else self.cost(shape.tokens)
        return {**msgspec.structs.asdict(shape), "usd": usd}

    def cost(self, tokens: int) -> float | None:
        """US dollars of `tokens` prompt tokens at list price, None where no price is known."""
        return round(tokens * self.price.input / 1e6, 8) if self.price else None

    def _cost_saved(self, tokens: int) -> float | None:
        """What `tokens` less on images saved, and on a hit what all of the answer cost when it was made."""
        saved = self.cost(tokens)
        unbilled = self.cache.unbilled if self.cache else None
        if saved is None or self.price is None or unbilled is None:
            return saved
        cached = self.price.input if self.price.cached is None else self.price.cached
        bill = (unbilled.input_tokens - unbilled.cached_tokens) * self.price.input
        bill += unbilled.cached_tokens * cached + unbilled.output_tokens * self.price.output
        return round(saved + bill / 1e6, 8)

    def seal(self) -> bytes:
        """The public object as JSON, with the time so far."""
        self.lap("total", self.started)
        return msgspec.json.encode(self.public())
