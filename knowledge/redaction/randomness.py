"""Recognize runs of characters that look like key material: random text mixes its character classes."""

from __future__ import annotations

import itertools
import re
from functools import lru_cache

from knowledge.patterns import define_text_pattern

# Python's own expressions take linear time for these, and RE2's wrapper a multiple of it for texts this short.
_HEX = re.compile(r"(?:0x)?[0-9a-fA-F]+={0,2}")
_SEPARATORS = re.compile(r"[-_/+]+")
_CAMEL_WORDS = re.compile(r"[A-Z][a-z]{3,}")
_ATOMS = re.compile(r"[A-Z]+|[a-z]+|[0-9]+|[^A-Za-z0-9]+")
_GUID_LIKE = define_text_pattern(r"(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4,12}")
_KNOWN_FORMAT = define_text_pattern(r"(?:Standard|Basic)_[A-Z]|\d{4}[-/]\d\d[-/]\d\d|\d\d:\d\d|\d+(?:\.\d+)+$")
_FILE_ENDINGS = "ps1|exe|msi|dll|log|txt|json|ya?ml|xml|zip|sh|py|cmd|bat|hcl|net|com|org|io|azure"
_NO_PASSWORD = define_text_pattern(
    rf"(?i)[a-z]{{1,6}}[-_ ]?\d{{1,4}}|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|[\w.-]*\.(?:{_FILE_ENDINGS})"
    r"|v?\d+(?:[.,:/-]\d+)*\w{0,2}|[a-z]+(?:-[a-z0-9]+)*-\d{1,3}|\w+\(.*|[a-z]+(?:\.[a-z]\w*)+|(?:[\w.-]*/){2,}[\w.-]*|[a-z_][\w.-]*=.*|-{1,2}[\w-]+"
    r"|[a-z]:[\\/].*|\\\\.*|https?:.*|\$.*|%\w+%|0x[0-9a-f]+|(?-i:[a-z]{2,}(?:[A-Z][a-z]+)+\d?)"
    r"|//.*|[a-z]+(?:-[a-z]+)*-[0-9a-f]{6,12}|(?:aadsts|kb|error|code|line|char)\W*\d+"
)
"""What may be where a password could be: names, versions, files, paths, assignments, codes."""
_WORD_AND_NUMBER = define_text_pattern(r"[A-Za-z]{4,}\d{3,}")
_LIKELY_KEY = define_text_pattern(r"[0-9a-fA-F]{32,}|[0-9a-zA-Z-]{30,}|(?:\d{6}-){3,}\d{6}")
_MIN_PASSWORD_CHARS = 8


def _compute_mixing_rate(run: str) -> tuple[float, int]:
    """Return how often the character class changes, and the number of separators.

    The rate is 0 to 1 changes per character; it is near 0.65 for random base64.
    """
    atoms = _ATOMS.findall(run)
    separators = sum(len(atom) for atom in atoms if not atom[0].isalnum())
    # A capital before lowercase letters starts a word, and counts as half a change.
    capitals = sum(
        1 for atom, following in itertools.pairwise(atoms) if len(atom) == 1 and atom.isupper() and following.islower()
    )
    return (len(atoms) - 1 - capitals * 0.5) / max(1, len(run) - 1), separators


def _is_word(part: str) -> bool:
    return part.isalpha() and _compute_mixing_rate(part)[0] <= 0.2


def _is_readable_name(run: str) -> bool:
    """Return whether all parts between `/`, `-`, `_` and `+` are words, numbers, hex, or short lowercase names."""
    parts = [part for part in _SEPARATORS.split(run) if part]
    words = sum(len(part) for part in parts if len(part) >= 5 and (_HEX.fullmatch(part) or _is_word(part)))
    if "/" in run and words * 2 >= len(run):
        return True
    return len(parts) > 1 and all(
        len(part) < 4
        or _HEX.fullmatch(part)
        or (len(part) <= 16 and part.islower())
        or _compute_mixing_rate(part)[0] <= 0.3
        for part in parts
    )


def _is_camel_case(run: str) -> bool:
    """Return whether most of `run` is words of three letters or more after a capital, as in names of error codes."""
    return run.isalnum() and sum(map(len, _CAMEL_WORDS.findall(run))) > 0.6 * len(run)


