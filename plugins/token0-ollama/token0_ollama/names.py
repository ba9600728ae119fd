"""The parts of an Ollama model name: `library/qwen2.5vl:3b-q4` is ("qwen2.5vl", "3b-q4")."""

from __future__ import annotations

import re
from typing import NamedTuple

_PREFIX = re.compile(r"^(?:ollama/|ollama_chat/)?(?:library/)?")
_SUFFIX = re.compile(r"(?:-\d{4}-\d{2}-\d{2}|-\d{8}|-latest|\[1m\])+$")


class Name(NamedTuple):
    """`tag` is empty where none was given, which Ollama reads as `latest`."""

    family: str
    tag: str

    @property
    def is_cloud(self) -> bool:
        """Runs on the vendor's servers, not on this machine: `:cloud`, `:235b-cloud`."""
        return self.tag == "cloud" or self.tag.endswith("-cloud")


def parse(model: str) -> Name:
    family, _, tag = _PREFIX.sub("", model.lower()).partition(":")
    return Name(_SUFFIX.sub("", family), tag)
