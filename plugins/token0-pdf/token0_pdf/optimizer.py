"""The step as the pipeline sees it. What it does to documents is in `document`, which is heavy to import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec

from token0.interfaces import Declined, Optimizer, Plan
from token0_pdf.looks import asks_for_looks

if TYPE_CHECKING:
    from token0.interfaces import Context, Replacement
    from token0.types import Image


class PdfConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which documents are worked on."""

    max_pages: Annotated[
        int, msgspec.Meta(ge=1, le=200, description="Pages; documents with more are sent as they came.")
    ] = 40


class Pdf(Optimizer):
    """Sends the text of a PDF document where its pages show nothing else, and pages as pictures where they do.

    Providers show their models the text and a picture of every page, and bill both. lossless: leaves documents alone.
    Where a provider takes no documents, every page is sent, as text, as a picture, or as both.
    """

    name = "pdf"
    formats = frozenset({"pdf"})
    reads_prompt = True
    Config = PdfConfig

    def plan(self, image: Image, ctx: Context) -> Plan | Declined | None:
        """From the request alone: how many pages there are shows only when the document is opened."""
        if not ctx.limits.documents:
            return Plan(tokens=0, why="the provider takes no documents", repairs=True)
        if ctx.quality == "lossless":
            return Declined("the provider shows every page, as picture and text")
        if ctx.coordinates:
            return Declined("the answer may be a position on a page")
        if word := asks_for_looks(ctx.prompt):
            return Declined(f"the prompt asks what the document looks like ({word!r})")
        known = ctx.counter.count_document(1, "", image.detail) is not None
        estimated = "" if known else " (what the document costs is an estimate)"
        return Plan(tokens=0, why=f"the text of the pages stands for them{estimated}")

    def heeds(self, prompt: str) -> str:
        return asks_for_looks(prompt) or ""

    def apply(self, image: Image, plan: Plan, ctx: Context) -> Replacement | Declined:
        """Read, render where needed, compare. Declines where the document costs no more than its replacement."""
        from token0_pdf.document import replaced

        return replaced(image, ctx, self.config.max_pages, repairs=plan.repairs)
