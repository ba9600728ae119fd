"""What a request asks for that Gemini has no word for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from token0.errors import BadRequest, dotted

if TYPE_CHECKING:
    from token0.types import Path


class Losses:
    """Refuses each loss, or collects sentences about them where the operator lets them happen."""

    def __init__(self, *, drop: bool) -> None:
        self.warnings: list[str] = []
        self._drop = drop

    def lose(self, at: Path, why: str) -> None:
        """Leave out what stands at `at`. Raises `BadRequest` naming it, unless losses are allowed."""
        if not self._drop:
            message = f"'{dotted(at)}' cannot be translated for Google Gemini: {why}."
            raise BadRequest(message, at=at, code="unsupported_parameter")
        self.warnings.append(f"{dotted(at)} was dropped: {why}")

    def note(self, at: Path, what: str) -> None:
        """Say what stands in the place of something that Gemini has in another size only."""
        self.warnings.append(f"{dotted(at)}: {what}")
