"""`python app.py look NAME`: a template's last run, and why it failed, with the `az login` of this machine."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from argparse import ArgumentParser, Namespace
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bot.cli.error_output import print_error
from bot.cli.help_text import add_epilog
from bot.cli.serve import add_sandbox_argument, build_local_environ
from bot.errors import BotError, SettingsError, StartError
from dialogs.texts.languages import ENGLISH, list_languages
from knowledge.model.errors import KnowledgeError
from knowledge.template.template_id import TemplateQuery

if TYPE_CHECKING:
    from bot.host.conversation import LoadedKnowledge
    from dialogs.azure.combined_diagnosis import CombinedDiagnosis
    from dialogs.model.reply import Reply
    from knowledge.model.template_mistake import TemplateMistake

SCHEMA_VERSION = 1
EXIT_FINE, EXIT_FAILED, EXIT_UNREADABLE = 0, 1, 2


class _NotSignedInError(BotError):
    """Nobody is signed in to Azure on this machine."""


@dataclass(frozen=True, slots=True)
class LookResult:
    """What a lookup found: what to show, and, if the template could be read, the diagnosis of its last run."""

    replies: tuple[Reply, ...]
    combined: CombinedDiagnosis | None = None

    @property
    def exit_status(self) -> int:
        """0 if the last run is in progress or succeeded, 1 if it failed or was canceled, 2 if nothing could be read."""
        if self.combined is None:
            return EXIT_UNREADABLE
        template = self.combined.status.template
        has_failed = template.has_failed or template.run.outcome == "canceled"
        return EXIT_FAILED if has_failed else EXIT_FINE

    def to_json(self) -> dict[str, Any]:
        """Return the result as a JSON object that always has every key; unknown values are `None`."""
        if self.combined is None:
            return {"schema": SCHEMA_VERSION, "template": None, "run": None, "diagnosis": None, "mistake": None}
        status = self.combined.status
        run = status.run
        return {
            "schema": SCHEMA_VERSION,
            "template": {
                "id": status.template_id.to_resource_id(),
                "location": status.template.location or None,
                "provisioning_state": status.template.provisioning.state or None,
            },
            "run": {
                "state": run.state or None,
                "sub_state": run.sub_state or None,
                "started": run.started or None,
                "ended": run.ended or None,
            },
            "diagnosis": self.combined.diagnosis.to_json(),
            "mistake": _build_mistake_json(self.combined.diagnosis.mistake),
        }


def _build_mistake_json(mistake: TemplateMistake | None) -> dict[str, Any] | None:
    """Return what in the template explains the failure; None if nothing is known to."""
    if mistake is None:
        return None
    return {
        "rule": mistake.rule,
        "is_error": mistake.is_error,
        "is_possible": mistake.is_possible,
        "path": mistake.path,
        "script_line": mistake.script_line or None,
        "text": mistake.text or None,
        "diff": list(mistake.diff),
    }


def add_arguments(parser: ArgumentParser) -> None:
    """Define the options of the command."""
    parser.add_argument("name", metavar="NAME", help="the template's name")
    parser.add_argument("-g", "--resource-group", default="", help="needed if several templates have that name")
    parser.add_argument("--subscription", default="", help="its subscription's ID; default: every one you can read")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: %(default)s")
    parser.add_argument("--lang", choices=list_languages(), default=ENGLISH, help="default: %(default)s")
    add_sandbox_argument(parser)
    add_epilog(
        parser,
        examples=("look win11-golden", "look win11-golden -g rg-images --format json", "look win11-golden --sandbox"),
        statuses=(
            "0  the last run succeeded, is still running, or there is none",
            "1  the last run failed or was canceled",
            "2  the template can't be read, or several have that name",
        ),
    )


def run(options: Namespace) -> int:
    """Look up one template, print what was found, and return the exit status."""
    from bot.host.conversation import load_knowledge
    from bot.host.settings import read_terminal_settings

    query = TemplateQuery.from_names(
        name=options.name, resource_group=options.resource_group, subscription=options.subscription
    )
    if not query.name:
        print_error(f"{options.name}: not a valid template name")
        return EXIT_UNREADABLE
    try:
        settings = read_terminal_settings(build_local_environ(options))
        result = asyncio.run(_look(options, settings.azure, load_knowledge(), query))
    except _NotSignedInError:
        sys.stderr.write(
            "Azure needs you to sign in: run az login and try again. To try it without Azure: look NAME --sandbox\n"
        )
        return EXIT_UNREADABLE
    except (SettingsError, StartError, KnowledgeError) as error:
        print_error(f"Image Medic can't read Azure:\n{error}")
        return EXIT_UNREADABLE
    if options.format == "json":
        sys.stdout.write(f"{json.dumps(result.to_json(), ensure_ascii=True)}\n")
    else:
        _print_replies(result.replies)
    return result.exit_status


async def _look(options: Namespace, settings: Any, knowledge: LoadedKnowledge, query: TemplateQuery) -> LookResult:
    """Find the template, read its status and the end of its log, and diagnose both."""
    from bot.host.services import open_services
    from bot.template_check.mistake_finder import ProcessMistakeFinder
    from dialogs.azure import choose_template
    from dialogs.azure.refusals import build_refusal_blocks
    from dialogs.azure.status_reply import show_combined_diagnosis
    from dialogs.azure.template_snapshot import compute_deadline, diagnose_snapshot, fetch_snapshot
    from dialogs.context import DialogContext
    from dialogs.model.azure_refusal import AzureRefusal
    from dialogs.model.errors import AzureRefusedError
    from dialogs.model.turn import Person
    from dialogs.state.azure_state import AzureRequest
    from dialogs.state.conversation_state import ConversationState

    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    context = DialogContext(options.lang, knowledge.base, knowledge.texts, now, access_mode=settings.access_mode)
    request, person = AzureRequest("template", query), Person("", "")

    async def diagnose(text: str, language: str) -> Any:
        return await asyncio.to_thread(knowledge.diagnoser.diagnose, text, language)

    async with open_services(settings, knowledge) as services:
        try:
            async with asyncio.timeout_at(compute_deadline()):
                found = await services.azure.find_templates(person, query)
            if len(found.exact_matches) != 1:
                return LookResult((choose_template.ask_for_choice(context, request, found),))
            template_id, deadline = found.exact_matches[0], compute_deadline()
            snapshot = await fetch_snapshot(services.azure, person, template_id, deadline, ProcessMistakeFinder())
        except AzureRefusedError as refused:
            if refused.refusal.reason == "sign-in":
                raise _NotSignedInError from None
            blocks = build_refusal_blocks(context, refused.refusal, request, query.to_facts())
            return LookResult((context.build_reply(*blocks),))
        except TimeoutError:
            refusal = AzureRefusal("too-slow", target=query.name)
            return LookResult((context.build_reply(*build_refusal_blocks(context, refusal, request, {})),))
        combined = await diagnose_snapshot(context, diagnose, snapshot)
        shown = show_combined_diagnosis(context, ConversationState(), combined, snapshot)
        return LookResult(shown.replies, combined)


def _print_replies(replies: tuple[Reply, ...]) -> None:
    """Print replies without their buttons, which do nothing here; colors only if a person is reading."""
    from rich.console import Console

    from bot.terminal.view import print_reply

    console = Console(file=sys.stdout, highlight=False, soft_wrap=not sys.stdout.isatty())
    if not sys.stdout.isatty():
        console.width = int(os.environ.get("COLUMNS") or 120)
    for reply in replies:
        print_reply(console, replace(reply, buttons=()))
