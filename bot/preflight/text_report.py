"""Renders what preflight found as text for a terminal: the worst first, with the place and the fix."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from bot.preflight.shellcheck import LintGap
from bot.preflight.source_files import has_authors_lines
from bot.terminal.style import LineStyle, OutputLine, TerminalStyle
from dialogs.texts.loading import load_area
from knowledge.model.entry import Entry, Language
from knowledge.preflight.finding import PreflightFinding, PreflightResult
from knowledge.preflight.rule import LEVELS, Level
from knowledge.text.value_slots import fill_values

_SIGNS: Mapping[Level, str] = {"error": "✖", "warning": "▲", "advice": "·"}
_STYLES: Mapping[Level, LineStyle] = {"error": "failure", "warning": "bold", "advice": "plain"}
_MAX_LISTED = 6


class PreflightReport:
    """Renders results in one language, for the terminal that `style` describes."""

    def __init__(self, entries: Mapping[str, Entry], language: Language, style: TerminalStyle) -> None:
        self._entries, self._language, self._style = entries, language, style
        self._texts = load_area("preflight", language)

    def render(
        self,
        result: PreflightResult,
        not_checked: Sequence[str] | None = None,
        lint_gaps: Collection[LintGap] = (),
    ) -> str:
        """Render everything about one template.

        Args:
            not_checked: What live checks couldn't look at; None if there were none.
            lint_gaps: Why ShellCheck didn't look at some scripts.
        """
        lines = [self._render_head(result)]
        for group in _group_by_rule(result.findings):
            lines += self._render_group(group, not has_authors_lines(result.source))
        lines += self._render_rest(result, not_checked, lint_gaps)
        return "\n".join(self._style.format_line(line) for line in lines)

    def _render_head(self, result: PreflightResult) -> OutputLine:
        if not result.findings:
            return OutputLine(self._texts["preflight.clean"].format(file=result.source.name), 0, "success")
        parts = []
        for level in LEVELS:
            count = sum(1 for finding in result.findings if finding.level == level)
            if count:
                ending = ".one" if count == 1 else ""
                parts.append(self._texts[f"preflight.{level}{ending}"].format(n=count))
        head = self._texts["preflight.counts"].format(file=result.source.name, counts=", ".join(parts))
        return OutputLine(head, 0, "bold")

    def _render_group(self, group: Sequence[PreflightFinding], has_own_lines: bool) -> list[OutputLine]:
        first, *others = group
        rule, texts, language = first.rule, self._texts, self._language
        title = fill_values(rule.title.get(language), first.values)
        # what leads to no failure is only worth a warning
        level = texts[f"preflight.level.{'note' if first.level == 'warning' and not rule.becomes else first.level}"]
        lines = [
            OutputLine(f"{_SIGNS[first.level]} {level}: {title} [{rule.id}]", style=_STYLES[first.level], hanging=2),
            OutputLine(self._describe_place(first, has_own_lines), 4, "dim", 2),
        ]
        if others:
            listed = [self._describe_other(finding, has_own_lines) for finding in others[:_MAX_LISTED]]
            if len(others) > _MAX_LISTED:
                listed.append(texts["preflight.more"].format(n=len(others) - _MAX_LISTED))
            lines.append(OutputLine(texts["preflight.also"].format(places="; ".join(listed)), 4, "dim", 2))
        fix = fill_values(rule.fix.get(language), first.values)
        lines.append(OutputLine(fill_values(rule.why.get(language), first.values), 4))
        lines.append(OutputLine(texts["preflight.fix"].format(fix=fix), 4, hanging=2))
        if rule.becomes:
            entry = self._entries[rule.becomes]
            becomes = texts["preflight.becomes"].format(title=entry.title.get(language), entry=entry.id)
            lines.append(OutputLine(becomes, 4, "dim", 2))
        source = texts["preflight.source"].format(url=rule.source.url, day=rule.source.read.isoformat())
        return [*lines, OutputLine(source, 4, "dim", 2)]

    def _describe_place(self, finding: PreflightFinding, has_own_lines: bool) -> str:
        parts = []
        if finding.part is not None:
            part = self._texts[f"preflight.{finding.part.kind}"].format(number=finding.part.number)
            parts.append(f"{part} ({finding.part.name})" if finding.part.name else part)
        if finding.script is not None and not finding.script.file:
            parts.append(self._texts["preflight.script-line"].format(line=finding.script.line))
        return " · ".join([*parts, *self._describe_position(finding, has_own_lines), finding.path])

    def _describe_other(self, finding: PreflightFinding, has_own_lines: bool) -> str:
        where = next(iter(self._describe_position(finding, has_own_lines)), finding.path)
        value = finding.values.get("value", "")
        return f"{where}: {value}" if value else where

    def _describe_position(self, finding: PreflightFinding, has_own_lines: bool) -> Iterable[str]:
        """Yield the position; none in the JSON that Bicep made of the author's file."""
        line, column = finding.position
        if finding.script is not None and finding.script.file:
            yield self._texts["preflight.file-position"].format(file=finding.script.file, line=line, column=column)
        elif not has_own_lines:
            yield self._texts["preflight.position"].format(line=line, column=column)

    def _render_rest(
        self, result: PreflightResult, not_checked: Sequence[str] | None, lint_gaps: Collection[LintGap]
    ) -> list[OutputLine]:
        """Render what could be corrected, and what wasn't looked at."""
        texts, lines = self._texts, []
        correctable = sum(1 for finding in result.findings if finding.edits)
        if correctable and has_authors_lines(result.source):
            lines.append(OutputLine(texts["preflight.correctable"].format(n=correctable)))
        if result.exempt_count:
            ending = ".one" if result.exempt_count == 1 else ""
            lines.append(OutputLine(texts[f"preflight.exempt{ending}"].format(n=result.exempt_count)))
        lines.append(OutputLine(texts["preflight.not-checked"]))
        if result.unevaluated:
            listed = self._list(result.unevaluated)
            lines.append(OutputLine(texts["preflight.unevaluated"].format(paths=listed), 4, hanging=2))
        if any(template.is_bicep for template in result.templates):
            lines.append(OutputLine(texts["preflight.bicep-read"], 4, hanging=2))
        if result.unread_scripts:
            listed = self._list(result.unread_scripts)
            lines.append(OutputLine(texts["preflight.unread"].format(names=listed), 4, hanging=2))
        if result.unparsed_scripts:
            listed = self._list(result.unparsed_scripts)
            lines.append(OutputLine(texts["preflight.unparsed"].format(paths=listed), 4, hanging=2))
        lines += [OutputLine(texts[f"preflight.shellcheck.{gap}"], 4, hanging=2) for gap in lint_gaps]
        skipped = (texts["preflight.live"],) if not_checked is None else not_checked
        return [*lines, *(OutputLine(sentence, 4, hanging=2) for sentence in skipped)]

    def _list(self, items: Sequence[str]) -> str:
        listed = list(items[:_MAX_LISTED])
        if len(items) > _MAX_LISTED:
            listed.append(self._texts["preflight.more"].format(n=len(items) - _MAX_LISTED))
        return ", ".join(listed)


def _group_by_rule(findings: Sequence[PreflightFinding]) -> list[list[PreflightFinding]]:
    """Group the findings of one rule and level, which have the same fix; the order of the first ones stays."""
    groups: dict[tuple[str, Level], list[PreflightFinding]] = {}
    for finding in findings:
        groups.setdefault((finding.rule.id, finding.level), []).append(finding)
    return list(groups.values())
