"""token0.engine: a request body in, a cheaper one and a report out; nothing that fails costs the request."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fakes import lab
from fakes.engines import BIG, HALF, Make, body, engine, plugin, run

from token0 import config, plugins
from token0.config import Config
from token0.engine import Engine
from token0.errors import ConfigError, PluginError, UnknownModel
from token0.report import Report
from token0.testing import png
from token0.types import Edit, Price, Request
from token0.wire import Translator

__all__ = ["engine"]  # a fixture


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


@pytest.mark.parametrize(
    "spell", [lambda text: "\n".join(text), lambda text: "\r\n".join(text), str], ids=["lines", "mime", "php"]
)
async def test_text_tokens_are_estimated_without_the_escapes_of_the_image(
    engine: Make, spell: Callable[[str], str]
) -> None:
    encoded = base64.b64encode(png(64, 64) + b"\xff" * 3000).decode()
    sent = body(prompt="rest", image=spell(encoded)).replace(b"/", rb"\/")
    _, report = await engine().optimize(sent, "lab")
    assert report.text_tokens <= 30


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
