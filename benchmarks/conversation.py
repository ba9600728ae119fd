"""What a long agent session costs with prompt caching: all images kept, and what the gateway sends instead.

Usage: python benchmarks/conversation.py --data DIR [--models A,B] [--turns 50] [--sessions PATTERN]

DIR holds `traces.jsonl` (sessions, screen by screen) and their images. The sessions follow each other, again and again,
until there are enough turns. Every turn sends the whole conversation so far. What it has in common with the turn before
is billed as a cache read, the rest as a cache write where the model has a price for it, else as input. Turns in which
the bytes of earlier ones changed are listed; only chunk steps of `history` may do that, else it ends with an error.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import fnmatch
import itertools
import json
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from token0.engine import Engine
from token0.images import open_part
from token0.interfaces import TokenCounter
from token0.rules import find_counter
from token0.types import Price
from token0.wire import Endpoint

MODELS = "gpt-6-astra,gpt-5.4,claude-opus-5-5,gemini-3.8-flash"
EXAMPLE = Path(__file__).parent.parent / "examples" / "token0.yaml"
KEEP, CHUNK = 3, 8

# Tokens below which the provider caches nothing (prompt caching guides, November 2026).
MINIMUM = {"openai-chat": 1024, "anthropic-messages": 512, "gemini": 4096}


class Turn(NamedTuple):
    """One look at the screen: what is asked, the picture, and what was answered."""

    asked: str
    media_type: str
    picture: str
    answered: str


class Item(NamedTuple):
    """A part of a prompt, as it is sent."""

    sent: str
    tokens: int
    is_image: bool


class Bill(NamedTuple):
    """Tokens of all turns together; `units` is the cost in tokens at the input price, `rewrites` are turn numbers."""

    images: int
    read: int
    written: int
    uncached: int
    units: float
    rewrites: list[int]


def turns(data: Path, count: int, sessions: str) -> list[Turn]:
    """The first `count` turns of the sessions that match, which follow each other again and again."""
    traces = [json.loads(line) for line in (data / "traces.jsonl").read_text().splitlines()]
    steps = [step for trace in traces if fnmatch.fnmatch(trace["id"], sessions) for step in trace["steps"]]
    return [_turn(data, step) for step in itertools.islice(itertools.cycle(steps), count)]


def _turn(data: Path, step: dict[str, Any]) -> Turn:
    path = data / step["image"]
    kind = {".jpg": "jpeg", ".jpeg": "jpeg", ".webp": "webp"}.get(path.suffix, "png")
    return Turn(step["user"], f"image/{kind}", base64.b64encode(path.read_bytes()).decode(), step["assistant"])


def chat(model: str, session: list[Turn]) -> dict[str, Any]:
    """The request of the last turn, in OpenAI's words."""
    messages: list[Any] = []
    for turn in session:
        picture = {"type": "image_url", "image_url": {"url": f"data:{turn.media_type};base64,{turn.picture}"}}
        messages.append({"role": "user", "content": [{"type": "text", "text": turn.asked}, picture]})
        messages.append({"role": "assistant", "content": turn.answered})
    return {"model": model, "messages": messages[:-1]}


def claude(model: str, session: list[Turn]) -> dict[str, Any]:
    """The same in Anthropic's; the provider sets the cache marker itself."""
    messages: list[Any] = []
    for turn in session:
        source = {"type": "base64", "media_type": turn.media_type, "data": turn.picture}
        content = [{"type": "text", "text": turn.asked}, {"type": "image", "source": source}]
        messages.append({"role": "user", "content": content})
        messages.append({"role": "assistant", "content": turn.answered})
    return {"model": model, "max_tokens": 1000, "cache_control": {"type": "ephemeral"}, "messages": messages[:-1]}


def gemini(_: str, session: list[Turn]) -> dict[str, Any]:
    """The same in Google's, which name the model in the path."""
    contents: list[Any] = []
    for turn in session:
        picture = {"inlineData": {"mimeType": turn.media_type, "data": turn.picture}}
        contents.append({"role": "user", "parts": [{"text": turn.asked}, picture]})
        contents.append({"role": "model", "parts": [{"text": turn.answered}]})
    return {"contents": contents[:-1]}


WORDS: dict[str, tuple[str, Callable[[str, list[Turn]], dict[str, Any]]]] = {
    "gpt": ("openai-chat", chat),
    "claude": ("anthropic-messages", claude),
    "gemini": ("gemini", gemini),
}


