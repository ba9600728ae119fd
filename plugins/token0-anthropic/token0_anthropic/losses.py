"""What a request loses on the way to another API: refused, or dropped with a warning where the operator allows it."""

from __future__ import annotations

from token0.errors import BadRequest, dotted
from token0.types import Path


class Losses:
    """Collects the warnings of one translation."""

    def __init__(self, *, drop: bool) -> None:
        self._drop = drop
        self.warnings: list[str] = []

    def add(self, at: Path, why: str) -> None:
        """What stands at `at` has no counterpart. Raises `BadRequest` naming it, unless it may be dropped."""
        if not self._drop:
            message = f"Unsupported parameter: '{dotted(at)}' cannot be translated for anthropic: {why}."
            raise BadRequest(message, at=at, code="unsupported_parameter")
        self.warnings.append(f"{dotted(at)} was dropped for anthropic: {why}")
