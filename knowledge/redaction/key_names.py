"""Classify key names by the secret they hold: `DB_PASSWORD` and `sasToken` hold one, `SecretName` doesn't."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Literal

from knowledge.patterns import LazyPattern, define_text_pattern
from knowledge.redaction.name_files import load_names

SecretKind = Literal["password", "secret", "header", "signature", "weak", "key"]
"""What the value of a name is:

- `password`: any text;
- `secret`: any text but an ordinary word;
- `header`: the rest of the line of an HTTP header;
- `signature`: a signature in a URL;
- `weak`: a secret only when it looks like one;
- `key`: any other key, such as `LINKING_KEY`: a secret when it looks like one, or is hex or a GUID.
"""

_NAME_WORDS = define_text_pattern(r"[A-Z]+[a-z]*|[a-z]+|[0-9]+")


@cache
def _compile(pattern: str) -> LazyPattern[str]:
    return define_text_pattern(pattern)


@lru_cache(maxsize=4096)
def classify_key_name(name: str) -> SecretKind | None:
    """Return what kind of secret the value of a key called `name` is; `None` if it isn't one."""
    words = [word.lower() for word in _NAME_WORDS.findall(name)]
    joined = "".join(words)
    names = load_names()
    if not joined:
        return None
    if joined in names.whole_names:
        return names.whole_names[joined]
    if _compile(names.harmless).search(joined):
        return None
    for pattern, kind in names.patterns:
        matches = list(_compile(pattern).finditer(joined))
        if matches and not _is_described(words, joined, matches[-1].end()):
            return kind
    while words and words[-1].isdigit():
        words.pop()
    return _classify_last_word(words) if words else None


def _classify_last_word(words: list[str]) -> SecretKind | None:
    names, last = load_names(), words[-1]
    if last in names.last_words:
        return names.last_words[last]
    if last.endswith("pass"):
        return "password"
    if len(words) > 1 and last == "auth":
        return "weak"
    is_key = last.removesuffix("s").endswith("key") and not _compile(names.no_key).search("".join(words))
    return "key" if is_key else None


def _is_described(words: list[str], joined: str, end: int) -> bool:
    """Return whether a descriptive word follows the secret's own word, which ends at `end` of the joined words."""
    if joined[end - 1 : end] == "s" and _is_described(words, joined, end - 1):  # `password-stdin`: it isn't a plural
        return True
    position = 0
    for word in words:
        position += len(word)
        # Only the part of a word after `end` counts: camel case without capitals runs words together.
        if position > end and word[-(position - end) :] in load_names().descriptive:
            return True
    return joined[end:] in load_names().descriptive
