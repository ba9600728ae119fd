"""token0.engine: a request body in, a cheaper one and a report out; nothing that fails costs the request."""

from __future__ import annotations

import base64
import json
import types
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from fakes import lab

from token0 import config, hookimpl, plugins
from token0.config import Config, Fetch, Step
from token0.engine import Engine
from token0.errors import BadRequest, ConfigError, PluginError, UnknownModel, Unusable
from token0.fetch import Fetcher, FetchError
from token0.interfaces import Context, Endpoint, NoConfig, Translator
from token0.report import Report
from token0.testing import png
from token0.types import Edit, Image, ImagePart, Price, Request

BIG = base64.b64encode(png(128, 128)).decode()
HALF = base64.b64encode(png(64, 64)).decode()
Make = Callable[..., Engine]


@pytest.fixture
async def engine() -> AsyncIterator[Make]:
    """Makes engines of the plugin `fakes.lab`, and of modules with further hooks."""
    made: list[Engine] = []

    def make(*modules: Any, in_process: bool = True, **settings: Any) -> Engine:
        registry = plugins.load([], [lab, *modules])
        settings = {"pipeline": (Step("act", NoConfig()),), "providers": {"lab": lab.LabProvider.Config()}, **settings}
        made.append(Engine(Config(**settings), registry, in_process=in_process))
        return made[-1]

    yield make
    for each in made:
        await each.close()


def plugin(name: str, **hooks: Callable[..., Any]) -> types.ModuleType:
    module = types.ModuleType(name)
    for hook, function in hooks.items():
        setattr(module, hook, hookimpl(function))
    return module


def body(**fields: Any) -> bytes:
    return json.dumps({"model": "lab", "image": BIG, **fields}).encode()


async def run(engine: Engine, **fields: Any) -> tuple[dict[str, Any], Report]:
    sent, report = await engine.optimize(body(**fields), "lab")
    return json.loads(sent), report


async def test_an_image_becomes_cheaper_and_the_report_says_so(engine: Make) -> None:
    sent, report = await run(engine(), extra=1.0)
    assert sent == {"model": "lab", "image": HALF, "extra": 1.0}
    (image,) = report.images
    assert (image.at, image.before.tokens, image.after.tokens) == ("image", 16, 4)
    assert (report.tokens_saved, report.applied) == (12, ["act"])


async def test_a_body_without_images_is_the_same_object(engine: Make) -> None:
    text_only = b'{ "model": "lab" }'
    sent, report = await engine().optimize(text_only, "lab")
    assert sent is text_only
    assert report.images == ()


@pytest.mark.parametrize("prompt", ["rest", "fail"])
async def test_a_body_whose_images_stay_is_the_same_object(engine: Make, prompt: str) -> None:
    same = body(prompt=prompt)
    sent, report = await engine().optimize(same, "lab")
    assert sent is same
    assert [step.applied for step in report.images[0].steps] == [False]


async def test_the_same_request_becomes_the_same_bytes(engine: Make) -> None:
    running = engine()
    assert (await running.optimize(body(), "lab"))[0] == (await running.optimize(body(), "lab"))[0]


async def test_the_client_can_switch_it_off(engine: Make) -> None:
    sent, report = await run(engine(), token0_optimize=False)
    assert sent == {"model": "lab", "image": BIG}
    assert report.images == ()


async def test_the_client_can_demand_a_detail(engine: Make) -> None:
    _, report = await run(engine(), token0_detail_override="low", prompt="rest")
    assert [step.name for step in report.images[0].steps] == ["detail_override", "act"]
    assert report.images[0].after.detail == "low"


async def test_a_model_is_named_as_its_provider_knows_it(engine: Make) -> None:
    running = engine(routing=config.Routing(aliases={"cheap": "lab/lab-1"}))
    sent, report = await run(running, model="cheap", prompt="rest")
    assert (sent["model"], report.provider, report.model) == ("lab-1", "lab", "lab-1")


