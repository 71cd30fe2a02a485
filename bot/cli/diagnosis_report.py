"""Renders a diagnosis as text for a terminal: the answer, the lines that prove it, and the first step."""

from __future__ import annotations

from collections.abc import Mapping

from dialogs.texts.loading import load_area
from knowledge.commands.placeholders import Shell, fill_placeholders
from knowledge.diagnosis.excerpt import shorten_line
from knowledge.model.diagnosis import Diagnosis, Match
from knowledge.model.entry import Entry, Language

_MAX_EXCERPT_LINES = 8
_SHELLS: tuple[tuple[Shell, str], ...] = (("Azure CLI", "cli"), ("PowerShell", "powershell"))


class DiagnosisReport:
    """Renders diagnoses in one language."""

    def __init__(self, entries: Mapping[str, Entry], language: Language) -> None:
        """Load the texts of the report, and no others.

        Raises:
            InvalidFilesError: Their files have faults.
        """
        self._entries = entries
        self._language = language
        self._texts = load_area("report", language)

    def render(self, diagnosis: Diagnosis) -> str:
        """Render a diagnosis as lines of text."""
        lines = [f"{diagnosis.file}: {self._texts[f'report.kind.{diagnosis.kind}']}"]
        if diagnosis.matches:
            top, *others = diagnosis.matches
            lines += self._render_top_match(top, self._entries[top.entry], diagnosis)
            if others:
                titles = [f"{match.title} ({self._texts[f'report.confidence.{match.confidence}']})" for match in others]
                lines.append(f"  {self._texts['report.others']}: {'; '.join(titles)}")
        else:
            lines.append(f"  {self._texts['report.succeeded' if diagnosis.outcome == 'succeeded' else 'report.none']}")
            lines += [f"    {line.line:>6}  {line.text}" for line in diagnosis.excerpt[:_MAX_EXCERPT_LINES]]
        lines += self._render_findings(diagnosis)
        if not diagnosis.is_conclusive:
            lines.append(f"  {self._texts['report.next']}")
        return "\n".join(_replace_unprintable(line) for line in lines)

    def _render_top_match(self, top: Match, entry: Entry, diagnosis: Diagnosis) -> list[str]:
        texts = self._texts
        lines = [f"  {top.title} [{top.entry}] · {texts[f'report.confidence.{top.confidence}']}"]
        lines += [f"    {line.line:>6}  {shorten_line(line.text)}" for line in top.evidence]
        lines.append(f"  {texts[f'report.retry.{top.retry}']}")
        lines.append(f"  {texts['report.cause']}: {entry.cause.get(self._language)}")
        if entry.basis == "inferred":
            lines.append(f"  {texts['report.inferred']}")
        if diagnosis.script_advice:
            lines.append(f"  → {diagnosis.script_advice.advice}")
        if entry.steps:
            step = entry.steps[0]
            lines.append(f"  {texts['report.first'].format(n=len(entry.steps))}: {step.do.get(self._language)}")
            values = {**diagnosis.facts, **top.values}
            for shell, key in _SHELLS:
                command = getattr(step, key)
                if command:
                    lines.append(f"    {shell}:")
                    lines += [f"      {line}" for line in fill_placeholders(command, shell, values).splitlines()]
        if top.explains:
            lines.append(f"  {texts['report.explains']}: {', '.join(top.explains)}")
        return lines

    def _render_findings(self, diagnosis: Diagnosis) -> list[str]:
        texts = self._texts
        findings = []
        if diagnosis.outcome != "unknown":
            findings.append(texts["report.outcome"].format(outcome=texts[f"report.outcome.{diagnosis.outcome}"]))
        if diagnosis.phase:
            phase = texts.get(f"report.reached.{diagnosis.phase}", diagnosis.phase)
            findings.append(texts["report.phase"].format(phase=phase))
        failed_run = next((run for run in diagnosis.timeline if run.state in ("failed", "stopped")), None)
        if failed_run:
            code = "?" if failed_run.exit_code is None else failed_run.exit_code
            seconds = "?" if failed_run.seconds is None else failed_run.seconds
            values = {"provisioner": failed_run.provisioner, "seconds": seconds, "code": code}
            findings.append(texts["report.failed"].format_map(values))
        if diagnosis.longest_gap:
            gap = diagnosis.longest_gap
            findings.append(texts["report.silence"].format(minutes=gap.seconds // 60, line=gap.line))
        return [f"  {texts['report.found']}: {'; '.join(findings)}"] if findings else []


def _replace_unprintable(line: str) -> str:
    """Replace characters that could control the terminal, such as escape sequences."""
    return "".join(character if character.isprintable() or character == " " else "?" for character in line)
