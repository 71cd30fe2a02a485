"""How often a question gets the right entry and what that costs, compared with a library's ranking of the same texts."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from knowledge.catalog.loading import load_entries
from knowledge.model.entry import Entry, LocalizedText
from knowledge.search.entry_search import EntrySearch
from knowledge.search.tokenizer import load_lexicon
from tests.bench.measuring import find_percentile, measure, median, ms, ratio, row

try:
    from rank_bm25 import BM25Okapi  # type: ignore[import-not-found]
except ImportError:  # only compared with where somebody has installed it
    BM25Okapi = None

QUESTIONS = Path(__file__).parents[1] / "knowledge" / "questions"
ANSWERED = ("asked", "indirect")
UNANSWERED = ("other", "stray")
SIZES = (60, 1_000)
_WORD = re.compile(r"\w+")
_WEIGHTS: Mapping[str, int] = {"words": 3, "title": 2, "sign": 1, "signature": 1, "cause": 1}

Ranking = Callable[[str], Sequence[str]]


class Question(NamedTuple):
    """A question and the entries of which one must come first (none: no match may be likely)."""

    id: str
    text: str
    expect: tuple[str, ...]
    half: str


def questions(name: str) -> list[Question]:
    """The questions of one file; a hash of the id decides which half a question belongs to."""
    listed = yaml.safe_load((QUESTIONS / f"{name}.yaml").read_text(encoding="utf-8"))
    return [Question(one["id"], one["text"], tuple(one.get("expect", ())), half_of(one["id"])) for one in listed]


def half_of(name: str) -> str:
    """`tuning` or `held-out`."""
    return "tuning" if hashlib.sha256(name.encode()).digest()[0] % 2 else "held-out"


def words(sizes: Sequence[int] = SIZES) -> None:
    """Prints who gets how many right, then the time of a question with 60 and with 1,000 entries."""
    entries = load_entries()
    index = EntrySearch(entries)
    rankings: dict[str, Ranking] = {"Words": lambda text: [match.entry for match in index.search(text)]}
    if BM25Okapi is None:
        row("rank-bm25 is not installed: nothing to compare with")
    else:
        lexicon = load_lexicon()

        def same(text: str) -> list[str]:
            return [term for unit in lexicon.tokenize(text) for term in unit.terms]

        rankings["rank-bm25, same terms"] = _library(entries, same)
        rankings["rank-bm25, raw words"] = _library(entries, lambda text: _WORD.findall(text.lower()))
    for name in ANSWERED:
        for half in ("tuning", "held-out"):
            asked = [one for one in questions(name) if one.half == half]
            for who, ranking in rankings.items():
                first = sum(bool(found := ranking(one.text)) and found[0] in one.expect for one in asked)
                row(f"{name}, {half}: {who}", f"{first} of {len(asked)}", f"{first / len(asked):.0%} first")
    for name in UNANSWERED:
        for half in ("tuning", "held-out"):
            asked = [one for one in questions(name) if one.half == half]
            found = [index.search(one.text) for one in asked]
            likely = sum(bool(matches) and matches[0].strength == "likely" for matches in found)
            row(f"{name}, {half}", f"{likely} of {len(asked)} likely", f"{found.count([])} nothing")
    _speed(entries, [one.text for name in ANSWERED for one in questions(name)], sizes)


def _library(entries: Mapping[str, Entry], terms_of: Callable[[str], list[str]]) -> Ranking:
    ids = list(entries)
    library: Any = BM25Okapi([terms_of(_text(entry)) for entry in entries.values()])

    def ranking(text: str) -> list[str]:
        scores = library.get_scores(terms_of(text))
        return [ids[place] for place in sorted(range(len(ids)), key=lambda place: -scores[place])]

    return ranking


def _text(entry: Entry) -> str:
    """What the entry says, each field as often as it weighs."""
    parts = {
        "words": [phrase for phrases in entry.words.values() for phrase in phrases],
        "title": [*entry.title.list_all()],
        "sign": [*entry.symptom.list_all()],
        "signature": [text for signature in entry.signatures for text in signature.text],
        "cause": [*entry.cause.list_all()],
    }
    return "\n".join(text for name, texts in parts.items() for text in texts * _WEIGHTS[name])


def _speed(entries: Mapping[str, Entry], texts: Sequence[str], sizes: Sequence[int]) -> None:
    row("", "a question", "p99", f"against {sizes[0]}", "start for each", f"against {sizes[0]}")
    first: tuple[float, float] | None = None
    for size in sizes:
        grown = _grown(entries, size)
        start = median(measure(partial(EntrySearch, grown), 1)) / size
        index = EntrySearch(grown)
        taken = sorted(seconds for text in texts for seconds in measure(partial(index.search, text), 1))
        first = first or (median(taken), start)
        row(
            f"{size} entries", ms(median(taken)), ms(find_percentile(taken, 0.99)), ratio(median(taken), first[0]),
            ms(start), ratio(start, first[1]),
        )  # fmt: skip


def _grown(entries: Mapping[str, Entry], size: int) -> dict[str, Entry]:
    """The shipped entries, cut or filled up to `size` with entries that mix the words of two of them."""
    shipped = list(entries.values())
    grown = {entry.id: entry for entry in shipped[:size]}
    for number in range(size - len(grown)):
        one, other = shipped[number % len(shipped)], shipped[(number * 7 + 3) % len(shipped)]
        name = f"made-{number}"
        title = LocalizedText({code: f"{text} {number}" for code, text in other.title.by_language.items()})
        grown[name] = one._replace(id=name, title=title, words=other.words)
    return grown