async def test_an_unknown_model_is_refused(engine: Make) -> None:
    with pytest.raises(UnknownModel):
        await run(engine(), model="unheard-of")


async def test_without_a_rule_images_are_sent_as_they_came(engine: Make) -> None:
    sent, report = await run(engine(), model="lab/unheard-of")
    assert sent["image"] == BIG
    assert report.images[0].before.tokens is None
    assert "no image-token rule for the model unheard-of" in report.warnings[0]


async def test_an_assumed_rule_is_told(engine: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lab.LabCounter, "assumed", True)
    _, report = await run(engine())
    assert "is not published" in report.warnings[0]


@pytest.mark.parametrize(
    ("image", "note"),
    [("", "not a format known here"), ("bm8=", "not a format known here"), (BIG, "beyond the limit of 99 pixels")],
)
async def test_an_image_that_is_not_opened_is_sent_as_it_came(engine: Make, image: str, note: str) -> None:
    sent, report = await run(engine(workers=config.Workers(max_pixels=99)), image=image)
    assert sent["image"] == image
    assert note in (report.images[0].note or "")


async def test_broken_base64_is_refused_with_its_place(engine: Make) -> None:
    with pytest.raises(BadRequest) as caught:
        await run(engine(), image="?")
    assert caught.value.param == "image"


@pytest.mark.parametrize(("prompt", "moves"), [("Where is it? Give coordinates.", False), ("What is it?", True)])
async def test_steps_know_when_answers_are_positions(
    engine: Make, monkeypatch: pytest.MonkeyPatch, prompt: str, moves: bool
) -> None:
    seen: list[Context] = []

    def plan(self: object, image: Image, ctx: Context) -> None:
        seen.append(ctx)

    monkeypatch.setattr(lab.Act, "plan", plan)
    await run(engine(quality="thrifty"), prompt=prompt)
    assert [(ctx.coordinates, ctx.prompt, ctx.quality) for ctx in seen] == [(not moves, prompt, "thrifty")]


@pytest.mark.parametrize(("stream", "changed", "asked"), [(True, "", True), (True, "rest", False), (False, "", False)])
async def test_usage_is_asked_for_where_a_stream_needs_it(
    engine: Make, monkeypatch: pytest.MonkeyPatch, stream: bool, changed: str, asked: bool
) -> None:
    def asks(self: object, request: Request) -> tuple[Edit, ...]:
        return (Edit(("usage",), (True,)),)

    monkeypatch.setattr(lab.Lab, "asks_usage", asks)
    sent, _ = await run(engine(), stream=stream, prompt=changed)
    assert ("usage" in sent) is asked


async def test_the_price_of_the_operator_is_in_the_report(engine: Make) -> None:
    _, report = await run(engine(prices={"lab": Price(input=2.0)}))
    assert report.public()["cost_saved_usd"] == 0.000024


async def test_text_tokens_are_estimated_without_the_image(engine: Make) -> None:
    _, report = await run(engine(), prompt="x" * 4000)
    assert 1000 <= report.text_tokens <= 1030