def configurations() -> dict[str, dict[str, Any]]:
    """What is compared, by name."""
    pipeline = yaml.safe_load(EXAMPLE.read_text())["pipeline"]
    screens = [*pipeline, {"use": "screens", "coordinates": True}]
    history = [{"use": "history", "keep": KEEP, "chunk": CHUNK}, "repeats"]
    return {
        "keep all": {},
        "default": {"pipeline": pipeline},
        "+ screens": {"pipeline": screens},
        "+ history": {"pipeline": pipeline, "conversation": history},
        "+ both": {"pipeline": screens, "conversation": history},
    }


async def bill(engine: Engine, model: str, session: list[Turn]) -> Bill:
    """The bill of the whole session."""
    dialect, words = WORDS[model.partition("-")[0]]
    route = await engine.router.route(model)
    counter = find_counter(engine.registry, route.provider.name, model)
    assert counter
    reads = _items(engine, dialect, model, counter)
    images, read, written, uncached, rewrites = 0, 0, 0, 0, []
    before: list[Item] = []
    ending = b""
    for number in range(1, len(session) + 1):
        body = json.dumps(words(model, session[:number]), ensure_ascii=False).encode()
        sent, report = await engine.optimize(body, dialect, model)
        if not sent.startswith(ending):
            rewrites.append(number)
        # All but the brackets at the end, which close the list of messages and the body.
        ending = sent[: sent.rindex(b"]")]
        now = list(reads(sent))
        pairs = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(before, now, strict=False))
        same = sum(item.tokens for item, _ in pairs)
        rest = sum(item.tokens for item in now) - same
        images += sum(item.tokens for item in now if item.is_image)
        before = now
        if same + rest < MINIMUM[dialect]:
            uncached += same + rest
        else:
            read, written = read + same, written + rest
    assert report.price
    return Bill(images, read, written, uncached, _units(report.price, read, written, uncached), rewrites)


def _units(price: Price, read: int, written: int, uncached: int) -> float:
    cached = price.input if price.cached is None else price.cached
    write = price.input if price.write is None else price.write
    return uncached + (read * cached + written * write) / price.input


def _items(engine: Engine, name: str, model: str, counter: TokenCounter) -> Callable[[bytes], Iterator[Item]]:
    dialect, count_text = engine.dialects[name], cache(counter.count_text)

    def read(body: bytes) -> Iterator[Item]:
        request = dialect.read(body, Endpoint(kind="generate", path="", model=model))
        images = {part.path: open_part(part, 1 << 30) for part in request.parts}
        key = "contents" if "contents" in request.document else "messages"
        for i, message in enumerate(request.document[key]):
            inside = "parts" if "parts" in message else "content"
            content = message[inside] if isinstance(message[inside], list) else [{"text": message[inside]}]
            for j, item in enumerate(content):
                image = images.get((key, i, inside, j))
                tokens = counter.count(image.size, image.detail) if image else count_text(item["text"])
                yield Item(json.dumps(item), tokens, image is not None)

    return read


def allowed(count: int) -> set[int]:
    """The turns in which earlier ones may change: those of chunk steps."""
    return set(range(KEEP + CHUNK, count + 1, CHUNK))


async def compare(model: str, session: list[Turn]) -> None:
    print(f"\n{model}, {len(session)} turns, tokens of all turns together")
    print(f"{'':<10} {'images':>10} {'read':>10} {'written':>9} {'uncached':>9} {'= units':>10} {'saved':>6}  rewrites")
    whole = 0.0
    for name, settings in configurations().items():
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            # What was made of an image once is kept, as in a gateway that runs on.
            yaml.safe_dump({**settings, "cache": {"layers": ["memory"], "answers": "never"}}, file)
            engine = Engine.from_file(file.name)
        try:
            made = await bill(engine, model, session)
        finally:
            await engine.close()
        whole = whole or made.units
        tokens = f"{made.images:>10,} {made.read:>10,} {made.written:>9,} {made.uncached:>9,}"
        rewrites = ", ".join(map(str, made.rewrites)) or "none"
        print(f"{name:<10} {tokens} {made.units:>10,.0f} {1 - made.units / whole:>6.1%}  {rewrites}", flush=True)
        chunks = allowed(len(session)) if "conversation" in settings else set()
        assert set(made.rewrites) <= chunks, f"{name}: earlier turns changed beside chunk steps"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder of traces.jsonl and its images")
    parser.add_argument("--models", default=MODELS)
    parser.add_argument("--turns", type=int, default=50)
    parser.add_argument("--sessions", default="*", help="a glob of the sessions' ids")
    arguments = parser.parse_args()
    session = turns(arguments.data, arguments.turns, arguments.sessions)
    for model in arguments.models.split(","):
        asyncio.run(compare(model, session))


if __name__ == "__main__":
    main()
