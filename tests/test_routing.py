"""token0.routing: which provider a model means, in the order that is promised; never a guess."""

from __future__ import annotations

import pytest

from token0.errors import BadRequest, UnknownModel
from token0.interfaces import NoConfig
from token0.routing import Router
from token0.wire import Answer, Call, Provider


class Fake(Provider):
    dialects = ("d",)

    def __init__(self, name: str, claims: str = "", lists: str = "", aliases: tuple[str, ...] = ()) -> None:
        super().__init__(NoConfig())
        self.name, self.aliases = name, aliases  # type: ignore[misc]
        self._claims, self._lists = claims, lists

    def claims(self, model: str) -> bool:
        return model in self._claims.split()

    async def lists(self, model: str) -> bool:
        return model in self._lists.split()

    async def send(self, call: Call) -> Answer:
        raise NotImplementedError


PROVIDERS = [
    Fake("openai", "gpt-4o shared", aliases=("oai",)),
    Fake("anthropic", "claude shared"),
    Fake("ollama", lists="gpt-oss:20b qwen2.5vl gpt-4o"),
]


def router(aliases: dict[str, str] | None = None, default: str | None = None) -> Router:
    return Router({each.name: each for each in PROVIDERS}, aliases or {}, default)


async def to(model: str, named: str | None = None, default: str | None = None, **aliases: str) -> str:
    found = await router(aliases, default).route(model, named)
    return f"{found.provider.name} {found.model}"


@pytest.mark.parametrize(
    ("model", "named", "expected"),
    [
        ("gpt-4o", "anthropic", "anthropic gpt-4o"),
        ("anthropic/claude", "anthropic", "anthropic claude"),
        ("openai/gpt-4o", "anthropic", "anthropic openai/gpt-4o"),
        ("oai/gpt-4o", "openai", "openai gpt-4o"),
        ("x", "oai", "openai x"),
        ("unheard-of", "ollama", "ollama unheard-of"),
    ],
)
async def test_the_header_goes_first(model: str, named: str, expected: str) -> None:
    assert await to(model, named, **{model: "openai/other"}) == expected


async def test_a_header_that_names_nobody_is_refused_with_the_candidates() -> None:
    with pytest.raises(BadRequest, match="installed: anthropic, ollama, openai"):
        await to("gpt-4o", "gogle")


@pytest.mark.parametrize(
    ("aliases", "model", "expected"),
    [
        ({"gpt-4o": "anthropic/claude"}, "gpt-4o", "anthropic claude"),
        ({"cheap": "openai/gpt-4o"}, "cheap", "openai gpt-4o"),
        ({"my-*": "ollama"}, "my-llava", "ollama my-llava"),
        ({"my-*": "ollama", "my-x": "openai/gpt-4o"}, "my-x", "openai gpt-4o"),
        ({"m*": "ollama", "my-*": "openai"}, "my-y", "ollama my-y"),
        ({"anthropic/*": "openai"}, "anthropic/claude", "openai anthropic/claude"),
        ({"openai/*": "openai"}, "openai/gpt-4o", "openai gpt-4o"),
        ({"x": "oai/a/b"}, "x", "openai a/b"),
        ({"MY-*": "ollama"}, "gpt-4o", "openai gpt-4o"),
    ],
)
async def test_an_alias_goes_before_all_else_and_exact_before_glob(
    aliases: dict[str, str], model: str, expected: str
) -> None:
    assert await to(model, **aliases) == expected


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("openai/gpt-4o", "openai gpt-4o"),
        ("oai/gpt-4o", "openai gpt-4o"),
        ("anthropic/gpt-4o", "anthropic gpt-4o"),
        ("ollama/library/llava:7b", "ollama library/llava:7b"),
        ("openai/anthropic/claude", "openai anthropic/claude"),
    ],
)
async def test_a_prefix_is_the_first_segment_only(model: str, expected: str) -> None:
    assert await to(model) == expected


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("gpt-4o", "openai gpt-4o"),
        ("claude", "anthropic claude"),
        ("gpt-oss:20b", "ollama gpt-oss:20b"),
        ("qwen2.5vl", "ollama qwen2.5vl"),
    ],
)
async def test_a_claim_goes_before_a_list(model: str, expected: str) -> None:
    assert await to(model) == expected


async def test_the_default_is_asked_last() -> None:
    assert await to("qwen2.5vl", default="anthropic") == "ollama qwen2.5vl"
    assert await to("unheard-of", default="anthropic") == "anthropic unheard-of"


@pytest.mark.parametrize("model", ["unheard-of", "", "openai/", "/gpt-4o", "elsewhere/gpt-4o", "GPT-4o", "my-gpt-4o"])
async def test_an_unknown_model_is_a_404_that_names_the_candidates(model: str) -> None:
    with pytest.raises(UnknownModel, match="anthropic, ollama, openai") as caught:
        await to(model)
    assert (caught.value.status, caught.value.param) == (404, "model")


async def test_two_claims_on_one_name_are_refused_with_both() -> None:
    with pytest.raises(BadRequest, match="openai and anthropic") as caught:
        await to("shared")
    assert caught.value.code == "ambiguous_model"


@pytest.mark.parametrize("aliases", [{"shared": "anthropic"}, {"sha*": "anthropic/shared"}])
async def test_the_configuration_decides_between_two_claims(aliases: dict[str, str]) -> None:
    assert await to("shared", **aliases) == "anthropic shared"


async def test_a_name_of_a_provider_goes_before_another_ones_alias() -> None:
    routing = Router({"a": Fake("a", aliases=("b",)), "b": Fake("b")}, {}, None)
    assert routing.named("b").name == "b"


async def test_without_providers_every_model_is_unknown() -> None:
    with pytest.raises(UnknownModel, match="none"):
        await Router({}, {}, None).route("gpt-4o")
