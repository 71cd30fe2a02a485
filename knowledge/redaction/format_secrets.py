"""Find tokens in a vendor's published format, as `formats.yaml` lists them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache, lru_cache, partial

from knowledge.patterns import PatternSet
from knowledge.redaction.patterns import BytePattern, RedactionRule, Span
from knowledge.redaction.place_files import SecretFormat, load_formats
from knowledge.redaction.randomness import is_random

_SECRET_GROUP = "(?P<secret>"  # noqa: S105 - a group's name
_RANDOM_GROUP = "(?P<random>"
_MAX_FORMATS = 4
"""How many formats to compile for one text. One with more was made up, and they'd be others in the next."""


@cache
def _split_formats() -> tuple[Sequence[SecretFormat], Sequence[SecretFormat]]:
    """Return the vendors' formats, and those of which only a prefix is known; the latter overlap others."""
    formats = load_formats()
    prefixed = [known for known in formats if _RANDOM_GROUP in known.pattern]
    return [known for known in formats if known not in prefixed], prefixed


@cache
def _get_signs() -> PatternSet:
    return PatternSet([known.sign for known in _split_formats()[0]])


@lru_cache(maxsize=64)
def _build_pattern(numbers: Sequence[int]) -> tuple[BytePattern, tuple[str, ...]]:
    """Return one pattern for some vendors' formats, and the names of its groups that are the part to hide."""
    patterns, groups = [], []
    for number in numbers:
        known, name = _split_formats()[0][number], f"secret{number}"
        if _SECRET_GROUP in known.pattern:
            groups.append(name)
        patterns.append(known.pattern.replace(_SECRET_GROUP, f"(?P<{name}>"))
    return BytePattern("|".join(f"(?:{pattern})" for pattern in patterns)), tuple(groups)


def _find_known_formats(view: bytes) -> Iterator[Span]:
    """Yield tokens in a vendor's format. Unless there are many signs, only their formats are searched for."""
    numbers = tuple(sorted(_get_signs().find_in(view)))
    if not numbers:
        return
    pattern, groups = _build_pattern(numbers if len(numbers) <= _MAX_FORMATS else range(len(_split_formats()[0])))
    for match in pattern.finditer(view):
        yield match.span(next((group for group in groups if match.start(group) >= 0), ""))


def _find_prefixed_tokens(pattern: BytePattern, view: bytes) -> Iterator[Span]:
    """Yield what follows a prefix that looks like a vendor's, if it's random."""
    for match in pattern.finditer(view):
        if is_random(match.group("random").decode("latin-1")):
            yield match.span()


def build_prefiltered_rules() -> tuple[tuple[str, RedactionRule], ...]:
    """Return the rules with their signs. They read the file of formats."""
    known, prefixed = _split_formats()
    return (
        ("|".join(dict.fromkeys(one.sign for one in known)), _find_known_formats),
        *((one.sign, partial(_find_prefixed_tokens, BytePattern(one.pattern))) for one in prefixed),
    )
