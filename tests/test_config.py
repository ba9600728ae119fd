"""token0.config: the YAML file as settings, every mistake at once, and nothing secret printed."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any, Literal

import msgspec
import pytest
import yaml
from fakes.seeing import Eye
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Meta

from token0 import config as configuration
from token0.config import CacheConfig, Config, Routing, Server, Step, Workers
from token0.errors import ConfigError
from token0.interfaces import Cache, ConversationOptimizer, ModelSelector, NoConfig, Optimizer
from token0.types import Price
from token0.wire import Answer, Call, Provider

EXAMPLE = Path(__file__).parent.parent / "examples" / "token0.yaml"
MIB = 1024 * 1024
UNHURRIED = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])


class Resize(Optimizer):
    name = "resize"

    class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
        longest_edge: Annotated[int, Meta(ge=64, le=8192)] = 1568

    def plan(self, image: Any, ctx: Any) -> None: ...

    def apply(self, image: Any, plan: Any, ctx: Any) -> Any: ...


class Ocr(Optimizer):
    name = "ocr"

    def plan(self, image: Any, ctx: Any) -> None: ...

    def apply(self, image: Any, plan: Any, ctx: Any) -> Any: ...


class Tidy(ConversationOptimizer):
    name = "tidy"

    class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
        keep: int = 3

    def plan(self, images: Any, ctx: Any) -> Any: ...


class Shelf(Cache):
    name = "shelf"

    class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
        url: str = "box://here"

    async def get(self, key: str) -> None: ...

    async def put(self, key: str, value: bytes, seconds: float) -> None: ...


class Choose(ModelSelector):
    name = "choose"

    class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
        to: str

    def select(self, request: Any, model: str, quote: Any) -> None: ...


class Cascade(Choose):
    class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
        models: dict[str, str]


class OpenAI(Provider):
    name = "openai"
    aliases = ("oai",)
    dialects = ("chat",)

    class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
        base_url: Annotated[str, Meta(pattern="^https?://")] = "https://api.openai.com/v1"
        credentials: Literal["client", "configured"] = "client"
        api_key: str = ""
        connect_seconds: Annotated[float, Meta(gt=0)] = 10.0
        first_byte_seconds: Annotated[float, Meta(gt=0)] = 600.0
        idle_seconds: Annotated[float, Meta(gt=0)] = 120.0

    async def send(self, call: Call) -> Answer:
        raise NotImplementedError


class Hosted(Provider):
    name = "hosted"
    dialects = ("chat",)

    class Config(msgspec.Struct, frozen=True):
        base_url: str

    async def send(self, call: Call) -> Answer:
        raise NotImplementedError


REGISTRY = SimpleNamespace(
    optimizers={"resize": Resize, "ocr": Ocr},
    conversation_optimizers={"tidy": Tidy},
    providers={"openai": OpenAI},
    caches={"shelf": Shelf},
    selectors={"choose": Choose},
    matchers={"eye": Eye},
    failures={"tiles": "ImportError: no cv2"},
)


class Folder:
    """Writes a configuration and reads it."""

    def __init__(self, path: Path) -> None:
        self.file = path / "token0.yaml"

    def load(self, text: str | bytes, registry: Any = REGISTRY, **env: str) -> Config:
        self.file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return configuration.load(self.file, registry, env)

    def mistakes(self, text: str | bytes, registry: Any = REGISTRY, **env: str) -> list[str]:
        """The mistakes without the name of the file."""
        with pytest.raises(ConfigError) as caught:
            self.load(text, registry, **env)
        return [mistake.removeprefix(f"{self.file}:") for mistake in caught.value.mistakes]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_without_file_there_are_no_steps_and_all_providers() -> None:
    config = configuration.default(REGISTRY)
    assert (config.pipeline, config.providers, config.path) == ((), {"openai": OpenAI.Config()}, None)


def test_empty_file_means_the_defaults(folder: Folder) -> None:
    config = folder.load("")
    assert msgspec.structs.replace(config, path=None) == configuration.default(REGISTRY)


def test_defaults_are_the_documented_ones() -> None:
    config = Config()
    assert (config.server, config.workers, config.quality) == (
        Server("127.0.0.1", 8000, 67_108_864, 120.0),
        Workers(2, 10.0, 805_306_368, 100_000_000),
        "legible",
    )


def test_file_is_read_into_settings(folder: Folder) -> None:
    config = folder.load(
        "server: {host: '::', port: 0}\nworkers: {processes: 4, deadline_seconds: 2}\nquality: thrifty\n"
        "pipeline:\n  - ocr\n  - use: resize\n    longest_edge: 768\n"
        "providers:\n  openai: {idle_seconds: 3}\n"
        "routing: {default_provider: oai, aliases: {'my-*': openai/gpt-x, other: oai}}\n"
        "prices: {gpt-x: {input: 1, as_of: 2026-11-23}}\n"
    )
    assert config == Config(
        server=Server(host="::", port=0),
        workers=Workers(processes=4, deadline_seconds=2.0),
        quality="thrifty",
        pipeline=(Step("ocr", NoConfig()), Step("resize", Resize.Config(768))),
        providers={"openai": OpenAI.Config(idle_seconds=3.0)},
        routing=Routing("oai", {"my-*": "openai/gpt-x", "other": "oai"}),
        prices={"gpt-x": Price(input=1.0, as_of="2026-11-23")},
        path=str(folder.file),
    )


def test_layers_of_the_cache_are_read_like_steps(folder: Folder) -> None:
    config = folder.load("cache:\n  layers:\n  - shelf\n  - use: shelf\n    url: box://there\n  answers: never\n")
    assert config.cache == CacheConfig(
        layers=(Step("shelf", Shelf.Config()), Step("shelf", Shelf.Config("box://there"))), answers="never"
    )


def test_steps_over_all_images_are_read_like_steps(folder: Folder) -> None:
    config = folder.load("conversation:\n- tidy\n- use: tidy\n  keep: 5\n")
    assert config.conversation == (Step("tidy", Tidy.Config()), Step("tidy", Tidy.Config(5)))


def test_a_selector_is_read_with_its_settings(folder: Folder) -> None:
    assert folder.load("selector:\n  use: choose\n  to: m\n").selector == Step("choose", Choose.Config("m"))


def test_a_matcher_is_read_with_its_settings(folder: Folder) -> None:
    assert folder.load("cache:\n  matcher: eye\n").cache.matcher == Step("eye", Eye.Config())
    matcher = folder.load("cache: {layers: [shelf], matcher: {use: eye, exactly: true}}").cache.matcher
    assert matcher == Step("eye", Eye.Config(exactly=True))


@pytest.mark.parametrize("text", ["", "cache: {layers: [shelf]}", "cache:\n  matcher:\n"])
def test_only_equal_bytes_are_one_picture_unless_a_matcher_is_named(folder: Folder, text: str) -> None:
    assert folder.load(text).cache.matcher is None


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("cache: {matcher: eyes}", "1: cache.matcher: no matcher 'eyes' is installed; did you mean 'eye'?"),
        ("cache: {matcher: {use: eye, blind: true}}", "1: cache.matcher.blind: there is no such setting"),
    ],
)
def test_a_wrong_matcher_is_a_mistake(folder: Folder, text: str, mistake: str) -> None:
    assert folder.mistakes(text) == [mistake]


@pytest.mark.parametrize("text", ["", "selector:\n"])
def test_no_model_is_chosen_unless_a_selector_is_named(folder: Folder, text: str) -> None:
    assert folder.load(text).selector is None


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("selector: chose", "1: selector: no selector 'chose' is installed; did you mean 'choose'?"),
        ("selector: choose", "1: selector.to: must be set: it has no default"),
        ("selector: {use: choose, to: m, form: n}", "1: selector.form: there is no such setting"),
    ],
)
def test_a_wrong_selector_is_a_mistake(folder: Folder, text: str, mistake: str) -> None:
    assert folder.mistakes(text) == [mistake]


def test_nothing_is_kept_unless_layers_are_named(folder: Folder) -> None:
    assert folder.load("cache: {answers: always}").cache.layers == ()


def test_section_of_comments_means_the_defaults(folder: Folder) -> None:
    text = "".join(f"{name}:\n  # nothing\n" for name in configuration.SECTIONS if name != "quality")
    assert msgspec.structs.replace(folder.load(text + "quality: legible"), path=None) == configuration.default(REGISTRY)


def test_all_mistakes_are_told_at_once_in_the_order_of_lines(folder: Folder) -> None:
    assert folder.mistakes(
        "sever: {}\n"
        "server:\n  port: 99999\n  port: 1\n  host: ${NONE}\n"
        "quality: legibel\n"
        "pipeline:\n  - resise\n  - use: resize\n    longest_edg: 1\n  - use: resize\n    longest_edge: 1\n"
        "providers:\n  opnai: {}\n"
        "routing:\n  default_provider: nobody\n  aliases: {a: opnai/x}\n"
    ) == [
        "1: sever: there is no such setting; did you mean 'server'?",
        "3: server.port: expected `int` <= 65535, not 99999",
        "4: server.port: given twice, first on line 3",
        "5: server.host: the environment variable NONE is not set",
        "6: quality: must be 'lossless' or 'legible' or 'thrifty', not 'legibel'; did you mean 'legible'?",
        "8: pipeline[0]: no optimizer 'resise' is installed; did you mean 'resize'?",
        "10: pipeline[1].longest_edg: there is no such setting; did you mean 'longest_edge'?",
        "12: pipeline[2].longest_edge: expected `int` >= 64, not 1",
        "14: providers.opnai: no provider 'opnai' is installed; did you mean 'openai'?",
        "16: routing.default_provider: no provider 'nobody' is installed",
        "17: routing.aliases.a: no provider 'opnai' is installed; did you mean 'openai'?",
    ]


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("- a", f"1: must be a mapping with {', '.join(configuration.SECTIONS)}"),
        ("server: 5", "1: server: must be a mapping, not a number"),
        ("server:\n  port: x", "2: server.port: expected `int`, got `str`"),
        ("server: {shutdown_seconds: .inf}", "1: server.shutdown_seconds: expected `float` <= 86400.0, not inf"),
        ("quality: ~", "1: quality: must be 'lossless' or 'legible' or 'thrifty', not None"),
        ("pipeline: resize", "1: pipeline: must be a list, as `- resize`"),
        ("pipeline: [5]", "1: pipeline[0]: must be the name of an optimizer, as `- resize` or `- use: resize`"),
        (
            "pipeline:\n - a: 1",
            "2: pipeline[0].use: must be the name of an optimizer, as `- resize` or `- use: resize`",
        ),
        (
            "conversation: [tidyy]",
            "1: conversation[0]: no step over all images 'tidyy' is installed; did you mean 'tidy'?",
        ),
        (
            "conversation: [resize]",
            "1: conversation[0]: no step over all images 'resize' is installed; it belongs under pipeline",
        ),
        ("pipeline: [tidy]", "1: pipeline[0]: no optimizer 'tidy' is installed; it belongs under conversation"),
        ("pipeline: [shelf]", "1: pipeline[0]: no optimizer 'shelf' is installed; it belongs under cache.layers"),
        ("cache: memory", "1: cache: must be a mapping, not text"),
        ("cache: {layers: shelf}", "1: cache.layers: must be a list, as `- memory`"),
        (
            "cache: {layers: [{}]}",
            "1: cache.layers[0].use: must be the name of a cache, as `- memory` or `- use: memory`",
        ),
        ("cache: {layers: [shelv]}", "1: cache.layers[0]: no cache 'shelv' is installed; did you mean 'shelf'?"),
        (
            "cache:\n layers:\n - use: shelf\n   ulr: x",
            "4: cache.layers[0].ulr: there is no such setting; did you mean 'url'?",
        ),
        ("cache: {anwsers: never}", "1: cache.anwsers: there is no such setting; did you mean 'answers'?"),
        ("cache: {image_seconds: .inf}", "1: cache.image_seconds: expected `float` <= 31536000.0, not inf"),
        ("providers: []", "1: providers: must be a mapping of provider names to their settings"),
        ("providers:\n  openai: x", "2: providers.openai: must be a mapping, not text"),
        ("prices: {gpt: {output: 1}}", "1: prices.gpt.input: must be set: it has no default"),
        ("prices: {gpt: {input: 1, inptu: 1}}", "1: prices.gpt.inptu: there is no such setting; did you mean 'input'?"),
        ("a: [1\nb: 2", "2: not YAML: while parsing a flow sequence, did not find expected ',' or ']'"),
        (b"a: 1\nb: \xff", "2: not UTF-8 text"),
        ('"a\\nb": 1', "1: a\\nb: there is no such setting"),
    ],
)
def test_mistake_has_line_and_path(folder: Folder, text: str | bytes, mistake: str) -> None:
    assert folder.mistakes(text) == [mistake]


def test_byte_order_mark_is_no_mistake(folder: Folder) -> None:
    assert folder.load(b"\xef\xbb\xbfquality: lossless").quality == "lossless"


def test_missing_file_is_a_mistake(tmp_path: Path) -> None:
    file = tmp_path / "none.yaml"
    with pytest.raises(ConfigError, match=f"^{re.escape(str(file))}: cannot be read: No such file or directory$"):
        configuration.load(file, REGISTRY)


@pytest.mark.parametrize("path", [".", "a\0b"])
def test_path_that_is_no_file_is_a_mistake(path: str) -> None:
    with pytest.raises(ConfigError, match="cannot be read: "):
        configuration.load(path, REGISTRY)


def test_too_large_file_is_a_mistake(folder: Folder) -> None:
    folder.file.write_bytes(b"#" * (MIB + 1))
    with pytest.raises(ConfigError, match=f"larger than {MIB} bytes"):
        configuration.load(folder.file, REGISTRY)


@pytest.mark.parametrize("name", ["tiles", "token0-tiles", "token0_tiles"])
def test_broken_plugin_is_named_with_its_reason(folder: Folder, name: str) -> None:
    what = f"no optimizer {name!r} is installed; the plugin 'tiles' is installed but broken: ImportError: no cv2"
    assert folder.mistakes(f"pipeline: [{name}]") == [f"1: pipeline[0]: {what}"]


def test_broken_provider_is_named_with_its_reason(folder: Folder) -> None:
    what = "no provider 'tiles' is installed; the plugin 'tiles' is installed but broken: ImportError: no cv2"
    assert folder.mistakes("providers: {tiles: {}}") == [f"1: providers.tiles: {what}"]


HOSTED = SimpleNamespace(**{**vars(REGISTRY), "providers": {"hosted": Hosted}})


def test_provider_with_a_setting_that_must_be_set_is_a_mistake_when_it_is_not(folder: Folder) -> None:
    with pytest.raises(
        ConfigError, match=r"token0\.yaml: providers\.hosted\.base_url: must be set: it has no default$"
    ):
        folder.load("", HOSTED)


def test_default_names_a_provider_that_cannot_do_without_settings() -> None:
    with pytest.raises(ConfigError, match=r"^\(no file\): providers\.hosted\.base_url: must be set"):
        configuration.default(HOSTED)


def test_show_is_the_shape_of_the_file(folder: Folder) -> None:
    shown = configuration.show(folder.load("pipeline: [{use: resize, longest_edge: 99}]\nprices: {a: {input: 2}}"))
    assert shown["pipeline"] == [{"use": "resize", "longest_edge": 99}]
    assert shown["prices"]["a"]["input"] == 2.0
    assert tuple(shown) == configuration.SECTIONS


def test_what_show_gives_can_be_loaded_again(folder: Folder) -> None:
    config = folder.load(
        "server: {port: 1}\npipeline: [ocr]\ncache: {layers: [shelf], matcher: eye}\nselector: {use: choose, to: m}\n"
        "routing: {aliases: {'on': openai/x}}"
    )
    assert folder.load(yaml.safe_dump(configuration.show(config))) == config


def test_show_hides_secrets(folder: Folder) -> None:
    config = folder.load(
        "providers:\n  openai: {credentials: configured, api_key: hunter2, base_url: 'https://u:hunter2@h/${TOKEN}'}\n"
        "server:\n  host: h${SERVER_PASSWORD}\n  port: ${PORT_KEY}\n",
        TOKEN="hunter2",
        SERVER_PASSWORD="hunter2",
        PORT_KEY="22222",
    )
    shown = configuration.show(config)
    assert (shown["providers"]["openai"]["api_key"], shown["providers"]["openai"]["base_url"]) == ("***", "***")
    assert (shown["server"]["host"], shown["server"]["port"]) == ("***", "***")
    assert "hunter2" not in str(shown)


def test_show_hides_the_password_in_the_address_of_a_cache(folder: Folder) -> None:
    config = folder.load("cache: {layers: [{use: shelf, url: '${REDIS_URL}'}]}", REDIS_URL="redis://:hunter2@h/0")
    assert configuration.show(config)["cache"]["layers"] == [{"use": "shelf", "url": "redis://***@h/0"}]


def test_show_keeps_what_is_not_secret(folder: Folder) -> None:
    config = folder.load("providers: {openai: {base_url: 'http://u:p@h/${VERSION}'}}", VERSION="v1")
    assert configuration.show(config)["providers"]["openai"]["base_url"] == "http://***@h/v1"


def test_show_tells_that_a_secret_is_not_set() -> None:
    assert configuration.show(configuration.default(REGISTRY))["providers"]["openai"]["api_key"] == ""


@pytest.mark.parametrize(
    "text",
    [
        "providers: {openai: {api_key: [hunter2]}}",
        "providers: {openai: {api_key: *hunter2}}",
        "providers: {openai: {api_key: !hunter2 x}}",
        "providers: {openai: {api_key: !hunter2!x x}}",
        "providers: {openai: {api_key: '${hunter2 }'}}",
        "providers: {openai: hunter2}",
        "providers: {openai: {base_url: 'ftp://u:hunter2@h'}}",
        "quality: '${API_KEY}'",
        "cache: {layers: ['${API_KEY}']}",
        "server:\n  port: ${API_KEY}",
        "pipeline: ['${API_KEY}']",
        "routing: {default_provider: '${API_KEY}'}",
    ],
)
def test_mistake_does_not_quote_a_secret(folder: Folder, text: str) -> None:
    assert "hunter2" not in "\n".join(folder.mistakes(text, API_KEY="hunter2"))


@given(st.text() | st.binary().map(lambda data: data.decode("latin-1")))
@UNHURRIED
def test_any_text_loads_or_is_a_config_error(text: str) -> None:
    load_or_mistakes(text)


@given(
    st.lists(
        st.sampled_from((*configuration.SECTIONS, "use", "openai", "port", "api_key", "base_url", "resize"))
        | st.sampled_from([": ", ":\n  ", "\n", "\n  ", "- ", "{", "}", "[", "]", ", ", "&a ", "*a", "${A}", "!!str "])
        | st.sampled_from(["8000", ".nan", "~", "true", "'", '"', "|", "x", "#", "${A:-1}", "<<"]),
        max_size=30,
    )
)
@UNHURRIED
def test_any_jumble_of_settings_loads_or_is_a_config_error(words: list[str]) -> None:
    load_or_mistakes("".join(words))


def load_or_mistakes(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            config = Folder(Path(folder)).load(text.encode("utf-8", "surrogatepass"), A="7")
        except ConfigError:
            return
        yaml.safe_dump(configuration.show(config))


class Parts(Ocr):
    name = "resize"

    class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
        split: bool = False
        trim: bool = True


STEPS = ["pdf", "repair", "resize", "tiles", "detail", "ocr"]
JOINT_STEPS = ["history", "repeats", "pack"]
LAYERS = ["memory", "disk", "redis"]
SHIPPED = SimpleNamespace(
    optimizers={**dict.fromkeys([*STEPS, "saliency", "screens"], Ocr), "resize": Parts},
    conversation_optimizers=dict.fromkeys(JOINT_STEPS, Tidy),
    providers={"openai": OpenAI},
    caches=dict.fromkeys(LAYERS, Shelf),
    selectors={"cascade": Cascade},
    matchers={"neardup": Eye},
    failures={},
)


def test_example_loads() -> None:
    config = configuration.load(EXAMPLE, SHIPPED, {})
    assert [step.use for step in config.pipeline] == STEPS


def test_settings_behind_a_hash_in_the_example_are_right(folder: Folder) -> None:
    config = folder.load(uncommented_example(), SHIPPED)
    assert (config.server, config.workers, config.providers["openai"]) == (Server(), Workers(), OpenAI.Config())


def test_example_mentions_every_setting_of_the_core() -> None:
    text = uncommented_example()
    names = [field.name for kind in (Server, Workers, Routing, CacheConfig) for field in msgspec.structs.fields(kind)]
    assert [
        name for name in (*names, *configuration.SECTIONS) if not re.search(rf"^ *{name}:", text, re.MULTILINE)
    ] == []


def uncommented_example() -> str:
    """The example with the settings behind `#` in force: a hash without a space after it."""
    return re.sub(r"(?m)^( *)#(?=[^\s#])", r"\1", EXAMPLE.read_text())
