"""Say what couldn't be looked at in Azure, and why."""

from __future__ import annotations

from collections.abc import Mapping

from dialogs.model.azure_refusal import AzureRefusal
from knowledge.preflight.live.live_checking import LiveResult, UncheckedResource

MAX_SENTENCES = 8
"""How many sentences say what wasn't looked at; the second to last one then says that there's more."""


def describe_unchecked(result: LiveResult, texts: Mapping[str, str]) -> tuple[str, ...]:
    """Return one sentence for each thing that couldn't be looked at, and one for what's never looked at."""
    sentences = [*dict.fromkeys(_describe(unchecked, texts) for unchecked in result.unchecked)]
    if len(sentences) >= MAX_SENTENCES:
        left_out = len(sentences) - MAX_SENTENCES + 2
        sentences[MAX_SENTENCES - 2 :] = [texts["live.more"].format(n=left_out)]
    return (*sentences, texts["live.never"])


def describe_refusal(refusal: AzureRefusal, texts: Mapping[str, str]) -> str:
    """Return the sentence for a check in which nothing could be looked up."""
    key = f"live.nothing.{refusal.reason}"
    return texts.get(key) or texts["live.nothing"].format(reason=refusal.reason)


def _describe(unchecked: UncheckedResource, texts: Mapping[str, str]) -> str:
    reason = texts[f"live.because.{unchecked.reason}"].format(group=unchecked.group or unchecked.name)
    key = f"live.{unchecked.topic}" + ("" if unchecked.name else ".nameless")
    return texts[key].format(name=unchecked.name, reason=reason)
