"""How open models turn an image into prompt tokens, as the engines of Ollama prepare it.

Each rule counts the begin and end markers too. Where the engines' floats decide a border case (513 px of 28 scaled to
1,024 cells are 33 across, not 32), the same IEEE operations stand here: they too give one result on every machine.
"""

from __future__ import annotations

from math import ceil, floor, isqrt, log, sqrt
from typing import Protocol

import msgspec

from token0.types import Size


class Rule(Protocol):
    """What a family's arithmetic offers."""

    @property
    def grid(self) -> int | None: ...

    def count(self, size: Size) -> int: ...

    def seen(self, size: Size) -> Size: ...


class FixedRule(msgspec.Struct, frozen=True):
    """The same number of tokens whatever the size; the model looks at one of `canvases` (pixels), whichever fits best.

    Encoders that stretch the image over the whole canvas are taken to keep its aspect, as the others do.
    """

    tokens: int
    canvases: tuple[tuple[int, int], ...]

    grid = None

    def count(self, size: Size) -> int:
        return self.tokens

    def seen(self, size: Size) -> Size:
        return max((fit(size, Size(*canvas)) for canvas in self.canvases), key=_area)


class PatchRule(msgspec.Struct, frozen=True):
    """Cells of `cell` pixels, as many as the size gives, kept between `least` and `most` pixels by scaling.

    `fixed` and `per_row` are marker tokens. `half_even` rounds .5 cells to the even number, else up.
    """

    cell: int
    least: int
    most: int
    fixed: int = 0
    per_row: int = 0
    half_even: bool = False

    @property
    def grid(self) -> int:
        return self.cell

    def layout(self, size: Size) -> Size:
        """Cells across and down."""
        width, height = size
        cells = Size(self._rounded(width), self._rounded(height))
        pixels = _area(cells) * self.cell**2
        if pixels > self.most:
            shrink = sqrt(width * height / self.most)
            return Size(*(max(1, floor(edge / shrink / self.cell)) for edge in size))
        if pixels < self.least:
            enlarge = sqrt(self.least / (width * height))
            return Size(*(ceil(edge * enlarge / self.cell) for edge in size))
        return cells

    def count(self, size: Size) -> int:
        across, down = self.layout(size)
        return across * down + self.fixed + self.per_row * down

    def seen(self, size: Size) -> Size:
        """Small images are enlarged, which adds nothing to see: they are returned as they are."""
        across, down = self.layout(size)
        return Size(min(size.width, across * self.cell), min(size.height, down * self.cell))

    def _rounded(self, edge: int) -> int:
        whole, rest = divmod(edge, self.cell)
        up = 2 * rest > self.cell or (2 * rest == self.cell and not (self.half_even and whole % 2 == 0))
        return max(1, whole + up)


class BudgetRule(msgspec.Struct, frozen=True):
    """The whole budget of tokens, laid out in the image's aspect: pixels do not count. A token covers `cell` pixels."""

    budget: int
    cell: int

    grid = None

    def layout(self, size: Size) -> Size:
        """Tokens across and down."""
        width, height = size
        across, down = isqrt(self.budget * width // height), isqrt(self.budget * height // width)
        if across and down:
            return Size(across, down)
        return Size(min(width // height, self.budget), 1) if down == 0 else Size(1, min(height // width, self.budget))

    def count(self, size: Size) -> int:
        return _area(self.layout(size))

    def seen(self, size: Size) -> Size:
        across, down = self.layout(size)
        return Size(min(size.width, across * self.cell), min(size.height, down * self.cell))


class MergeRule(msgspec.Struct, frozen=True):
    """Fit into `longest`, cut into `patch` pixels, merge 2 x 2 patches (odd ones are lost), one marker for each row."""

    longest: int
    patch: int

    @property
    def grid(self) -> int:
        return 2 * self.patch

    def count(self, size: Size) -> int:
        across, down = (max(1, -(-edge // self.patch) // 2) for edge in self.seen(size))
        return across * down + down

    def seen(self, size: Size) -> Size:
        return fit(size, Size(self.longest, self.longest))


class TileRule(msgspec.Struct, frozen=True):
    """An overview, and for images beyond one tile the grid of tiles that keeps most of it, then wastes least.

    `grids` are (across, down); `tokens` is what one tile, or the overview, costs.
    """

    edge: int
    tokens: int
    grids: tuple[tuple[int, int], ...]
    fixed: int = 0

    @property
    def grid(self) -> int:
        return self.edge

    def count(self, size: Size) -> int:
        tiles = 0 if max(size) <= self.edge else _area(self._canvas(size)) // self.edge**2
        return self.tokens * (1 + tiles) + self.fixed

    def seen(self, size: Size) -> Size:
        return size if max(size) <= self.edge else fit(size, self._canvas(size))

    def _canvas(self, size: Size) -> Size:
        canvases = [Size(across * self.edge, down * self.edge) for across, down in self.grids]
        return max(canvases, key=lambda canvas: (_area(fit(size, canvas)), -_area(canvas)))


class SliceRule(msgspec.Struct, frozen=True):
    """MiniCPM-V: an overview and, beyond `edge` pixels, up to `most` slices in the grid whose aspect is nearest."""

    edge: int
    tokens: int
    most: int

    @property
    def grid(self) -> int:
        return self.edge

    def count(self, size: Size) -> int:
        if max(size) <= self.edge:
            return self.tokens
        across, down = self._slices(size)
        return self.tokens * (1 + across * down) + down - 1

    def seen(self, size: Size) -> Size:
        """The slices together have the area of as many squares of `edge`, in the image's own aspect.

        An image of just that area may get another grid; sending it would show the model less, so such a size stays.
        """
        area = _area(self._slices(size)) * self.edge**2
        if max(size) <= self.edge or _area(size) <= area:
            return size
        width, height = size
        sliced = Size(max(1, isqrt(width * area // height)), max(1, isqrt(height * area // width)))
        return sliced if self.count(sliced) == self.count(size) else size

    def _slices(self, size: Size) -> Size:
        ideal = min(-(-_area(size) // self.edge**2), self.most)
        candidates = [
            Size(across, number // across)
            for number in (ideal - 1, ideal, ideal + 1)
            if 1 < number <= self.most
            for across in range(1, number + 1)
            if number % across == 0
        ]
        return min(candidates, key=lambda slices: _skew(size, slices))


def fit(size: Size, canvas: Size) -> Size:
    """Scale down to lie within `canvas`, rounded down; smaller images stay."""
    width, height = size
    if width <= canvas.width and height <= canvas.height:
        return size
    if canvas.width * height <= canvas.height * width:
        return Size(canvas.width, max(1, height * canvas.width // width))
    return Size(max(1, width * canvas.height // height), canvas.height)


def _area(size: Size) -> int:
    return size.width * size.height


def _skew(size: Size, slices: Size) -> float:
    """How far the aspect of the grid is from the image's."""
    return abs(log(size.width / size.height) - log(slices.width / slices.height))