@lru_cache(maxsize=8192)
def is_key_material(run: str) -> bool:
    """Return whether a run of at least 32 base64, base64url or base32 characters is random.

    Names, paths, GUIDs, and hashes aren't.
    """
    bare = run.rstrip("=")
    if _HEX.fullmatch(bare) or _GUID_LIKE.search(bare):
        return False
    # Base64 of UTF-16, in which every other byte is zero: most likely an encoded script.
    if len(bare) % 4 in (0, 2, 3) and len(run) >= 40 and run.count("A") > len(run) / 5:
        return True
    # A token of Azure DevOps, or a key of an Azure service, which has 32 or 64 bytes.
    if ("AZDO" in bare and len(bare) >= 60) or (len(run) in (44, 88) and run.endswith("=")):
        return True
    if bare.isalnum() and (bare.islower() or bare.isupper()):
        return any(c.isdigit() for c in bare) and _compute_mixing_rate(bare)[0] >= 0.06
    if _is_camel_case(bare):
        return False
    if not any(c.isdigit() or c == "+" for c in bare) and not run.endswith("="):
        return False
    if _is_readable_name(bare) or bare.count("-") + bare.count("_") > max(2, len(bare) * 0.09):
        return False
    rate, _ = _compute_mixing_rate(_SEPARATORS.sub("", bare))
    return rate >= (0.3 if len(bare) >= 40 else 0.34)


@lru_cache(maxsize=8192)
def is_secret_fragment(run: str, is_delimited: bool = False) -> bool:
    """Return whether a short run can be part of a secret: it mixes classes, and isn't a date, hex, or a word.

    `is_delimited` says that a delimiter that ends secrets (`;`, a quote, the line's end) follows. Then less mixing is
    enough.
    """
    bare = run.rstrip("=")
    if len(run) < 4 or _KNOWN_FORMAT.match(bare) or _HEX.fullmatch(bare) or _GUID_LIKE.search(bare):
        return False
    if run.endswith("=") and is_delimited and len(run) >= 4:
        return True
    rate, separators = _compute_mixing_rate(bare)
    if run.endswith("=") and len(bare) >= 8 and rate >= 0.2:
        return True
    if separators > max(3, len(bare) * 0.12):
        return False
    digits = sum(c.isdigit() for c in bare)
    if len(bare) >= 20 and bare.islower() and 3 <= digits <= len(bare) / 2 and rate >= 0.2 and separators < 2:
        return True
    if is_delimited:
        return rate >= 0.27 and (digits > 0 or rate >= 0.42)
    return rate >= 0.4 and digits > 0 and not bare.islower()


@lru_cache(maxsize=8192)
def is_likely_password(value: str) -> bool:
    """Return whether a word where a password could be is one: it mixes letters with digits, and is no name."""
    bare = value.strip(".,;:)'\"")
    if not _MIN_PASSWORD_CHARS <= len(bare) <= 1024 or " " in bare.strip():
        return False
    digits = sum(c.isdigit() for c in bare)
    if _KNOWN_FORMAT.match(bare):
        return False
    if _LIKELY_KEY.fullmatch(bare) and digits > 3:
        return True
    letters = sum(c.isalpha() for c in bare)
    return 0 < digits < len(bare) and letters > 1 and not _NO_PASSWORD.fullmatch(bare)


def is_random(run: str) -> bool:
    """Return whether a run of letters and digits mixes capitals, small letters, and digits as random text does."""
    kinds = any(map(str.isupper, run)) + any(map(str.islower, run)) + any(map(str.isdigit, run))
    return kinds == 3 and _compute_mixing_rate(run)[0] >= 0.34


def is_maskable(value: str) -> bool:
    """Return whether a value that was recognized as a secret can be looked for elsewhere, too.

    A word, a number, a name, a path, a version, or a GUID can mean something else elsewhere.
    """
    if "=" in value and any(map(str.isdigit, value)) and any(map(str.isalpha, value)) and " " not in value:
        return True  # a sentence could have an assignment there, but this is known to be a secret
    if is_likely_password(value) or _WORD_AND_NUMBER.fullmatch(value):
        return not _GUID_LIKE.fullmatch(value)
    if (
        " " in value
        or value.isdigit()
        or _KNOWN_FORMAT.match(value)
        or _NO_PASSWORD.fullmatch(value)
        or _GUID_LIKE.fullmatch(value)
    ):
        return False
    has_symbol = any(not c.isalnum() and c not in "-_./\\: " for c in value)
    return (has_symbol and any(map(str.isalpha, value))) or _compute_mixing_rate(value)[0] >= 0.4


def is_likely_key(value: str) -> bool:
    """Return whether the value of a name such as `routing_key` is a key: hex, a GUID, random, or a password."""
    bare = value.strip("{}'\"")
    if _LIKELY_KEY.fullmatch(bare) and (_HEX.fullmatch(bare) or _GUID_LIKE.fullmatch(bare)):
        return True
    if len(bare) >= 16 and bare.rstrip("=").replace("+", "").replace("/", "").isalnum() and is_random(bare.rstrip("=")):
        return True
    return is_likely_password(bare) and any(not c.isalnum() and c not in "-_./\\:" for c in bare)
