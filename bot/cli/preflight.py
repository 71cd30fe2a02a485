"""`python app.py preflight FILE...`, or `--live NAME`: find what would make a build fail, before it starts."""

from __future__ import annotations

import asyncio
import difflib
import json
import re
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bot.cli.error_output import print_error
from bot.cli.help_text import add_epilog
from bot.cli.serve import add_sandbox_argument, build_local_environ
from bot.errors import BotError
from bot.preflight.json_report import build_json, build_sarif
from bot.preflight.shellcheck import LintGap, ShellCheck
from bot.preflight.source_files import find_neighbors, read_source
from bot.preflight.text_report import PreflightReport
from bot.terminal.style import TerminalStyle
from dialogs.texts.languages import ENGLISH, list_languages
from dialogs.texts.loading import load_area
from knowledge.catalog.loading import load_entries
from knowledge.model.entry import Language
from knowledge.model.errors import InvalidFilesError, KnowledgeError, UnreadableInputError
from knowledge.preflight.checking import check_source
from knowledge.preflight.corrections import apply_edits
from knowledge.preflight.finding import PreflightResult
from knowledge.preflight.live.live_rule_catalog import load_live_rules
from knowledge.preflight.rule import LEVELS, PreflightRule
from knowledge.preflight.rule_catalog import load_rules
from knowledge.preflight.source_text import SourceText
from knowledge.redaction.redact import redact_lines
from knowledge.template.template_id import TemplateId, TemplateQuery

EXIT_CLEAN, EXIT_FAILING, EXIT_UNREADABLE = 0, 1, 2
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]|\r(?!$)")
_PROJECT_FILE = Path(__file__).resolve().parents[2] / "pyproject.toml"


def add_arguments(parser: ArgumentParser) -> None:
    """Define the options of the command."""
    parser.add_argument("files", nargs="*", metavar="FILE", help="image templates to check; -: standard input")
    parser.add_argument(
        "--live",
        metavar="NAME",
        help="a template in Azure, by name or resource ID, with your az login; also checks what it refers to",
    )
    parser.add_argument("-g", "--resource-group", default="", help="with --live: if several templates have that name")
    parser.add_argument("--subscription", default="", help="with --live: its subscription's ID; default: every one")
    add_sandbox_argument(parser)
    parser.add_argument("--parameters", metavar="FILE", help="a file with values for the template's parameters")
    parser.add_argument("--format", choices=("text", "json", "sarif"), default="text", help="default: %(default)s")
    parser.add_argument(
        "--fail-on", choices=("error", "warning"), default="error", help="what makes the status 1; default: %(default)s"
    )
    parser.add_argument(
        "--ignore", action="append", default=[], metavar="RULE", help="leave out a rule; can be given several times"
    )
    parser.add_argument("--no-shellcheck", action="store_true", help="don't run ShellCheck on shell scripts")
    parser.add_argument("--diff", action="store_true", help="print only a diff with what can be corrected")
    parser.add_argument("--lang", choices=list_languages(), default=ENGLISH, help="default: %(default)s")
    add_epilog(
        parser,
        examples=(
            "preflight win11-golden.json",
            "preflight main.json --parameters main.parameters.json --fail-on warning",
            "preflight main.bicep --format sarif > preflight.sarif",
            "preflight win11-golden.json --diff | git apply",
            "preflight --live win11-golden -g rg-images",
        ),
        statuses=(
            "0  nothing known would fail",
            "1  at least one finding is as bad as --fail-on says",
            "2  a template couldn't be read, or the usage was wrong",
        ),
    )


def run(options: Namespace) -> int:
    """Check every file and return the exit status: the highest of all files."""
    try:
        rules = load_rules()
        live_rules = [live.rule for live in load_live_rules()] if options.live else []
        entries = load_entries()
    except InvalidFilesError as error:
        print_error(f"{error}")
        return EXIT_UNREADABLE
    if fault := _find_usage_fault(options, [*rules, *live_rules]):
        print_error(fault)
        return EXIT_UNREADABLE
    rules = [rule for rule in rules if rule.id not in options.ignore]
    report = PreflightReport(entries, options.lang, TerminalStyle.detect())
    lint = None if options.no_shellcheck or "shellcheck" in options.ignore else ShellCheck()
    results: list[PreflightResult] = []
    status = EXIT_CLEAN
    for name in options.files or [options.live]:
        not_checked: Sequence[str] | None = None
        try:
            if options.live:
                result, not_checked = _check_live(options, rules)
            else:
                result = _check_file(name, options, rules, lint)
        except (BotError, UnreadableInputError) as error:
            print_error(f"{error}")
            status = EXIT_UNREADABLE
            continue
        if results and options.format == "text" and not options.diff:
            sys.stdout.write("\n")
        results.append(result)
        gaps = lint.take_gaps() if lint else ()
        _write_result(result, options, report, not_checked, gaps)
        if status == EXIT_CLEAN and _is_failing(result, options.fail_on):
            status = EXIT_FAILING
    if options.format == "sarif":
        sarif = build_sarif(results, [*rules, *live_rules], options.lang, _read_version())
        sys.stdout.write(f"{json.dumps(sarif, indent=2)}\n")
    return status


