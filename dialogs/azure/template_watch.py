"""Watching a template: told when its run ends, or when the next one has, with what a look then shows.

A watch is a work that looks now and then. It holds no run and no token: each time, the person's rights decide anew.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from dialogs.azure.refusals import build_refusal_blocks, build_refusal_buttons
from dialogs.azure.whole_log import refusal_from_json, refusal_to_json
from dialogs.context import DialogContext, DialogResult
from dialogs.model.azure import AzureRefusal, AzureRefusalReason, TemplateId, TemplateStatus
from dialogs.model.azure_times import is_running
from dialogs.model.errors import AzureRefusedError
from dialogs.model.job import FAILURE_KEY, RETRY_AFTER_KEY, Job, JobDone
from dialogs.model.ports import AzureReader
from dialogs.model.reply import Button
from dialogs.model.turn import Person
from dialogs.state import azure_state as memory
from dialogs.state.azure_state import AzureRequest
from dialogs.state.conversation_state import ConversationState

WATCH_TEMPLATE_JOB = "watch"
"""What the work is called."""
MAX_WATCHES = 3
MAX_WATCH_HOURS = 24
"""How long a template is watched at most; who still wants to know asks again."""
RUNNING_POLL_SECONDS = 60
"""Seconds between two looks at a run that goes on."""
IDLE_POLL_SECONDS = 180
"""The same where no run goes on yet."""
MIN_RETRY_SECONDS = 300
MAX_FAILED_POLLS = 12
"""Looks one after the other that may come to nothing for a reason that passes: an hour of them."""

_TRANSIENT_REASONS: frozenset[AzureRefusalReason] = frozenset(
    {"busy", "azure-trouble", "too-slow", "no-network", "conflict"}
)
_log = logging.getLogger(__name__)


def start_watch(context: DialogContext, state: ConversationState, status: TemplateStatus) -> DialogResult:
    """A word that the template is watched from now on, and the work that does it."""
    ref = status.template_id
    watches = state.azure.watched_templates
    if any(_is_same_template(ref, other) for other in watches):
        return state, (
            context.build_reply(
                context.build_paragraph("watch.already", name=ref.name),
                buttons=_build_watch_buttons(context, ref),
                beside=True,
            ),
        )
    if len(watches) >= MAX_WATCHES:
        names = ", ".join(other.name for other in watches)
        stops = tuple(_build_stop_button(context, other) for other in watches)
        return state, (
            context.build_reply(context.build_paragraph("watch.enough", names=names), buttons=stops, beside=True),
        )
    running = is_running(status)
    args = {
        **memory.template_id_to_args(ref),
        "id": _build_watch_id(ref),
        "run": status.started or "",
        "running": running,
        "until": _add_hours(context.now, hours=MAX_WATCH_HOURS),
        "troubles": 0,
    }
    said = context.build_paragraph(
        "watch.this-run" if running else "watch.next-run", name=ref.name, hours=MAX_WATCH_HOURS
    )
    state = replace(
        state,
        azure=replace(state.azure.without_pending_request(), last_template_id=ref, watched_templates=(*watches, ref)),
    )
    reply = context.build_reply(said, buttons=_build_watch_buttons(context, ref), beside=True)
    return state, (replace(reply, jobs=(Job(WATCH_TEMPLATE_JOB, args),)),)


def stop_watch(context: DialogContext, state: ConversationState, request: AzureRequest) -> DialogResult:
    """The watch of the template that was named, or of all of them, ends."""
    watches = state.azure.watched_templates
    wanted = request.query.name.casefold()
    gone = tuple(ref for ref in watches if not wanted or ref.name.casefold() == wanted)
    if not gone:
        names = ", ".join(ref.name for ref in watches)
        said = context.build_paragraph("watch.none-of", names=names) if names else context.build_paragraph("watch.none")
        return state, (context.build_reply(said, buttons=(context.build_button("look", "look"),), beside=True),)
    left = tuple(ref for ref in watches if ref not in gone)
    said = context.build_paragraph("watch.stopped", names=", ".join(ref.name for ref in gone))
    reply = context.build_reply(said, buttons=(context.build_button("look", "look"),), beside=True)
    state = replace(state, azure=replace(state.azure, watched_templates=left))
    return state, (replace(reply, stops=tuple(map(_build_watch_id, gone))),)


async def poll_watch(azure_reader: AzureReader | None, person: Person, job: Job, now: str) -> Mapping[str, Any]:
    """One look at what is watched: whether its run has ended, or that it is to be looked at again. Never raises."""
    args = dict(job.args)
    ref = AzureRequest(query=memory.build_query_from_args(args)).template_id
    if azure_reader is None or azure_reader.access_mode == "off" or ref is None:
        return {"refused": refusal_to_json(AzureRefusal("off" if ref else "unexpected"))}
    if now >= str(args.get("until")):
        return {"over": True}
    try:
        status = await azure_reader.fetch_status(person, ref)
    except AzureRefusedError as refused:
        troubles = args.get("troubles")
        count = troubles + 1 if isinstance(troubles, int) else 1
        if refused.refusal.reason in _TRANSIENT_REASONS and count <= MAX_FAILED_POLLS:
            wait = max(MIN_RETRY_SECONDS, min(refused.refusal.retry_after or 0, 3600))
            return {RETRY_AFTER_KEY: wait, "args": {**args, "troubles": count}}
        return {"refused": refusal_to_json(refused.refusal)}
    except Exception as error:  # noqa: BLE001 - the last resort: the person is told
        _log.error("watching a template failed: %s", type(error).__name__)
        return {FAILURE_KEY: "broken"}
    seen = {**args, "troubles": 0}
    if is_running(status):
        return {RETRY_AFTER_KEY: RUNNING_POLL_SECONDS, "args": {**seen, "run": status.started or "", "running": True}}
    if args.get("running") or (status.started or "") != args.get("run"):
        return {"state": status.run_state}
    return {RETRY_AFTER_KEY: IDLE_POLL_SECONDS, "args": seen}


def end_watch(
    context: DialogContext, state: ConversationState, job_done: JobDone
) -> tuple[ConversationState, AzureRequest, bool]:
    """The state without the watch, the look that is to follow, and whether the run has ended (else it is refused)."""
    asked = AzureRequest("template", memory.build_query_from_args(job_done.job.args))
    left = tuple(ref for ref in state.azure.watched_templates if _build_watch_id(ref) != job_done.job.args.get("id"))
    return replace(state, azure=replace(state.azure, watched_templates=left)), asked, "state" in job_done.result


def show_watch_stopped(
    context: DialogContext, state: ConversationState, request: AzureRequest, job_done: JobDone
) -> DialogResult:
    """Why nothing more is said of the run: the time was over, or Azure says no."""
    name = request.query.name
    if "over" in job_done.result:
        again = Button(context.format_text("button.watch"), "watch", _build_button_args(request), primary=True)
        said = context.build_reply(
            context.build_paragraph("watch.over", name=name, hours=MAX_WATCH_HOURS), buttons=(again,), beside=True
        )
        return state, (said,)
    refusal = refusal_from_json(job_done.result.get("refused"))
    waits: memory.PendingInput = "sign-in" if refusal.reason == "sign-in" else ""
    state = replace(state, azure=state.azure.with_pending_request(AzureRequest("watch", request.query), waits))
    values = {"template": name, "resource_group": request.query.resource_group}
    blocks = [
        context.build_paragraph("watch.refused", "warning", name=name),
        *build_refusal_blocks(context, refusal, request, values),
    ]
    reply = context.build_reply(*blocks, buttons=build_refusal_buttons(context, refusal), beside=True)
    return state, (replace(reply, should_offer_sign_in=refusal.reason == "sign-in"),)


def _build_watch_buttons(context: DialogContext, template_id: TemplateId) -> tuple[Button, ...]:
    stop_it = Button(context.format_text("button.unwatch"), "unwatch", memory.template_id_to_args(template_id))
    return (stop_it, Button(context.format_text("button.look-again"), "look", memory.template_id_to_args(template_id)))


def _build_stop_button(context: DialogContext, template_id: TemplateId) -> Button:
    return Button(
        context.format_text("button.unwatch-named", name=template_id.name),
        "unwatch",
        memory.template_id_to_args(template_id),
    )


def _build_button_args(request: AzureRequest) -> dict[str, str]:
    wanted = request.query
    return {"sub": wanted.subscription, "rg": wanted.resource_group, "name": wanted.name}


def _build_watch_id(template_id: TemplateId) -> str:
    return f"{WATCH_TEMPLATE_JOB} {template_id.id.casefold()}"


def _is_same_template(template_id: TemplateId, other: TemplateId) -> bool:
    return template_id.id.casefold() == other.id.casefold()


def _add_hours(now: str, hours: int) -> str:
    """`now` (UTC, ISO 8601, `Z`) so many hours on, in the same form."""
    return (datetime.fromisoformat(now) + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")
