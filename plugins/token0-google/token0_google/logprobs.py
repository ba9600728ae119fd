"""Gemini's log probabilities as OpenAI's."""

from __future__ import annotations

from typing import Any


def logprobs(candidate: dict[str, Any]) -> dict[str, Any] | None:
    """The `logprobs` of a choice, None where the candidate has none."""
    result = candidate.get("logprobsResult")
    if not isinstance(result, dict):
        return None
    steps = result.get("topCandidates") or []
    entries = []
    for i, chosen in enumerate(result.get("chosenCandidates") or ()):
        others = (steps[i].get("candidates") or ()) if i < len(steps) else ()
        entries.append({**_entry(chosen), "top_logprobs": [_entry(other) for other in others]})
    return {"content": entries, "refusal": None}


def _entry(candidate: dict[str, Any]) -> dict[str, Any]:
    token = candidate.get("token") or ""
    return {"token": token, "logprob": candidate.get("logProbability") or 0.0, "bytes": list(token.encode())}
