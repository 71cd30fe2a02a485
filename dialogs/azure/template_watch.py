"""Watch a template: a job polls it until its run, or the next one, has ended, and the user gets the result.

A watch holds no token: each poll reads Azure with the user's permissions at that time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from dialogs.azure.refusals import build_refusal_blocks, build_refusal_buttons
from dialogs.context import DialogContext, DialogResult
from dialogs.model.azure import TemplateStatus
from dialogs.model.azure_refusal import AzureRefusal, AzureRefusalReason
from dialogs.model.effects import CancelJobs, RequestSignIn, StartJob
from dialogs.model.errors import AzureRefusedError
from dialogs.model.job import RETRY_AFTER_KEY, Job, JobDone
from dialogs.model.ports import AzureReader
from dialogs.model.reply import Button
from dialogs.model.turn import Person
from dialogs.state.azure_state import AzureRequest
from dialogs.state.conversation_state import ConversationState
from dialogs.state.refusal_json import REFUSAL_CODEC
from knowledge.template.template_id import TemplateId, TemplateQuery

WATCH_TEMPLATE_JOB = "watch"
"""The name of the job that polls a watched template."""
MAX_WATCHES = 3
MAX_WATCH_HOURS = 24
"""The longest time for a watch; after that, the user can start another one."""
RUNNING_POLL_SECONDS = 60
"""Seconds between two polls while a run is in progress."""
IDLE_POLL_SECONDS = 180
"""Seconds between two polls while no run has started yet."""
MIN_RETRY_SECONDS = 300
"""Seconds to wait after a temporary refusal; `Retry-After` can make it longer."""
MAX_RETRY_SECONDS = 3600
MAX_FAILED_POLLS = 12
"""How many consecutive polls may be refused before the watch ends: an hour's worth."""

_TRANSIENT_REASONS: frozenset[AzureRefusalReason] = frozenset(
    {"busy", "azure-trouble", "too-slow", "no-network", "conflict"}
)


def start_watch(context: DialogContext, state: ConversationState, status: TemplateStatus) -> DialogResult:
    """Say that the template is watched from now on, and enqueue the job that polls it."""
    template_id, watched = status.template_id, state.azure.watched_templates
    if any(_build_watch_id(template_id) == _build_watch_id(other) for other in watched):
        notice = context.build_paragraph("watch.already", name=template_id.name)
        return DialogResult(
            state, (context.build_reply(notice, buttons=_build_watch_buttons(context, template_id), placement="stays"),)
        )
    if len(watched) >= MAX_WATCHES:
        notice = context.build_paragraph("watch.enough", names=_join_names(watched))
        stop_buttons = tuple(_build_stop_button(context, other) for other in watched)
        return DialogResult(state, (context.build_reply(notice, buttons=stop_buttons, placement="stays"),))
    running = status.run.is_running
    # "run" tells this run from the next one, and "id" lets a stop find the job
    args = {
        **template_id.to_args(),
        "id": _build_watch_id(template_id),
        "run": status.run.started or "",
        "running": running,
        "until": _add_hours(context.now, hours=MAX_WATCH_HOURS),
        "troubles": 0,
    }
    azure = replace(
        state.azure.without_pending_request(),
        last_template_id=template_id,
        watched_templates=(*watched, template_id),
    )
    announcement = context.build_paragraph(
        "watch.this-run" if running else "watch.next-run", name=template_id.name, hours=MAX_WATCH_HOURS
    )
    reply = context.build_reply(announcement, buttons=_build_watch_buttons(context, template_id), placement="stays")
    return DialogResult(replace(state, azure=azure), (reply,), (StartJob(Job(WATCH_TEMPLATE_JOB, args)),))


def list_watches(context: DialogContext, state: ConversationState) -> DialogResult:
    """Say which templates are watched."""
    watched = state.azure.watched_templates
    if not watched:
        buttons: tuple[Button, ...] = (context.build_button("look", "look"),)
        notice = context.build_paragraph("watch.none")
    else:
        buttons = tuple(_build_stop_button(context, template_id) for template_id in watched)
        notice = context.build_paragraph("watch.list", names=_join_names(watched))
    return DialogResult(state, (context.build_reply(notice, buttons=buttons, placement="stays"),))


def stop_watch(context: DialogContext, state: ConversationState, request: AzureRequest) -> DialogResult:
    """End the watch of the template that the request names, or every watch if it names none."""
    watched = state.azure.watched_templates
    name = request.query.name.casefold()
    stopped = tuple(template_id for template_id in watched if not name or template_id.name.casefold() == name)
    look_buttons = (context.build_button("look", "look"),)
    if not stopped:
        notice = (
            context.build_paragraph("watch.none-of", names=_join_names(watched))
            if watched
            else context.build_paragraph("watch.none")
        )
        return DialogResult(state, (context.build_reply(notice, buttons=look_buttons, placement="stays"),))
    remaining = tuple(template_id for template_id in watched if template_id not in stopped)
    confirmation = context.build_paragraph("watch.stopped", names=_join_names(stopped))
    reply = context.build_reply(confirmation, buttons=look_buttons, placement="stays")
    state = replace(state, azure=replace(state.azure, watched_templates=remaining))
    return DialogResult(state, (reply,), (CancelJobs(tuple(map(_build_watch_id, stopped))),))