def _find_usage_fault(options: Namespace, rules: Sequence[PreflightRule]) -> str:
    if bool(options.files) == bool(options.live):
        return "Give either files or --live with a template's name"
    if options.live and (options.diff or options.parameters):
        return "--diff and --parameters are for files, not for --live"
    if options.diff and options.format != "text":
        return "--diff has its own format; leave out --format"
    known = [rule.id for rule in rules]
    for name in options.ignore:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            return f"There's no rule {name!r}." + (f" Did you mean {close[0]}?" if close else "")
    return ""


def _check_file(
    name: str, options: Namespace, rules: Sequence[PreflightRule], lint: ShellCheck | None
) -> PreflightResult:
    source = read_source(name, options.lang)
    parameters = read_source(options.parameters, options.lang) if options.parameters else None
    try:
        return check_source(source, rules, datetime.now(UTC).date(), parameters, find_neighbors(name), lint)
    except KnowledgeError as error:
        raise UnreadableInputError(f"{name}: {error}") from None


def _check_live(options: Namespace, rules: Sequence[PreflightRule]) -> tuple[PreflightResult, Sequence[str]]:
    """Check a template in Azure. Raise `BotError` or `UnreadableInputError` if that's impossible."""
    # deferred: files need neither Azure nor the rest of the knowledge
    from bot.host.conversation import load_knowledge
    from bot.host.settings import read_terminal_settings
    from bot.preflight.live_template import NotSignedInError, check_template_by_name

    template_id = TemplateId.parse(options.live)
    query = (
        TemplateQuery.for_template(template_id)
        if template_id
        else TemplateQuery.from_names(
            name=options.live, resource_group=options.resource_group, subscription=options.subscription
        )
    )
    if not query.name:
        raise UnreadableInputError(f"{options.live}: neither a template's name nor its resource ID")
    settings = read_terminal_settings(build_local_environ(options)).azure
    today = datetime.now(UTC).date()
    checking = check_template_by_name(settings, load_knowledge(), query, rules, options.ignore, options.lang, today)
    try:
        live = asyncio.run(checking)
    except NotSignedInError:
        raise UnreadableInputError(
            "Azure needs you to sign in: run az login and try again. To try it without Azure: add --sandbox"
        ) from None
    return live.result, live.not_checked


def _write_result(
    result: PreflightResult,
    options: Namespace,
    report: PreflightReport,
    not_checked: Sequence[str] | None,
    gaps: Collection[LintGap],
) -> None:
    if options.diff:
        _write_diff(result, options.lang)
    elif options.format == "text":
        sys.stdout.write(f"{report.render(result, not_checked, gaps)}\n")
    elif options.format == "json":
        sys.stdout.write(f"{json.dumps(build_json(result, options.lang, not_checked, gaps), ensure_ascii=True)}\n")


def _write_diff(result: PreflightResult, language: Language) -> None:
    """Write what can be corrected as a unified diff, without secrets and what could control the terminal."""
    texts, source = load_area("preflight", language), result.source
    edits = [edit for finding in result.findings for edit in finding.edits]
    lines = [] if source.is_translated else _compute_diff(source, apply_edits(source.text, edits))
    if not lines:
        print_error(texts["preflight.no-diff"].format(file=source.name))
        return
    shown = redact_lines(lines)
    if shown != lines:
        print_error(texts["preflight.diff-hides"].format(file=source.name))
    sys.stdout.write("".join(f"{_UNPRINTABLE.sub('?', line)}\n" for line in shown))


def _compute_diff(source: SourceText, corrected: str) -> list[str]:
    """Return the lines of a unified diff. Those of a file with Windows line breaks end with a carriage return."""
    name = Path(source.name).as_posix()
    before, after = _LINE.findall(source.text), _LINE.findall(corrected)
    lines: list[str] = []
    for line in difflib.unified_diff(before, after, f"a/{name}", f"b/{name}"):
        lines.append(line.removesuffix("\n"))
        if not line.endswith("\n"):
            lines.append("\\ No newline at end of file")
    return lines


def _is_failing(result: PreflightResult, fail_on: str) -> bool:
    levels = LEVELS[: LEVELS.index("error" if fail_on == "error" else "warning") + 1]
    return any(finding.level in levels for finding in result.findings)


def _read_version() -> str:
    import tomllib  # only SARIF needs it

    try:
        return str(tomllib.loads(_PROJECT_FILE.read_text("utf-8"))["project"]["version"])
    except OSError:
        return "0.0.0"
