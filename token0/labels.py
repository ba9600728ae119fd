"""Text of others in a prompt: labelled, and fenced so that it cannot pass for anything else."""

from __future__ import annotations

import re
import unicodedata


def fenced(head: str, text: str, end: str) -> str:
    """`text` between a headline and an end mark, without control characters.

    The fence is longer than any run of backticks inside.
    """
    text = "".join(letter for letter in text if letter == "\n" or unicodedata.category(letter)[0] != "C")
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{head}\n{fence}\n{text}\n{fence}\n{end}"
