"""token0: every image in a model request as cheap as it can be, without losing the answer."""

from __future__ import annotations

import pluggy

hookimpl = pluggy.HookimplMarker("token0")
"""Marks a function of a plugin module as the implementation of a hook of `token0.hookspecs`."""

__all__ = ["hookimpl"]