async def test_workers_give_the_same_bytes_as_this_process(
    engine: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, _ = await engine().optimize(body(), "lab")
    lab.install(tmp_path, monkeypatch)
    there, _ = await engine(in_process=False).optimize(body(), "lab")
    assert there == here


async def test_a_worker_that_dies_costs_only_the_saving(
    engine: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.install(tmp_path, monkeypatch)
    sent, report = await run(engine(in_process=False), prompt="die")
    assert sent["image"] == BIG
    assert report.images[0].note == "sent as it came: the worker ended with status 7"


async def test_a_worker_is_not_started_for_an_image_without_work(engine: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("asyncio.create_subprocess_exec")
    _, report = await run(engine(in_process=False), prompt="rest")
    assert report.images[0].steps[0].why == "told to rest"


# Plugins around it


def fail() -> None:
    raise ValueError("stumbled")


async def test_a_failing_start_names_the_plugin(engine: Make) -> None:
    with pytest.raises(PluginError, match="plugin bad failed to start: ValueError"):
        engine(plugin("bad", token0_startup=lambda engine: fail())).startup()


async def test_a_failing_observer_costs_nothing(engine: Make, caplog: pytest.LogCaptureFixture) -> None:
    seen: list[str] = []
    bad = plugin("bad", token0_request_done=lambda report: fail())
    good = plugin("good", token0_request_done=lambda report: seen.append(report.request_id))
    engine(bad, good).done(Report(request_id="r", dialect="lab"))
    assert seen == ["r"]
    assert "observer bad failed" in caplog.text


async def test_a_failing_shutdown_leaves_nothing_open(engine: Make, caplog: pytest.LogCaptureFixture) -> None:
    ended: list[str] = []
    bad = plugin("bad", token0_shutdown=lambda engine: fail())
    good = plugin("good", token0_shutdown=lambda engine: ended.append("good"))
    await engine(bad, good).close()
    assert ended == ["good"]
    assert "plugin bad failed to shut down" in caplog.text


async def test_an_engine_is_made_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.install(tmp_path, monkeypatch)
    (tmp_path / "token0.yaml").write_text("pipeline: [act]\n")
    engine = Engine.from_file(str(tmp_path / "token0.yaml"), in_process=True)
    sent, _ = await run(engine)
    assert sent["image"] == HALF
    await engine.close()


def test_a_step_that_is_not_installed_is_refused(tmp_path: Path) -> None:
    (tmp_path / "token0.yaml").write_text("pipeline: [unheard-of]\n")
    with pytest.raises(ConfigError, match="unheard-of"):
        Engine.from_file(str(tmp_path / "token0.yaml"))


ADDRESS = "https://pictures.example/a.png"


@pytest.fixture
def remote(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Remote images answer with the big picture; returns the addresses that were asked for."""
    asked: list[str] = []

    async def fetch(_: Fetcher, url: str) -> bytes:
        asked.append(url)
        if "gone" in url:
            raise FetchError("its server answered with status 404")
        return png(128, 128)

    monkeypatch.setattr(Fetcher, "fetch", fetch)
    return asked


@pytest.mark.parametrize("images", ["never", "needed"])
async def test_a_remote_image_is_left_to_a_provider_that_fetches(engine: Make, remote: list[str], images: Any) -> None:
    sent, report = await run(engine(fetch=Fetch(images=images)), image=ADDRESS)
    assert (sent["image"], remote) == (ADDRESS, [])
    assert report.images[0].note == "not in the request: fetched or held by the provider"


async def test_a_remote_image_is_fetched_to_be_optimized_where_allowed(engine: Make, remote: list[str]) -> None:
    sent, report = await run(engine(fetch=Fetch(images="always")), image=ADDRESS)
    assert (sent["image"], remote) == (HALF, [ADDRESS])
    assert [step.name for step in report.images[0].steps if step.applied] == ["act"]


async def test_a_fetched_image_that_stays_as_it_is_keeps_its_address(engine: Make, remote: list[str]) -> None:
    sent, _ = await run(engine(fetch=Fetch(images="always")), image=ADDRESS, prompt="rest")
    assert (sent["image"], remote) == (ADDRESS, [ADDRESS])


async def test_a_provider_that_takes_no_addresses_gets_the_image(
    engine: Make, remote: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lab.LabProvider, "fetches_images", False)
    sent, report = await run(engine(fetch=Fetch(images="needed")), image=ADDRESS, prompt="rest")
    assert (sent["image"], remote) == (BIG, [ADDRESS])
    assert report.applied == ["fetch"]


async def test_an_image_that_nobody_can_fetch_is_a_400_naming_the_part(
    engine: Make, remote: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lab.LabProvider, "fetches_images", False)
    with pytest.raises(BadRequest, match="status 404") as caught:
        await run(engine(fetch=Fetch(images="needed")), image=ADDRESS + "/gone")
    assert (caught.value.code, caught.value.param) == ("image_unreachable", "image")


async def test_an_image_fetched_in_vain_only_to_look_at_it_is_left_alone(engine: Make, remote: list[str]) -> None:
    sent, report = await run(engine(fetch=Fetch(images="always")), image=ADDRESS + "/gone")
    assert sent["image"] == ADDRESS + "/gone"
    assert report.images[0].note == "its server answered with status 404"


async def test_a_token_rule_that_fails_costs_the_saving_only(engine: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    def count(*_: object) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(lab.LabCounter, "count", count)
    sent, report = await run(engine())
    assert sent == {"model": "lab", "image": BIG}
    assert report.images[0].note == "sent as it came: ZeroDivisionError"


def test_two_translators_of_one_way_are_an_error_naming_both() -> None:
    class One(Translator):
        name, source, target = "one", "a", "b"

        def translate(self, document: dict[str, Any], model: str, *, drop: bool) -> Any: ...

    class Two(One):
        name = "two"

    module = plugin("translators", token0_register_translators=lambda: [One, Two])
    registry = plugins.load([], [lab, module])
    with pytest.raises(PluginError, match="one and two both translate a to b"):
        Engine(Config(providers={"lab": lab.LabProvider.Config()}), registry)


def forbids(word: str) -> types.ModuleType:
    class Forbids(lab.Act):
        name = "forbids"
        formats = frozenset({"png", "unknown"})

        def apply(self, image: Image, plan: Any, ctx: Context) -> Any:
            raise Unusable(word)

    return plugin("forbids", token0_register_optimizers=lambda: [Forbids])


@pytest.mark.parametrize("encoded", [BIG, base64.b64encode(b"not an image").decode()])
async def test_an_image_that_must_not_be_sent_is_refused_with_its_place(engine: Make, encoded: str) -> None:
    running = engine(forbids("nothing of it can be read"), pipeline=(Step("forbids", NoConfig()),))
    with pytest.raises(BadRequest, match="The image cannot be used: nothing of it can be read") as caught:
        await run(running, image=encoded)
    assert (caught.value.param, caught.value.code) == ("image", "invalid_image")


async def test_what_is_no_image_is_sent_as_it_came(engine: Make) -> None:
    sent, report = await run(engine(), image="bm90IGFuIGltYWdl", token0_detail_override="low")
    assert sent["image"] == "bm90IGFuIGltYWdl"
    assert (report.images[0].note, report.images[0].steps) == ("not a format known here", ())


async def test_base64_in_lines_is_sent_in_one(engine: Make) -> None:
    sent, report = await run(engine(), image=f"{BIG[:40]}\r\n{BIG[40:]}", prompt="rest")
    assert sent["image"] == BIG
    assert report.applied == ["normalize"]


async def test_steps_learn_that_the_provider_refused(engine: Make) -> None:
    asked: list[bool] = []

    class Asks(lab.Act):
        name = "asks"

        def plan(self, image: Image, ctx: Context) -> None:
            asked.append(ctx.refused)

    module = plugin("asks", token0_register_optimizers=lambda: [Asks])
    running = engine(module, pipeline=(Step("asks", NoConfig()),))
    dialect = running.dialects["lab"]
    request = dialect.read(body(), Endpoint(kind="generate", path="/lab"))
    route = await running.router.route("lab")
    for refused in (False, True):
        await running.prepare(dialect, request, route, running.report("lab", request, route), refused=refused)
    assert asked == [False, True]


async def test_documents_are_not_counted_as_images(engine: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    read = lab.Lab.read
    document = ImagePart(path=("document",), base64="JVBERi0xLjQK", media_type="application/pdf")

    def with_document(self: lab.Lab, body: bytes, endpoint: Endpoint) -> Request:
        request = read(self, body, endpoint)
        return msgspec.structs.replace(request, parts=(*request.parts, document))

    counted: list[int] = []
    monkeypatch.setattr(lab.Lab, "read", with_document)
    monkeypatch.setattr(lab.Act, "plan", lambda _, __, ctx: counted.append(ctx.images))
    await run(engine())
    assert counted == [1]
