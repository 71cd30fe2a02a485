"""What is said when a look comes to nothing: what was denied, what is missing on which scope, and how to go on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dialogs.azure import manual_commands as by_hand
from dialogs.azure.typed_requests import by_id
from dialogs.context import Scene
from dialogs.model.azure import Reason, Refusal
from dialogs.model.reply import Block, Button, Facts, RichText, Run, literal
from dialogs.state.azure import Asked
from knowledge.redaction.redact import redact

MOST_NAMED = 5
_LONGEST = 300

_ROLES: Mapping[Reason, str] = {"denied": "Reader", "no-data-role": "Storage Blob Data Reader"}
"""The built-in role that allows it, where the refusal names none."""
_RETRY: frozenset[Reason] = frozenset(
    {
        "denied",
        "no-data-role",
        "firewall",
        "unauthorized",
        "consent",
        "conditional-access",
        "other-tenant",
        "not-allowed",
        "not-found",
        "no-run",
        "no-log",
        "conflict",
        "busy",
        "azure-trouble",
        "too-slow",
        "no-network",
        "unexpected",
    }
)
_OF_THE_LOG: frozenset[Reason] = frozenset({"no-data-role", "firewall", "keys-disabled", "suspicious"})
_NOTHING_TO_READ: frozenset[Reason] = frozenset({"no-run", "no-log", "log-gone", "sign-in", "busy"})
"""Where commands would fare no better."""
_IN_ACCOUNT = "/blobServices/"


def refusal_blocks(scene: Scene, refusal: Refusal, asked: Asked, values: Mapping[str, str]) -> list[Block]:
    """What was refused and why, the next step, and how to read it oneself where that can help."""
    reason = refusal.reason
    tone = "default" if reason in ("no-run", "no-log", "sign-in") else "warning"
    blocks: list[Block] = [scene.say(f"refused.{reason}", tone)]  # type: ignore[arg-type]
    if rows := _rows(scene, refusal):
        blocks.append(Facts(rows))
    if refusal.subscriptions:
        names = listed(refusal.subscriptions)
        blocks.append(scene.say("refused.subscriptions", names=names))
    if reason == "busy" and refusal.retry_after is not None:
        blocks.append(scene.say("refused.retry-after", seconds=refusal.retry_after))
    blocks.append(scene.say(f"refused.{reason}.next"))
    if reason not in _NOTHING_TO_READ:
        own = _by_hand(scene, reason, asked, {**_named(refusal), **values})
        blocks += by_hand.paste_back(scene, own) if own else []
    return blocks


def refusal_buttons(scene: Scene, refusal: Refusal) -> tuple[Button, ...]:
    """Another try where one can help, and the ways on that need no look."""
    retry = (scene.button("look-retry", "look-retry", primary=True),) if refusal.reason in _RETRY else ()
    other = (scene.button("look-other", "look-other"),) if refusal.reason in ("not-found", "no-run", "log-gone") else ()
    return (*retry, *other, scene.button("guided-questions", "guided"), scene.button("draft", "draft"))


def listed(names: Sequence[str], most: int = MOST_NAMED) -> RichText:
    """The names one after the other, literal; how many more there are after the first few."""
    runs: list[Run] = []
    for at, name in enumerate(names[:most]):
        runs += [*([Run(", ")] if at else []), Run(brief(name), "code")]
    if len(names) > most:
        runs.append(Run(f" (+{len(names) - most})"))
    return tuple(runs)


def _rows(scene: Scene, refusal: Refusal) -> tuple[tuple[str, RichText], ...]:
    role = refusal.role or _ROLES.get(refusal.reason, "")
    same = refusal.scope.casefold() == refusal.what.casefold()
    values = {
        # of a log its name: its account is the scope, or stands in the commands
        "what": refusal.what.rpartition("/")[2] if _IN_ACCOUNT in refusal.what else "" if same else refusal.what,
        "action": refusal.action,
        "scope": refusal.scope,
        "role": role,
        "code": refusal.code,
    }
    return tuple((scene.word(f"refused.row.{key}"), literal(brief(value))) for key, value in values.items() if value)


def _named(refusal: Refusal) -> dict[str, str]:
    """What the id of a refused template says of it."""
    wanted = by_id(refusal.what)
    if wanted is None:
        return {}
    return {"template": wanted.name, "resource_group": wanted.resource_group, "subscription": wanted.subscription}


def _by_hand(scene: Scene, reason: Reason, asked: Asked, values: Mapping[str, str]) -> list[Block]:
    if asked.what == "failing":
        return by_hand.failing_by_hand(scene)
    if reason in _OF_THE_LOG or asked.what == "whole-log":
        return by_hand.log_by_hand(scene, values)
    return by_hand.status_by_hand(scene, values)


def brief(value: str) -> str:
    """A name or a code of Azure's on one line, without secrets, of a bounded length."""
    said = " ".join(redact(value).split())
    return said if len(said) <= _LONGEST else f"{said[:_LONGEST]}…"
