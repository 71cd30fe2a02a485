"""The support cases that are stored as files and were proofread: of twenty entries and six logs, in both languages.

`python -m tests.dialogs.support.golden_cases` rewrites them; look at the difference before it is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dialogs.conversation import Conversation
from dialogs.model.reply import CopyableText, FormField
from dialogs.model.turn import ActionPressed, MessageSent, Person, Turn
from dialogs.resources import DialogResources
from knowledge.model.diagnosis import Diagnosis
from knowledge.model.entry import COMPLETE_LANGUAGES, Language
from tests.build_logs import begun, failed, powershell, restart, script_failed, shell, stopped, succeeded
from tests.shipped_knowledge import DIAGNOSER, ENTRIES, KNOWLEDGE_BASE

GOLDENS = Path(__file__).parent / "goldens"
NOW = "2026-03-01T12:00:00Z"
ANSWERS = {
    "frequency": "always",
    "client": "cli",
    "last_good": "2026-02-27 22:00 UTC",
    "changed": "the base image",
    "impact": "the release waits",
}


@dataclass(frozen=True)
class Case:
    """A text, the product that its case must go to ("": the person is asked), and whose it is if not Image Builder's."""

    text: Callable[[], str]
    product: str
    owner: str


def example(entry: str, product: str, owner: str = "") -> tuple[str, Case]:
    return entry, Case(lambda: ENTRIES[entry].examples[0].text, product, owner)


CASES: dict[str, Case] = dict(
    [
        example("build-timeout", ""),
        example("script-nonzero-exit", "windows", "own-scripts"),
        example("sysprep-stuck-undeployable", "windows", "sysprep"),
        example("vm-from-image-not-created", "", "sysprep"),
        example("aci-quota-exceeded", "", "quota"),
        example("policy-violation", "", "policy"),
        example("no-outbound-access", "linux", "network"),
        example("avd-language-pack-failure", "windows", "avd-scripts"),
        example("devops-operation-canceled", "", "azure-devops"),
        example("pipeline-task-call-failed", "", "azure-devops"),
        example("gallery-replication-timeout", "linux"),
        example("distribution-access-denied", "windows"),
        example("gateway-timeout-504", ""),
        example("identity-not-authorized", ""),
        example("staging-rg-conflict", ""),
        example("template-update-not-supported", ""),
        example("generic-internal-error", ""),
        example("windows-update-failed", "windows"),
        example("apt-early-boot-race", "linux", "own-scripts"),
        example("isolated-image-build-failure", ""),
    ]
) | {
    "log-windows-script": Case(
        lambda: script_failed(
            powershell(begun(), ["Installing", 'The string is missing the terminator: ".'], code=1), 1
        ).text(),
        "windows",
        "own-scripts",
    ),
    "log-linux-script": Case(
        lambda: script_failed(shell(begun("old", windows=False), ["error: no such file"], code=2), 2).text(),
        "linux",
        "own-scripts",
    ),
    "log-stopped": Case(
        lambda: stopped(powershell(begun(), ["Copying"], seconds=14_000)).text(), "windows", "own-scripts"
    ),
    "log-succeeded": Case(lambda: succeeded(powershell(begun(), ["Done"])).text(), "windows", ""),
    "log-cut": Case(lambda: powershell(begun("bare"), ["Installing"], seconds=900).text(), "windows", ""),
    "log-restart": Case(
        lambda: failed(restart(powershell(begun(), ["Done"])), "Timeout waiting for WinRM.").text(),
        "windows",
        "network",
    ),
}


async def _diagnose(text: str, language: Language) -> Diagnosis:
    return DIAGNOSER.diagnose(text, language)


async def drafted(case: Case, language: Language) -> tuple[str, str, tuple[str, ...]]:
    """The product and the owner of the form, and the texts that are posted, after one step that did not help."""
    medic = Conversation(KNOWLEDGE_BASE, DialogResources(_diagnose, lambda: NOW))
    person, locale = Person("tenant", "person"), {"en": "en-US", "it": "it-IT"}[language]
    answer = await medic.answer_turn(Turn(person, "c", locale=locale, event=MessageSent(case.text())), None)
    for said in ("next", "draft"):
        answer = await medic.answer_turn(Turn(person, "c", locale=locale, event=MessageSent(said)), answer.state)
    fields = {
        block.id: block.value for reply in answer.replies for block in reply.blocks if isinstance(block, FormField)
    }
    shown = "\n".join(repr(block) for reply in answer.replies for block in reply.blocks)
    owners = [one.id for one in KNOWLEDGE_BASE.support.owners if one.who.get(language) in shown]
    filled = {**fields, **ANSWERS, "product": fields["product"] or "linux"}
    answer = await medic.answer_turn(
        Turn(person, "c", locale=locale, event=ActionPressed("post", {}, filled, 1)), answer.state
    )
    texts = tuple(block.text for reply in answer.replies for block in reply.blocks if isinstance(block, CopyableText))
    return fields["product"], owners[0] if owners else "", texts


async def golden(name: str, language: Language) -> str:
    """The content of a case's file."""
    product, owner, texts = await drafted(CASES[name], language)
    return f"product: {product or 'asked'}\nowner: {owner or 'Image Builder'}\n\n{texts[0]}\n"


if __name__ == "__main__":
    import asyncio

    for one in CASES:
        for tongue in COMPLETE_LANGUAGES:
            (GOLDENS / f"{one}.{tongue}.txt").write_text(asyncio.run(golden(one, tongue)), encoding="utf-8")
