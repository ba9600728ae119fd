"""token0.plugins: each plugin is loaded alone; a broken one is named and skipped; the result is frozen."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

import pytest

from token0 import hookimpl, plugins
from token0.errors import PluginError
from token0.interfaces import Cache, Context, Optimizer
from token0.types import Image
from token0.wire import Provider


class Shrink(Optimizer):
    name = "shrink"

    def plan(self, image: Image, ctx: Context) -> None: ...

    def apply(self, image: Image, plan: Any, ctx: Context) -> Any: ...


class SameName(Shrink):
    pass


class Cloud(Provider):
    name = "cloud"
    aliases = ("sky",)
    dialects = ("d",)
    send = None  # type: ignore[assignment]


class Sky(Cloud):
    name = "sky"
    aliases = ()


class Blue(Cloud):
    name = "blue"


class Shelf(Cache):
    name = "shelf"

    async def get(self, key: str) -> None: ...

    async def put(self, key: str, value: bytes, seconds: float) -> None: ...


class Nameless(Optimizer):
    plan = Shrink.plan
    apply = Shrink.apply


class Unfinished(Optimizer):
    name = "unfinished"
    plan = Shrink.plan


def module(name: str, *classes: Any, **hooks: Callable[..., Any]) -> types.ModuleType:
    """A plugin module that offers optimizers and implements further hooks."""
    made = types.ModuleType(name)
    if classes:
        hooks["token0_register_optimizers"] = lambda: list(classes)
    for hook, function in hooks.items():
        setattr(made, hook, hookimpl(function))
    return made


class Point:
    """An entry point without an installed distribution; what it loads may be an error."""

    dist = None
    module = "the_module"

    def __init__(self, name: str, loads: Any) -> None:
        self.name, self._loads = name, loads

    def load(self) -> Any:
        if isinstance(self._loads, BaseException):
            raise self._loads
        return self._loads


def load(**points: Any) -> plugins.Registry:
    return plugins.load([Point(name, loads) for name, loads in points.items()])  # type: ignore[misc]


def observer(report: object) -> None: ...


def test_what_a_plugin_offers_is_found_by_name() -> None:
    registry = load(a=module("a", Shrink))
    assert registry.optimizers == {"shrink": Shrink}
    assert registry.installed[0].offers == {"optimizers": ("shrink",)}


def test_caches_are_found_by_name() -> None:
    assert load(a=module("a", token0_register_caches=lambda: [Shelf])).caches == {"shelf": Shelf}


def test_the_registry_is_frozen() -> None:
    registry = load(a=module("a", Shrink))
    with pytest.raises(TypeError):
        registry.optimizers["other"] = Shrink  # type: ignore[index]


def test_plugins_are_listed_in_the_order_of_their_names() -> None:
    registry = load(b=module("b"), a=module("a"))
    assert [plugin.entry_point for plugin in registry.installed] == ["a", "b"]


BROKEN = {
    "import": (ImportError("no such library"), "ImportError: no such library"),
    "hook raises": (module("x", token0_register_optimizers=lambda: 1 / 0), "ZeroDivisionError"),
    "returns nothing": (module("x", token0_register_optimizers=lambda: None), "TypeError"),
    "returns an instance": (module("x", object()), "must return subclasses of Optimizer"),
    "returns another class": (module("x", dict), "must return subclasses of Optimizer"),
    "class without a name": (module("x", Nameless), "AttributeError"),
    "unfinished class": (module("x", Unfinished), "Unfinished lacks apply"),
    "one name twice": (module("x", Shrink, SameName), "two classes of the name 'shrink'"),
    "misspelt hook": (module("x", token0_registr_optimizers=observer), "token0_registr_optimizers"),
    "wrong argument": (module("x", token0_request_done=lambda reprot: None), "reprot"),
}


@pytest.mark.parametrize(("plugin", "reason"), BROKEN.values(), ids=BROKEN)
def test_a_broken_plugin_is_named_and_skipped(plugin: Any, reason: str, caplog: pytest.LogCaptureFixture) -> None:
    registry = load(bad=plugin, good=module("good", Shrink))
    assert reason in registry.failures["bad"]
    assert "plugin bad (the_module -) is skipped" in caplog.text
    assert set(registry.optimizers) == {"shrink"}


@pytest.mark.parametrize("classes", [[Nameless], [dict]])
def test_a_broken_plugin_observes_nothing(classes: list[Any]) -> None:
    registry = load(bad=module("bad", *classes, token0_request_done=observer))
    assert list(registry.each("token0_request_done", report=None)) == []


def test_a_plugin_that_is_broken_halfway_offers_nothing() -> None:
    half = module("bad", Shrink, token0_register_providers=lambda: [object()])
    assert load(bad=half).optimizers == {}


def test_two_plugins_that_claim_one_name_are_both_named() -> None:
    with pytest.raises(PluginError, match="the optimizer 'shrink' is claimed by two plugins: a and b"):
        load(a=module("a", Shrink), b=module("b", SameName))


@pytest.mark.parametrize("other", [Sky, Blue], ids=["a name", "an alias"])
def test_an_alias_of_a_provider_belongs_to_one_plugin(other: type[Provider]) -> None:
    a, b = (module(name, token0_register_providers=lambda cls=cls: [cls]) for name, cls in (("a", Cloud), ("b", other)))
    with pytest.raises(PluginError, match=r"the provider 'sky' is claimed by two plugins: (a and b|b and a)"):
        load(a=a, b=b)


def test_two_entry_points_of_one_name_cost_only_the_second() -> None:
    points = [Point("a", module("x", Shrink)), Point("a", module("y", SameName))]
    registry = plugins.load(points)  # type: ignore[arg-type]
    assert registry.optimizers == {"shrink": Shrink}
    assert "another plugin has this name" in registry.failures["a"]


def test_one_module_under_two_names_is_loaded_once() -> None:
    one = module("one", Shrink)
    registry = load(a=one, b=one)
    assert registry.optimizers == {"shrink": Shrink}
    assert set(registry.failures) == {"b"}


def test_implementations_are_called_one_by_one_in_the_order_of_registration() -> None:
    calls: list[str] = []

    def fail(report: str) -> None:
        calls.append(f"a {report}")
        raise LookupError

    def work(report: str) -> None:
        calls.append(f"b {report}")

    registry = load(b=module("b", token0_request_done=work), a=module("a", token0_request_done=fail))
    (first, failing), (second, working) = registry.each("token0_request_done", report="r")
    with pytest.raises(LookupError):
        failing()
    working()
    assert (first, second, calls) == ("a", "b", ["a r", "b r"])


def test_a_hook_need_not_take_every_argument() -> None:
    registry = load(a=module("a", token0_request_done=lambda: "called"))
    ((_, call),) = registry.each("token0_request_done", report=None)
    assert call() == "called"


def test_plugins_may_be_given_without_an_entry_point() -> None:
    registry = plugins.load([], [module("direct", Shrink)])
    assert registry.installed[0].entry_point == "direct"
    assert registry.optimizers == {"shrink": Shrink}


def test_two_registries_know_nothing_of_each_other() -> None:
    plugins.load([], [module("one", Shrink)])
    assert plugins.load([], [module("two")]).optimizers == {}
