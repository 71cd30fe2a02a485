"""Masks what identifies people and places in a text, and keeps what support needs to find the run."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable

from knowledge.redaction.patterns import Span, build_byte_view, compile_pattern

_GUID = compile_pattern(r"(?i)\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
_SUPPORT_ID_BEFORE = compile_pattern(
    r"(?i)(?:correlation|operation|tracking|request|activity|trace|run|build)[ _-]?id[\"'\\]*\s*[:=]?\s*[\"'\\({]*\z"
    r"|operation(?:status|result)e?s/\z|operationid[ :=]+\z"
    r"|(?:packer|script|shell|vars|inline|cleanup|elevated)[\w-]*-\z"
)
_SUPPORT_ID_AFTER = compile_pattern(r"\][ \t]+PACKER")
_LABELS = (
    ("subscription", compile_pattern(r"(?i)subscription(?:s/|[ _-]?(?:id)?[\"'\\]*\s*[:=]?\s*[\"'\\({]*)\z")),
    (
        "tenant",
        compile_pattern(
            r"(?i)(?:tenant(?:s/|[ _-]?(?:id)?[\"'\\]*\s*[:=]?\s*[\"'\\({]*)"
            r"|microsoftonline\.com/|sts\.windows\.net/|directory[ _-]?id\W*)\z"
        ),
    ),
    (
        "object",
        compile_pattern(r"(?i)(?:object|principal|client|application|app)[ _-]?(?:id)?[\"'\\]*\s*[:=]?\s*[\"'\\({]*\z"),
    ),
)
_EMAIL = compile_pattern(
    r"(?i)\b[a-z0-9][a-z0-9._%+-]{0,63}@[a-z0-9][a-z0-9-]{0,62}(?:\.[a-z0-9-]{1,63})*\.[a-z]{2,24}\b"
)
_IPV4 = compile_pattern(r"\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b")
_IPV6 = compile_pattern(r"(?i)[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}")
_VERSION_BEFORE = compile_pattern(r"(?i)(?:v|ver|version|release|build|[_/@-]|\.)[\"'\s:=]*\z")
_USER_NAME = compile_pattern(
    r"(?i)(?:[a-z]:[\\/]+users[\\/]+|/home/|/users/)(?P<home>[^\\/\s\"'<>:;,]{1,64})"
    r"|\b[a-z_]{0,16}user[ _-]?(?:name|id)?[\"'\\]*\s*[:=]\s*[\"'\\]*(?P<named>[\w.\\@-]{2,64})"
    r"|\bnet1?\s+user\s+(?P<net>[\w.-]{2,64})"
)
_COMMON_USERS = frozenset(
    b"public default administrator root system packer azureuser all null none true false defaultuser0 redacted".split()
)
_PUBLIC_ADDRESSES = frozenset({b"127.0.0.1", b"0.0.0.0", b"255.255.255.255", b"168.63.129.16", b"169.254.169.254"})
_LOOKBEHIND_BYTES = 48


def mask_identifiers(text: str) -> str:
    """`text` with subscription, tenant and object ids, e-mail and IP addresses and user names as placeholders.

    The same value gets the same placeholder, `<subscription-1>`; correlation and operation ids and template names stay.
    """
    view = build_byte_view(text)
    numbers: dict[str, int] = {}
    names: dict[bytes, str] = {}

    def assign_placeholder(value: bytes, label: str) -> str:
        key = value.lower()
        if key not in names:
            numbers[label] = numbers.get(label, 0) + 1
            names[key] = f"<{label}-{numbers[label]}>"
        return names[key]

    labels = _label_guids(view)
    found: dict[Span, str] = {}
    for match in _GUID.finditer(view):
        label = labels[match.group().lower()]
        if label is not None:
            found[match.span()] = label
    for match in _EMAIL.finditer(view):
        found[match.span()] = "email"
    for match in _IPV4.finditer(view):
        if _is_ipv4(view, match.start(), match.group()):
            found[match.span()] = "ip"
    for match in _IPV6.finditer(view):
        if _is_ipv6(match.group()):
            found[match.span()] = "ip"
    for match in _USER_NAME.finditer(view):
        group = next(group for group in ("home", "named", "net") if match.start(group) >= 0)
        if match.group(group).lower() not in _COMMON_USERS:
            found[match.span(group)] = "user"
    return _replace_identifiers(text, view, found, assign_placeholder)


def _replace_identifiers(
    text: str, view: bytes, labels: dict[Span, str], assign_placeholder: Callable[[bytes, str], str]
) -> str:
    pieces: list[str] = []
    at = 0
    for start, end in sorted(labels):
        if start >= at:
            pieces.append(text[at:start])
            pieces.append(assign_placeholder(view[start:end], labels[start, end]))
            at = end
    pieces.append(text[at:])
    return "".join(pieces)


def _label_guids(view: bytes) -> dict[bytes, str | None]:
    """What each GUID is, by its first telling place in the text; `None` for one that support needs."""
    labels: dict[bytes, str | None] = {}
    for match in _GUID.finditer(view):
        value = match.group().lower()
        before = view[max(0, match.start() - _LOOKBEHIND_BYTES) : match.start()]
        if _SUPPORT_ID_AFTER.match(view, match.end()) or _SUPPORT_ID_BEFORE.search(before):
            labels[value] = None
        elif labels.get(value, "id") == "id":
            if value in labels and labels[value] is None:
                continue
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
