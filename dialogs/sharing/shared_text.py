"""Text that others may read: without secrets, ids, links, and names other than the template's own.

People who read a channel may have no permissions in Azure, so the post must not point them to a subscription.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from dialogs.context import shorten_runs
from dialogs.model.reply import RichText
from dialogs.state.json_fields import clean_text
from dialogs.state.share_state import MAX_RUN_CHARS, MAX_RUNS
from knowledge.diagnosis.excerpt import shorten_line
from knowledge.redaction.identifiers import mask_identifiers
from knowledge.redaction.redact import redact

MAX_LINE_CHARS = 300
MIN_NAME_CHARS = 3
"""A shorter name reveals nothing, and would be hidden in every sentence."""
_ELLIPSIS = "…"

# single character classes with limits can't backtrack far, so the patterns stay linear
_LINK = re.compile(r"(?i)\b[a-z][a-z0-9+.-]{1,20}://[^\s\"'<>]+")
_HOST = re.compile(r"(?i)\b[\w.-]{1,120}\.(?:windows|azure|azurecr|usgovcloudapi)\.(?:net|com|io|us)\b")
_RESOURCE_ID = re.compile(r"(?i)/?\b(?:subscriptions|resourcegroups|tenants|managementgroups)/[^\s\"',;)\]]+")
_GROUP_OPTION = re.compile(r"(?i)((?<!\w)(?:-g|--resource-group|-ResourceGroupName)[ =]{1,3})[^\s\"']{1,90}")
_NAMED_GROUP = re.compile(r"(?i)(resource ?group(?: ?name)?[\"']?\s{0,3}[:=]?\s{0,3}[\"'“‘`])[^\"'”’`]{1,90}")
_GUID = re.compile(r"(?i)[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


def hide_details(text: str, names: Iterable[str]) -> str:
    """Return `text` redacted, and without links, resource ids, other ids, and `names`."""
    text = _drop_cut_words(redact(text))
    text = _LINK.sub("<link>", text)
    text = _RESOURCE_ID.sub("<resource>", text)
    text = _HOST.sub("<host>", text)
    text = _GROUP_OPTION.sub(r"\1<name>", text)
    text = _NAMED_GROUP.sub(r"\1<name>", text)
    for name in (name for name in names if len(name) >= MIN_NAME_CHARS):
        text = re.sub(rf"(?i)(?<![\w-]){re.escape(name)}(?![\w-])", "<name>", text)
    return _GUID.sub("<id>", mask_identifiers(text))


def _drop_cut_words(text: str) -> str:
    """Return `text` without words that an earlier cut left incomplete: half an id no longer looks like one."""
    if text.endswith(_ELLIPSIS):
        text = re.sub(r"\S*…\Z", _ELLIPSIS, text)
    return re.sub(r"\A…\S*", _ELLIPSIS, text) if text.startswith(_ELLIPSIS) else text


def hide_details_in_runs(text: RichText, names: Iterable[str], max_chars: int = MAX_RUN_CHARS) -> RichText:
    """Return a rich text without such details, short enough to be stored as is."""
    names = tuple(names)
    # our own words never name the user's resources, even if a resource group has one of them as its name
    hidden = tuple(
        run._replace(text=clean_text(hide_details(run.text, names if run.style == "code" else ()), MAX_RUN_CHARS))
        for run in text
    )
    return shorten_runs(hidden[:MAX_RUNS], max_chars)


def hide_details_in_line(line: str, names: Iterable[str]) -> str:
    """Return a log line without such details, cut to a length that suits a post."""
    return clean_text(shorten_line(hide_details(line, names), MAX_LINE_CHARS), MAX_LINE_CHARS)
