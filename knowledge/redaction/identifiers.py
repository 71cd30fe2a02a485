"""Mask identifiers of people, tenants, and networks in a text; keep those that support needs to find the run."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from knowledge.redaction.patterns import BytePattern, Span, build_byte_view

_GUID = BytePattern(r"(?i)\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
_SUPPORT_ID_BEFORE = BytePattern(
    r"(?i)(?:correlation|operation|tracking|request|activity|trace|run|build)[ _-]?id[\"'\\]*\s*[:=]?\s*[\"'\\({]*\z"
    r"|operation(?:status|result)e?s/\z|operationid[ :=]+\z"
    r"|(?:packer|script|shell|vars|inline|cleanup|elevated)[\w-]*-\z"
)
_SUPPORT_ID_AFTER = BytePattern(r"\][ \t]+PACKER")
_LABELS = (
    ("subscription", BytePattern(r"(?i)subscription(?:s/|[ _-]?(?:id)?[\"'\\]*\s*[:=]?\s*[\"'\\({]*)\z")),
    (
        "tenant",
        BytePattern(
            r"(?i)(?:tenant(?:s/|[ _-]?(?:id)?[\"'\\]*\s*[:=]?\s*[\"'\\({]*)"
            r"|microsoftonline\.com/|sts\.windows\.net/|directory[ _-]?id\W*)\z"
        ),
    ),
    (
        "object",
        BytePattern(r"(?i)(?:object|principal|client|application|app)[ _-]?(?:id)?[\"'\\]*\s*[:=]?\s*[\"'\\({]*\z"),
    ),
)
_EMAIL = BytePattern(r"(?i)\b[a-z0-9][a-z0-9._%+-]{0,63}@[a-z0-9][a-z0-9-]{0,62}(?:\.[a-z0-9-]{1,63})*\.[a-z]{2,24}\b")
_IPV4 = BytePattern(r"\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b")
_IPV6 = BytePattern(r"(?i)[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}")
_VERSION_BEFORE = BytePattern(r"(?i)(?:v|ver|version|release|build|[_/@-]|\.)[\"'\s:=]*\z")
_USER_NAME = BytePattern(
    r"(?i)(?:[a-z]:[\\/]+users[\\/]+|/home/|/users/)(?P<home>[^\\/\s\"'<>:;,]{1,64})"
    r"|\b[a-z_]{0,16}user[ _-]?(?:name|id)?[\"'\\]*\s*[:=]\s*[\"'\\]*(?P<named>[\w.\\@-]{2,64})"
    r"|\bnet1?\s+user\s+(?P<net>[\w.-]{2,64})"
)
_COMMON_USERS = frozenset(
    b"public default administrator root system packer azureuser all null none true false defaultuser0 redacted".split()
)
_PUBLIC_ADDRESSES = frozenset({b"127.0.0.1", b"0.0.0.0", b"255.255.255.255", b"168.63.129.16", b"169.254.169.254"})
_USER_NAME_GROUPS = ("home", "named", "net")
_LOOKBEHIND_BYTES = 48


def mask_identifiers(text: str) -> str:
    """Return `text` with subscription, tenant, and object ids, email and IP addresses, and user names masked.

    Each value is replaced by the same placeholder everywhere, such as `<subscription-1>`. Correlation ids, operation
    ids, and template names stay.
    """
    view = build_byte_view(text)
    # If two kinds have the same span, the later one wins.
    labels: dict[Span, str] = {}
    for find in (_find_guids, _find_emails, _find_ip_addresses, _find_user_names):
        labels.update(find(view))
    placeholders = _Placeholders()
    parts: list[str] = []
    pos = 0
    for start, end in sorted(labels):
        if start >= pos:  # A span that overlaps an earlier identifier is left out.
            parts.append(text[pos:start])
            parts.append(placeholders.get(view[start:end], labels[start, end]))
            pos = end
    parts.append(text[pos:])
    return "".join(parts)


class _Placeholders:
    """The placeholders for the values in one text, numbered per label in text order."""

    def __init__(self) -> None:
        self._placeholders: dict[bytes, str] = {}
        self._counts: dict[str, int] = {}

    def get(self, value: bytes, label: str) -> str:
        """Return the placeholder for `value`; case doesn't matter, and a known value keeps its first label."""
        key = value.lower()
        if key not in self._placeholders:
            self._counts[label] = self._counts.get(label, 0) + 1
            self._placeholders[key] = f"<{label}-{self._counts[label]}>"
        return self._placeholders[key]


def _find_guids(view: bytes) -> Iterator[tuple[Span, str]]:
    labels = _label_guids(view)
    for match in _GUID.finditer(view):
        label = labels[match.group().lower()]
        if label is not None:
            yield match.span(), label


def _find_emails(view: bytes) -> Iterator[tuple[Span, str]]:
    for match in _EMAIL.finditer(view):
        yield match.span(), "email"


def _find_ip_addresses(view: bytes) -> Iterator[tuple[Span, str]]:
    for match in _IPV4.finditer(view):
        if _is_ipv4(view, match.start(), match.group()):
            yield match.span(), "ip"
    for match in _IPV6.finditer(view):
        if _is_ipv6(match.group()):
            yield match.span(), "ip"


def _find_user_names(view: bytes) -> Iterator[tuple[Span, str]]:
    for match in _USER_NAME.finditer(view):
        group = next(group for group in _USER_NAME_GROUPS if match.start(group) >= 0)
        if match.group(group).lower() not in _COMMON_USERS:
            yield match.span(group), "user"


def _label_guids(view: bytes) -> dict[bytes, str | None]:
    """Return the label of each GUID, in lowercase; `None` for one that support needs.

    The label comes from the first context of the GUID that says anything. One place that shows that support needs it is
    enough.
    """
    labels: dict[bytes, str | None] = {}
    for match in _GUID.finditer(view):
        value = match.group().lower()
        before = view[max(0, match.start() - _LOOKBEHIND_BYTES) : match.start()]
        if _SUPPORT_ID_AFTER.match(view, match.end()) or _SUPPORT_ID_BEFORE.search(before):
            labels[value] = None
        elif labels.get(value, "id") == "id":
            labels[value] = next((label for label, pattern in _LABELS if pattern.search(before)), "id")
    return labels


def _is_ipv4(view: bytes, start: int, value: bytes) -> bool:
    if value in _PUBLIC_ADDRESSES or any(int(part) > 255 for part in value.split(b".")):
        return False
    return not _VERSION_BEFORE.search(view[max(0, start - 16) : start])


def _is_ipv6(value: bytes) -> bool:
    if len(value) < 6 or not any(48 <= c < 58 for c in value):
        return False
    try:
        return not ipaddress.IPv6Address(value.decode("ascii")).is_loopback
    except ValueError:
        return False
