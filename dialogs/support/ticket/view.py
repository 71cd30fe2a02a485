"""The cards of a ticket: before it, the contact form, the preview of what leaves, the ticket, why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from dialogs.context import Scene, short
from dialogs.model.reply import Block, Button, Copyable, Facts, Reply, RichText, Run, literal
from dialogs.model.support import FilingReason, FilingRefusal, Routes, Ticket, TicketDraft
from dialogs.support.ticket.contact import form_fields

AGAIN: frozenset[FilingReason] = frozenset(
    {
        "sign-in", "consent", "conditional-access", "not-allowed", "no-permission", "not-registered", "quota", "busy",
        "unauthorized", "not-found", "other-tenant", "too-slow", "unsure", "azure-trouble", "no-network", "unexpected",
    }
)  # fmt: skip
"""What may pass, or can be put right: another try is offered."""
CHANGE: frozenset[FilingReason] = frozenset({"severity", "rejected", "not-found", "other-tenant", "no-classification"})
"""What another answer of the person's may put right."""
MAY_BE: frozenset[FilingReason] = frozenset({"too-slow", "unsure", "azure-trouble", "unexpected"})
"""After these there may be a ticket all the same."""


def contact_form(scene: Scene, answers: Mapping[str, str], problems: Mapping[str, str], filed: Ticket | None) -> Reply:
    """The form; nothing leaves with it."""
    blocks: list[Block] = [scene.heading("ticket.title")]
    if filed:
        blocks.append(scene.say("ticket.filed-other", "warning", number=_number(scene, filed)))
    blocks.append(scene.say("ticket.check" if problems else "ticket.intro", "attention" if problems else "default"))
    # the fields that are asked for need not be filled in to go back
    back = replace(scene.button("edit-case", "draft"), bare=True)
    buttons = (scene.button("ticket-preview", "ticket-preview", primary=True), back)
    return scene.reply(
        *blocks,
        *form_fields(scene, answers, problems),
        scene.say("ticket.consent", "subtle"),
        buttons=buttons,
        summary=scene.word("ticket.title"),
    )


def choice(scene: Scene, routes: Routes) -> Reply:
    """Which of several classifications it is."""
    kinds = [
        Button(short(one.name), "ticket-kind", {"kind": at}, primary=at == 0)
        for at, one in enumerate(routes.classifications)
    ]
    rows = tuple((str(at + 1), literal(one.name)) for at, one in enumerate(routes.classifications))
    return scene.reply(
        scene.say("ticket.choose", service=literal(routes.service.name)),
        Facts(rows),
        buttons=(*kinds, scene.button("ticket-change", "ticket-change"))[:6],
    )


def preview(scene: Scene, draft: TicketDraft, seal: str, name: str, changed: bool = False) -> tuple[Reply, ...]:
    """Exactly what leaves: the text, the files, then everything else and the question."""
    texts = [scene.reply(scene.say("ticket.text"), Copyable(draft.description), beside=True)]
    texts += [
        scene.reply(scene.say("ticket.file", name=file.name), Copyable(file.text), beside=True)
        for file in draft.attachments
    ]
    contact = draft.contact
    reached = f"{contact.first} {contact.last}, {contact.email}" + (f", {contact.phone}" if contact.phone else "")
    rows: dict[str, RichText] = {
        "subscription": literal(draft.subscription),
        "service": literal(draft.service.name),
        "classification": literal(draft.classification.name),
        "severity": (Run(_severity(scene, draft.severity)),),
        "heading": literal(draft.title),
        "contact": literal(reached),
        "by": (Run(scene.word(f"ticket.by.{contact.by}")),),
        "place": literal(f"{contact.country}, {contact.time_zone}"),
        "language": (Run(scene.word(f"ticket.language.{contact.language}")),),
        "diagnostics": (Run(scene.word(f"ticket.diagnostics.{'yes' if draft.diagnostics else 'no'}")),),
        "started": literal(draft.started) if draft.started else (Run(scene.word("case.unknown")),),
        "files": literal(", ".join(file.name for file in draft.attachments))
        if draft.attachments
        else (Run(scene.word("ticket.none")),),
    }
    question = scene.reply(
        scene.heading("ticket.preview"),
        *((scene.say("ticket.changed", "warning"),) if changed else ()),
        Facts(tuple((scene.word(f"ticket.row.{key}"), value) for key, value in rows.items())),
        *sandbox(scene),
        scene.say("ticket.ask", "attention", name=name) if name else scene.say("ticket.ask-you", "attention"),
        buttons=(
            scene.button("ticket-yes", "ticket-yes", primary=True, seal=seal),
            scene.button("ticket-change", "ticket-change"),
            scene.button("edit-case", "draft"),
            scene.button("ticket-no", "ticket-no"),
        ),
        summary=scene.word("ticket.preview"),
        beside=True,
    )
    return (*texts, question)


