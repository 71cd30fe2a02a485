"""Renders a diagnosis as text for a terminal: the answer, the lines that prove it, and the first step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.terminal.style import LineStyle, OutputLine, TerminalStyle
from dialogs.replies.duration_bars import BarLine, render_bar_lines
from dialogs.texts.loading import load_area
from dialogs.timeline.log_timeline import build_log_bars, measure_run
from knowledge.azure_names import is_task_template_name
from knowledge.catalog.breaking_dates import find_size_retirement
from knowledge.catalog.findings import FindingCatalog
from knowledge.commands.placeholders import Shell, fill_placeholders
from knowledge.diagnosis.excerpt import shorten_line
from knowledge.diagnosis.solution import build_solution, fits_os, is_known
from knowledge.model.diagnosis import Diagnosis, ExcerptLine, Match
from knowledge.model.entry import Entry, Language, Step
from knowledge.model.reported_state import find_reported_state, name_state
from knowledge.text.durations import format_duration
from knowledge.text.value_slots import fill_values

_SHELLS: tuple[tuple[Shell, str], ...] = (("Azure CLI", "cli"), ("PowerShell", "powershell"))
_TIMELINE_INDENT = 4


class DiagnosisReport:
    """Renders diagnoses in one language, for the terminal that `style` describes."""

    def __init__(
        self,
        entries: Mapping[str, Entry],
        language: Language,
        findings: FindingCatalog,
        style: TerminalStyle = TerminalStyle(),  # noqa: B008 - it's immutable
    ) -> None:
        """Load the texts of the report, and no others.

        Raises:
            InvalidFilesError: Their files have faults.
        """
        self._entries = entries
        self._findings = findings
        self._language = language
        self._style = style
        self._texts = load_area("report", language)

    def render(self, diagnosis: Diagnosis) -> str:
        """Render a diagnosis as lines: what broke and where, the lines that show it, why, and the first step."""
        lines = [
            OutputLine(f"{diagnosis.file}: {self._texts[f'report.kind.{diagnosis.kind}']}", 0, "dim"),
            *self._render_headline(diagnosis),
            *(_build_excerpt_line(line, diagnosis.is_deciding(line)) for line in diagnosis.excerpt),
        ]
        if diagnosis.matches:
            top, *others = diagnosis.matches
            lines += self._render_top_match(top, self._entries[top.entry], diagnosis)
            if others:
                titles = [f"{match.title} ({self._texts[f'report.confidence.{match.confidence}']})" for match in others]
                lines.append(self._build_labeled("others", "; ".join(titles)))
        lines += self._render_run(diagnosis)
        lines += self._render_timeline(diagnosis)
        if not diagnosis.is_conclusive and find_reported_state(diagnosis) is None:
            lines.append(OutputLine(self._texts["report.next"]))
        return "\n".join(self._style.format_line(line) for line in lines)

    def _build_labeled(self, key: str, text: str) -> OutputLine:
        return OutputLine(f"{self._texts[f'report.{key}']}: {text}", hanging=2)

    def _render_headline(self, diagnosis: Diagnosis) -> list[OutputLine]:
        texts, finding = self._texts, diagnosis.finding
        top = diagnosis.matches[0] if diagnosis.matches else None
        if diagnosis.outcome == "succeeded":
            lines = [OutputLine(f"✔ {texts['report.succeeded']}", style="success", hanging=2)]
            if finding is None:
                return lines
            but = texts["report.but"].format(title=finding.title, line=finding.line)
            return [*lines, OutputLine(f"▲ {but}", style="bold", hanging=2)]
        if reported_state := find_reported_state(diagnosis):
            state = texts[f"report.state.{reported_state}"].format(state=name_state(diagnosis))
            return [OutputLine(state, style="bold")]
        if finding is None and top is None:
            return [OutputLine(texts["report.none"], style="bold")]
        title = finding.title if finding else top.title if top else ""
        known_id = finding.id if finding else top.entry if top else ""
        place = finding.place if finding else None
        step = "report.step" if diagnosis.has_numbered_steps else "report.some-step"
        parts = [texts[step].format(number=place.position, provisioner=place.provisioner)] if place else []
        if place and place.script_line is not None:
            parts.append(texts["report.script-line"].format(line=place.script_line))
        is_described = top is not None and diagnosis.kind == "question" and not top.evidence
        confidence = "described" if is_described else top.confidence if top else "unknown"
        parts.append(texts[f"report.confidence.{confidence}"])
        retry = finding.retry if finding else top.retry if top else "no"
        return [
            OutputLine(f"✖ {title} [{known_id}]", style="failure", hanging=2),
            OutputLine(" · ".join(parts), 4),
            OutputLine(texts[f"report.retry.{retry}"], 4),
        ]

    def _render_top_match(self, top: Match, entry: Entry, diagnosis: Diagnosis) -> list[OutputLine]:
        texts, language = self._texts, self._language
        finding = diagnosis.finding
        rule = self._findings.rules.get(finding.id) if finding else None
        lines = []
        if finding is None or diagnosis.outcome == "succeeded":  # then the headline doesn't name the match
            lines.append(OutputLine(f"{top.title} [{top.entry}]", hanging=2))
        if rule is not None and finding is not None:
            lines.append(self._build_labeled("cause", fill_values(rule.cause.get(language), finding.values)))
            lines.append(self._build_labeled("mechanism", f"{entry.title.get(language)} [{top.entry}]"))
        else:
            lines.append(self._build_labeled("cause", entry.cause.get(language)))
        if finding is not None:
            lines.append(self._build_labeled("owner", texts[f"report.owner.{finding.owner}"]))
        basis = rule.basis if rule is not None and finding is not None else entry.basis
        if basis in ("inferred", "reported-once"):
            lines.append(OutputLine(texts[f"report.{basis}"], style="dim"))
        lines += self._render_fact_notes(entry, diagnosis)
        solution = build_solution(entry, rule, diagnosis.tool, self._findings.packer_steps)
        steps = [step for step in solution if fits_os(step, diagnosis.os)]
        if steps:
            values = {**top.values, **(finding.values if finding else {})}
            index = next((at for at, step in enumerate(steps) if not is_known(step, diagnosis, values)), 0)
            lines += self._render_step(steps, index, top, diagnosis)
        if top.explains:
            lines.append(self._build_labeled("explains", ", ".join(top.explains)))
        return lines

    def _render_fact_notes(self, entry: Entry, diagnosis: Diagnosis) -> list[OutputLine]:
        """Render what the facts add: when Azure retires the VM size, and that the template won't be used again."""
        lines = []
        if retirement := find_size_retirement(diagnosis, entry.id):
            lines.append(OutputLine(fill_values(retirement.date.text.get(self._language), {"size": retirement.size})))
        template = str(diagnosis.facts.get("template") or "")
        if is_task_template_name(template):
            lines.append(OutputLine(self._texts["report.task-template"].format(template=template)))
        return lines

    def _render_step(self, steps: Sequence[Step], index: int, top: Match, diagnosis: Diagnosis) -> list[OutputLine]:
        """Render the first step that the input doesn't answer by itself."""
        step = steps[index]
        finding_values = diagnosis.finding.values if diagnosis.finding else {}
        system = f"{step.os.capitalize()}: " if step.os and diagnosis.os is None else ""
        instruction = f"{system}{fill_values(step.do.get(self._language), finding_values)}"
        first = f"{self._texts['report.first'].format(number=index + 1, n=len(steps))}: {instruction}"
        lines = [OutputLine(first, style="bold", hanging=2)]
        values = {**diagnosis.facts, **top.values}
        for shell, key in _SHELLS:
            command = getattr(step, key)
            if command:
                lines.append(OutputLine(f"{shell}:", 4, "dim"))
                filled = fill_placeholders(command, shell, values)
                lines += [OutputLine(line, 6, "code") for line in filled.splitlines()]
        return lines

    def _render_run(self, diagnosis: Diagnosis) -> list[OutputLine]:
        texts = self._texts
        findings = [texts["report.tool.packer"]] if diagnosis.tool == "packer" else []
        if diagnosis.outcome != "unknown":
            findings.append(texts["report.outcome"].format(outcome=texts[f"report.outcome.{diagnosis.outcome}"]))
        if diagnosis.phase:
            phase = texts.get(f"report.reached.{diagnosis.phase}", diagnosis.phase)
            findings.append(texts["report.phase"].format(phase=phase))
        seconds = measure_run(diagnosis) if diagnosis.kind == "status" else None
        if seconds is not None:
            findings.append(texts["report.took"].format(took=format_duration(seconds)))
        failed_run = next((run for run in diagnosis.timeline if run.state in ("failed", "stopped")), None)
        if failed_run:
            code = "?" if failed_run.exit_code is None else failed_run.exit_code
            duration = "?" if failed_run.seconds is None else format_duration(failed_run.seconds)
            values = {"provisioner": failed_run.provisioner, "duration": duration, "code": code}
            findings.append(texts["report.failed"].format_map(values))
        if diagnosis.longest_gap:
            gap = diagnosis.longest_gap
            key = "report.silence" if diagnosis.silent_step else "report.silence.packer"
            values = {"duration": format_duration(gap.seconds), "line": gap.line, "step": diagnosis.silent_step}
            findings.append(texts[key].format_map(values))
        return [self._build_labeled("found", "; ".join(findings))] if findings else []

    def _render_timeline(self, diagnosis: Diagnosis) -> list[OutputLine]:
        if diagnosis.course is None and "run_started" not in diagnosis.facts:
            return []
        texts = load_area("replies", self._language)
        bars = build_log_bars(diagnosis, texts.__getitem__)
        if bars is None:
            return []
        width = None if self._style.width is None else self._style.width - _TIMELINE_INDENT
        lines = render_bar_lines(bars, texts.__getitem__, width)
        return [
            OutputLine(f"{self._texts['report.timeline']}:"),
            *(OutputLine(line.text, _TIMELINE_INDENT, _get_bar_style(line)) for line in lines),
        ]


def _get_bar_style(line: BarLine) -> LineStyle:
    if line.state in ("failed", "stopped"):
        return "failure"
    return "dim" if line.is_own or line.state == "pending" else "plain"


def _build_excerpt_line(line: ExcerptLine, is_deciding: bool) -> OutputLine:
    mark = "▶" if is_deciding else " "
    number = f"{mark}{line.line:>6}  "
    return OutputLine(f"{number}{shorten_line(line.text)}", 3, "bold" if is_deciding else "plain", len(number))
