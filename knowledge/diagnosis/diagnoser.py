"""`diagnose`: from a text of any kind and size to a ranked, redacted diagnosis. The one way in for every client."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

from knowledge.build_log.build import Story, read_story
from knowledge.build_log.observations import longest_silence, observe
from knowledge.build_log.reducer import Digester
from knowledge.catalog.script_errors import ScriptErrors, Spoken, load_script_errors
from knowledge.diagnosis.excerpt import excerpt_of, redacted
from knowledge.diagnosis.facts import Fact, facts_of, ids_of, system_of
from knowledge.diagnosis.kinds import (
    asks_for_a_meaning,
    is_foreign,
    kind_of,
    may_be_words,
    sounds_printed,
    speaks_of_build,
)
from knowledge.diagnosis.matching import Found, Matcher, merge
from knowledge.diagnosis.ranking import ranked
from knowledge.model.diagnosis import MOST_MATCHES, Confidence, Diagnosis, LineOf, Match, Outcome, ScriptAdvice
from knowledge.model.entry import Entry, Language
from knowledge.redaction.redact import redact
from knowledge.search.entry_search import Words
from knowledge.text.decoding import decode
from knowledge.text.indexed_text import Passage, readings
from knowledge.text.lines import Line, read_lines
from knowledge.text.normalising import Piece, pieces_of, readable
from knowledge.text.streaming import Chained, Readable
from knowledge.text.unwrapping import unwrapped

WHOLE = 256 << 10
"""Bytes up to which an input is read as a whole; a longer one is digested first."""
_MOST_EVIDENCE = 6


class Diagnoser:
    """Diagnoses texts with a set of entries. Build it once: it compiles every signature."""

    def __init__(self, entries: Mapping[str, Entry], script_errors: ScriptErrors | None = None) -> None:
        self.entries = entries
        self._matcher = Matcher(entries)
        self._digester = Digester(self._matcher.literals)
        self._script_errors = script_errors or load_script_errors()

    def diagnose(self, text: str | bytes, language: Language = "en", file: str = "-") -> Diagnosis:
        """The diagnosis of `text`, its titles and advice in `language`. Never raises for any text."""
        content = decode(text) if isinstance(text, bytes) else text
        pieces = unwrapped(pieces_of(content))
        return self._of_pieces(pieces, content.count("\n") + 1 if content else 0, language, file)

    def diagnose_stream(
        self,
        stream: Readable,
        language: Language = "en",
        file: str = "-",
        progress: Callable[[int], None] | None = None,
    ) -> Diagnosis:
        """The diagnosis of a log of any size, read once in bounded memory. `progress` gets the bytes read so far.
        A read of `stream` gives as many bytes as it was asked for, but at the end.

        Raises `OSError` when the stream cannot be read.
        """
        start = stream.read(WHOLE + 1)
        if len(start) <= WHOLE:
            return self.diagnose(start, language, file)
        pieces, lines = self._digester.digest(Chained(start, stream), progress)
        return self._of_pieces(readable(pieces), lines, language, file)

    def _of_pieces(self, pieces: Sequence[Piece], total: int, language: Language, file: str) -> Diagnosis:
        lines = read_lines(pieces)
        passages = readings(lines)
        kind = kind_of(passages[0])
        story: Story | None = None
        if kind == "build-log":
            story = read_story(lines)
            if story.lines is not lines:
                passages = readings(story.lines)
        passage = passages[0]
        partial = story is not None and story.phase is None
        spoken = self._spoken(story)
        found: dict[str, Found] = {}
        foreign = is_foreign(passage)
        if not foreign:
            of_build = story is not None or speaks_of_build(passage)
            for reading in passages:
                for one in self._matcher.search(reading, _counts(reading, story), partial, of_build):
                    merge(found, one)
            if story is not None:
                self._observed(story, found)
        if story is not None and story.outcome == "running":
            for one in found.values():  # it may yet recover: a step can fail, be tried again, and end well
                one.confidence = "likely" if one.confidence == "certain" else one.confidence
        if story is not None and story.outcome == "succeeded":
            found = {name: one for name, one in found.items() if one.entry.severity == "info"}
        facts = facts_of(passage, story)
        exit_entry = found.get("script-nonzero-exit")
        if exit_entry and spoken:
            verdicts = [line for line in exit_entry.evidence if line.source != "debug"]
            exit_entry.evidence = [*spoken.lines, *(verdicts or exit_entry.evidence)]
        order = ranked(found.values(), self.entries, of_log=kind == "build-log")
        worded = kind == "question" or (kind == "unknown" and may_be_words(passage))
        if worded and not foreign and not any(one.decisive for one, _ in order):
            order = self._in_words(passage, [one for one, _ in order])
        shown = redacted(passage.lines, [line for one, _ in order for line in one.evidence])
        return Diagnosis(
            file=file,
            kind=kind,
            outcome=story.outcome if story else _outcome(facts.get("run_state")),
            matches=tuple(self._match(one, explains, shown, language) for one, explains in order),
            excerpt=excerpt_of(story, passage.lines, [one for one, _ in order], spoken),
            facts={name: _shown_fact(name, value) for name, value in facts.items()},
            timeline=story.timeline() if story else (),
            phase=story.phase if story else None,
            os=system_of(passage, story, facts),
            partial=partial,
            script=_advice(spoken, language) if exit_entry else None,
            lines=total,
            ids=ids_of(passage, facts),
            silence=longest_silence(story) if story else None,
        )

    def _in_words(self, passage: Passage, found: Sequence[Found]) -> list[tuple[Found, tuple[str, ...]]]:
        """What a person's own words speak for, then what weak signatures found; never certain."""
        text = "\n".join(line.body for line in passage.lines)
        order: dict[str, Found] = {}
        weak = sounds_printed(passage) or asks_for_a_meaning(passage)
        for match in self._words.search(text):
            strength: Confidence = "possible" if weak else match.strength
            order[match.entry] = Found(self.entries[match.entry], strength, list(passage.lines[:1]))
        for one in found:
            order.setdefault(one.entry.id, one)
        return [(one, ()) for one in list(order.values())[:MOST_MATCHES]]

    @cached_property
    def _words(self) -> Words:
        """Built when the first question comes: a log needs no words, and the index takes its time."""
        return Words(self.entries)

    def _spoken(self, story: Story | None) -> Spoken | None:
        if story is None or story.outcome != "failed":
            return None
        spoken = self._script_errors.spoken([story.lines[index] for index in story.trouble])
        return spoken if spoken.error else None

    def _observed(self, story: Story, found: dict[str, Found]) -> None:
        for seen in observe(story):
            for entry, signature in self._matcher.observed.get(seen.id, ()):
                confidence: Confidence = "certain" if seen.proof and signature.strength == "decisive" else "likely"
                if signature.strength == "supporting":
                    confidence = "possible"
                merge(found, Found(entry, confidence, list(seen.lines), {}, 0, signature.strength != "supporting"))

    def _match(self, one: Found, explains: tuple[str, ...], shown: Mapping[Line, str], language: Language) -> Match:
        entry = one.entry
        evidence: dict[int, LineOf] = {}
        for line in one.evidence:
            if line.number not in evidence and len(evidence) < _MOST_EVIDENCE:
                evidence[line.number] = LineOf(line.number, shown[line])
        return Match(
            entry=entry.id,
            title=entry.title.in_(language),
            confidence=one.confidence,
            severity=entry.severity,
            retry=entry.retry,
            evidence=tuple(evidence[number] for number in sorted(evidence)),
            explains=explains,
            values={name: redact(value) for name, value in one.values.items()},
        )