async def poll_watch(azure_reader: AzureReader | None, person: Person, job: Job, now: str) -> Mapping[str, Any]:
    """Poll a watched template once and return, as plain JSON, that its run has ended or when to poll again."""
    args = dict(job.args)
    template_id = TemplateId.from_args(args)
    if azure_reader is None or azure_reader.access_mode == "off" or template_id is None:
        return {"refused": REFUSAL_CODEC.encode(AzureRefusal("off" if template_id else "unexpected"))}
    if now >= str(args.get("until")):  # both UTC in the same ISO 8601 form, so they compare as text
        return {"over": True}
    try:
        status = await azure_reader.fetch_status(person, template_id)
    except AzureRefusedError as refused:
        return _handle_refused_poll(args, refused.refusal)
    args["troubles"] = 0
    if status.run.is_running:
        args.update(run=status.run.started or "", running=True)
        return {RETRY_AFTER_KEY: RUNNING_POLL_SECONDS, "args": args}
    # a short run may begin and end between two polls; then only its start time is new
    if args.get("running") or (status.run.started or "") != args.get("run"):
        return {"state": status.run.state}
    return {RETRY_AFTER_KEY: IDLE_POLL_SECONDS, "args": args}


def end_watch(
    context: DialogContext, state: ConversationState, job_done: JobDone
) -> tuple[ConversationState, AzureRequest, bool]:
    """Return the state without the watch, the request to show its template, and whether the run has ended.

    If the run hasn't ended, the watch was refused or its time is up.
    """
    args = job_done.job.args
    request = AzureRequest("template", TemplateQuery.from_args(args))
    remaining = tuple(
        template_id for template_id in state.azure.watched_templates if _build_watch_id(template_id) != args.get("id")
    )
    state = replace(state, azure=replace(state.azure, watched_templates=remaining))
    return state, request, "state" in job_done.result


def show_watch_stopped(
    context: DialogContext, state: ConversationState, request: AzureRequest, job_done: JobDone
) -> DialogResult:
    """Say why the watch ended before the run did: its time was up, or Azure refused."""
    name = request.query.name
    if "over" in job_done.result:
        watch_button = Button(context.format_text("button.watch"), "watch", request.query.to_args(), primary=True)
        notice = context.build_paragraph("watch.over", name=name, hours=MAX_WATCH_HOURS)
        return DialogResult(state, (context.build_reply(notice, buttons=(watch_button,), placement="stays"),))
    refusal = REFUSAL_CODEC.decode(job_done.result.get("refused"))
    must_sign_in = refusal.reason == "sign-in"
    watch_request = AzureRequest("watch", request.query)
    state = replace(state, azure=state.azure.with_pending_request(watch_request, "sign-in" if must_sign_in else ""))
    blocks = [
        context.build_paragraph("watch.refused", "warning", name=name),
        *build_refusal_blocks(context, refusal, request, request.query.to_facts()),
    ]
    reply = context.build_reply(*blocks, buttons=build_refusal_buttons(context, refusal), placement="stays")
    return DialogResult(state, (reply,), (RequestSignIn(),) if must_sign_in else ())


def _handle_refused_poll(args: dict[str, Any], refusal: AzureRefusal) -> Mapping[str, Any]:
    """Return when to poll again if the reason is temporary, else the refusal."""
    earlier_troubles = args.get("troubles")
    troubles = earlier_troubles + 1 if isinstance(earlier_troubles, int) else 1
    if refusal.reason not in _TRANSIENT_REASONS or troubles > MAX_FAILED_POLLS:
        return {"refused": REFUSAL_CODEC.encode(refusal)}
    seconds = max(MIN_RETRY_SECONDS, min(refusal.retry_after or 0, MAX_RETRY_SECONDS))
    return {RETRY_AFTER_KEY: seconds, "args": {**args, "troubles": troubles}}


def _build_watch_buttons(context: DialogContext, template_id: TemplateId) -> tuple[Button, ...]:
    args = template_id.to_args()
    return (
        Button(context.format_text("button.unwatch"), "unwatch", args),
        Button(context.format_text("button.look-again"), "look", args),
    )


def _build_stop_button(context: DialogContext, template_id: TemplateId) -> Button:
    label = context.format_text("button.unwatch-named", name=template_id.name)
    return Button(label, "unwatch", template_id.to_args())


def _build_watch_id(template_id: TemplateId) -> str:
    return f"{WATCH_TEMPLATE_JOB} {template_id.to_resource_id().casefold()}"


def _join_names(template_ids: tuple[TemplateId, ...]) -> str:
    return ", ".join(template_id.name for template_id in template_ids)


def _add_hours(now: str, hours: int) -> str:
    """Return the time `hours` after `now`, in the same form (UTC, ISO 8601, `Z`)."""
    return (datetime.fromisoformat(now) + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")
