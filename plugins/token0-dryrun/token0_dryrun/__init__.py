"""An embedded provider for token0-gateway: no key, no network, and an answer that says what would have been sent."""

from __future__ import annotations

from token0 import hookimpl
from token0_dryrun.provider import DryRun


@hookimpl
def token0_register_providers() -> list[type[DryRun]]:
    return [DryRun]