def _shown_fact(name: str, value: Fact) -> Fact:
    """A fact without secrets. An account's name is none, though it can look like one where it stands alone."""
    return redact(value) if isinstance(value, str) and name != "account" else value


def _counts(passage: Passage, story: Story | None) -> Callable[[int], bool]:
    """Whether a line of the passage may speak for a failure: in a finished build, only where it went wrong."""
    if story is None or story.outcome in ("unknown", "succeeded"):
        return lambda index: True
    span = story.trouble
    lines = story.lines
    if not span:
        return lambda index: True
    first, last = lines[span.start].number, lines[span.stop - 1].number
    verdicts = {lines[index].number for index in story.verdicts}

    def counts(index: int) -> bool:
        number = passage.lines[index].number
        return first <= number <= last or number in verdicts or passage.lines[index].source == "verdict"

    return counts


def _advice(spoken: Spoken | None, language: Language) -> ScriptAdvice | None:
    if spoken is None or spoken.error is None or spoken.error.advice is None:
        return None
    return ScriptAdvice(spoken.error.id, spoken.error.advice.in_(language))


_RUN_STATES: Mapping[str, Outcome] = {
    "failed": "failed",
    "canceled": "canceled",
    "canceling": "canceled",
    "succeeded": "succeeded",
    "running": "running",
}


def _outcome(run_state: object) -> Outcome:
    return _RUN_STATES.get(str(run_state).lower(), "unknown")
