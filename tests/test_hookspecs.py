"""token0.hookspecs: every hook is described, and every kind of plugin has one."""

from __future__ import annotations

import inspect

import pytest

from token0 import hookspecs
from token0.plugins import _KINDS

HOOKS = {name: hook for name, hook in vars(hookspecs).items() if name.startswith("token0_")}


@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_says_when_it_is_called_and_what_it_returns(name: str) -> None:
    assert inspect.getdoc(HOOKS[name])


@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_is_a_specification(name: str) -> None:
    assert hasattr(HOOKS[name], "token0_spec")


def test_registration_hooks_are_the_ones_that_are_asked() -> None:
    assert {hook for hook, _ in _KINDS.values()} == {name for name in HOOKS if "_register_" in name}


def test_registration_hooks_take_nothing() -> None:
    assert [name for name, hook in HOOKS.items() if "_register_" in name and inspect.signature(hook).parameters] == []
