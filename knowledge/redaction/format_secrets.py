"""Find tokens in a vendor's published format, as `formats.yaml` lists them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from knowledge.redaction.patterns import BytePattern, RedactionRule, Span
from knowledge.redaction.place_files import load_formats
from knowledge.redaction.randomness import is_random

_SECRET_GROUP = "(?P<secret>"  # noqa: S105 - a group's name
_RANDOM_GROUP = "(?P<random>"


@cache
def _get_prefixed_patterns() -> tuple[BytePattern, ...]:
    """Return the patterns of formats of which only a prefix is known; any of them overlaps others."""
    return tuple(BytePattern(known.pattern) for known in load_formats() if _RANDOM_GROUP in known.pattern)


@cache
def _get_pattern() -> tuple[BytePattern, tuple[str, ...]]:
    """Return one pattern for all formats, and the names of its groups that are the part to hide."""
    patterns, groups = [], []
    for number, known in enumerate(load_formats()):
        if _RANDOM_GROUP in known.pattern:
            continue
        name = f"secret{number}"
        if _SECRET_GROUP in known.pattern:
            groups.append(name)
        patterns.append(known.pattern.replace(_SECRET_GROUP, f"(?P<{name}>"))
    return BytePattern("|".join(f"(?:{pattern})" for pattern in patterns)), tuple(groups)


def _find_known_formats(view: bytes) -> Iterator[Span]:
    """Yield tokens in a known format. Where only a prefix is known, what follows must be random."""
    pattern, groups = _get_pattern()
    for match in pattern.finditer(view):
        yield match.span(next((group for group in groups if match.start(group) >= 0), ""))
    for prefixed in _get_prefixed_patterns():
        for match in prefixed.finditer(view):
            if is_random(match.group("random").decode("latin-1")):
                yield match.span()


def build_prefiltered_rules() -> tuple[tuple[str, RedactionRule], ...]:
    """Return the rule with its sign. It reads the file of formats."""
    signs = "|".join(dict.fromkeys(known.sign for known in load_formats()))
    return ((signs, _find_known_formats),)