def ticket(scene: Scene, filed: Ticket, files: int, title: str = "") -> Reply:
    """The ticket: its number, where it is shown, and what did not go along."""
    key = "ticket.filed-again" if filed.again else "ticket.filed"
    blocks: list[Block] = [scene.say(key if filed.number else "ticket.filed-no-number", "good", number=filed.number)]
    if title:
        blocks.append(scene.say("ticket.filed-title", title=title))
    if filed.state:
        blocks.append(scene.say("ticket.state", state=filed.state))
    if files > filed.attached and not filed.again:
        blocks.append(scene.say("ticket.no-files", "warning"))
    blocks += sandbox(scene) or [scene.say("ticket.next")]
    link = (scene.link("ticket-open", filed.url, primary=True),) if filed.url and scene.looks != "sandbox" else ()
    buttons = (*link, scene.button("edit-case", "draft"), scene.button("restart", "restart"))
    return scene.reply(*blocks, buttons=buttons, summary=scene.word("ticket.summary"), beside=True)


def refused(scene: Scene, refusal: FilingRefusal, again: bool = False) -> Reply:
    """Why there is no ticket, what to do about it, and that the draft stays. `again`: it can be tried once more."""
    reason = refusal.reason
    blocks: list[Block] = [scene.say(f"unfiled.{reason}", "warning")]
    rows = {
        "detail": refusal.detail,
        "action": refusal.action,
        "scope": refusal.scope,
        "role": refusal.role,
        "code": refusal.code,
    }
    if shown := tuple((scene.word(f"unfiled.row.{key}"), literal(value)) for key, value in rows.items() if value):
        blocks.append(Facts(shown))
    if reason == "busy" and refusal.retry_after is not None:
        blocks.append(scene.say("unfiled.wait", seconds=refusal.retry_after))
    blocks.append(scene.say(f"unfiled.{reason}.next"))
    blocks.append(scene.say("ticket.may-be" if reason in MAY_BE else "ticket.stays"))
    buttons = [
        *((scene.button("ticket-again", "ticket-again", primary=True),) if again and reason in AGAIN else ()),
        *((scene.button("ticket-change", "ticket-change"),) if reason in CHANGE else ()),
        scene.button("ways-out", "post"),
        scene.button("edit-case", "draft"),
    ]
    return scene.reply(*blocks, buttons=tuple(buttons), beside=True)


def sandbox(scene: Scene) -> list[Block]:
    """In the sandbox, that nobody gets the ticket; nothing elsewhere."""
    return [scene.say("ticket.sandbox", "subtle")] if scene.looks == "sandbox" else []


def _severity(scene: Scene, severity: str) -> str:
    known = next((one for one in scene.support.severities if one.id == severity), None)
    if known is None:
        return severity
    return scene.word("case.severity", letter=known.letter, meaning=known.meaning.in_(scene.language))


def _number(scene: Scene, filed: Ticket) -> str:
    return filed.number or filed.id.rsplit("/", 1)[-1]
