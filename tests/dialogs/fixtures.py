"""A small knowledge base, a diagnoser that knows a few texts, and a chat that acts as a person."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dialogs.context import DialogContext
from dialogs.conversation import Conversation
from dialogs.model.effects import Effect, OfferFile, RequestSignIn, StartJob
from dialogs.model.job import Job
from dialogs.model.ports import DiagnoseText
from dialogs.model.reply import Button, Reply
from dialogs.model.turn import ACTION_VERSION, ActionPressed, MessageSent, Person, Turn, TurnEvent
from dialogs.replies.plain_text import render_plain_text
from dialogs.resources import DialogResources
from dialogs.texts.catalog import TextCatalog, get_texts
from knowledge.catalog.findings import FindingCatalog
from knowledge.knowledge_base import load_knowledge_base
from knowledge.model.diagnosis import Diagnosis, ExcerptLine, Match, ProvisionerSummary
from knowledge.model.entry import Entry, Language, LocalizedText, LookAlike, Step
from knowledge.model.finding import Finding, FindingRule, LinePattern, StepPlace


def both(en: str, it: str) -> LocalizedText:
    return LocalizedText({"en": en, "it": it})


SCRIPT = Entry(
    id="script-nonzero-exit",
    phase="build",
    area="scripts",
    severity="error",
    retry="no",
    role="cause",
    priority=1,
    basis="documented",
    reviewed="2026-01-01",
    os=("windows", "linux"),
    title=both("Script ended with a non-zero exit code", "Script terminato con codice di uscita diverso da zero"),
    symptom=both(
        "The log says that a script exited with a status.", "Il log riporta lo stato di uscita di uno script."
    ),
    cause=both("The script itself is broken; see `customize`.", "È lo script a essere errato; vedi `customize`."),
    retry_note=both("the script stays broken.", "lo script resta errato."),
    signatures=(),
    explains=("packer-build-failed",),
    steps=(
        Step(
            both("Read the state.", "Leggi lo stato."),
            both("`Failed`.", "`Failed`."),
            "az image builder show -n <template> -g <rg>",
            "Get-AzImageBuilderTemplate -ResourceGroupName <rg> -Name <template>",
            "reads",
            None,
        ),
        Step(
            both("Delete the template.", "Elimina il modello."),
            None,
            "az image builder delete -n <template> -g <rg>",
            None,
            "deletes",
            both("the `customization.log`", "il `customization.log`"),
        ),
        Step(both("Submit it again.", "Invialo di nuovo."), None, None, None, "changes", None),
    ),
    look_alikes=(LookAlike("build-timeout", both("it ran for hours", "è durata ore")),),
    references=(),
    examples=(),
    near_misses=(),
    words={},
)
TIMEOUT = SCRIPT._replace(
    id="build-timeout",
    area="time",
    retry="after-fix",
    role="symptom",
    priority=2,
    title=both("Build timeout exceeded", "Timeout di compilazione superato"),
    symptom=both("The run ends after hours.", "L'esecuzione termina dopo ore."),
    cause=both("It took too long.", "Ha richiesto troppo tempo."),
    retry_note=None,
    explains=(),
    steps=(Step(both("Raise the limit.", "Aumenta il limite."), None, None, None, "reads", None),),
    look_alikes=(
        LookAlike(
            "script-nonzero-exit", both("a script verdict stands in the log", "nel log c'è il verdetto di uno script")
        ),
    ),
)
IN_USE = TIMEOUT._replace(
    id="vm-from-image-not-created",
    phase="after-build",
    area="image-in-use",
    basis="inferred",
    title=both("VMs from the image do not deploy", "Le macchine virtuali create dall'immagine non partono"),
    symptom=both("VM creation never ends.", "La creazione della VM non finisce."),
    cause=both("The deprovision command does not suit it.", "Il comando di deprovisioning non è adatto."),
    steps=(),
    look_alikes=(),
)
WRAPPER = TIMEOUT._replace(
    id="packer-build-failed",
    area="logs",
    role="wrapper",
    priority=3,
    basis="reported",
    title=both("Packer build failed", "Compilazione di Packer non riuscita"),
    symptom=both("Only: exit status 1.", "Solo: exit status 1."),
    look_alikes=(),
)
HARMLESS = TIMEOUT._replace(
    id="warn-no-artifacts",
    area="logs",
    severity="info",
    retry="yes",
    title=both("No artifacts were created", "Nessun artefatto creato"),
    cause=both("Good builds say it too.", "Lo dicono anche le compilazioni riuscite."),
    look_alikes=(),
)
ENTRIES: dict[str, Entry] = {entry.id: entry for entry in (SCRIPT, TIMEOUT, IN_USE, WRAPPER, HARMLESS)}
OPEN_QUOTE = FindingRule(
    pattern=LinePattern("open-quote", 9, text=("missing the terminator",)),
    trigger="said",
    capture=(r"in (?P<file>\w+\.ps1)",),
    title=both("A quote in {file|the script} is never closed", "Una virgoletta in {file|uno script} non è chiusa"),
    cause=both("The file {file|of the script} has a quote too few.", "Nel file {file|dello script} manca una virgoletta."),
    steps=(
        Step(
            both("Close the quote in {file|the script}. Look above it.", "Chiudi la virgoletta in {file|uno script}."),
            None, None, None, "reads", None,
        ),
        Step(both("Test the script alone.", "Prova lo script da solo."), None, None, None, "reads", None),
    ),
    retry="after-fix",
    owner="script",
    basis="documented",
    examples=(),
)  # fmt: skip
FINDINGS = FindingCatalog({OPEN_QUOTE.id: OPEN_QUOTE}, {"said": (OPEN_QUOTE.pattern,)}, (), None)
FINDINGS.packer_steps = (
    Step(both("Run packer build again.", "Riesegui packer build."), None, None, None, "changes", None),
)
KNOWLEDGE_BASE = replace(load_knowledge_base(ENTRIES), findings=FINDINGS)

CORRELATION = "11111111-2222-3333-4444-555555555555"
SUBSCRIPTION = "99999999-8888-7777-6666-555555555555"


def match(entry: Entry, confidence: Any, *evidence: tuple[int, str], **more: Any) -> Match:
    return Match(
        entry.id,
        entry.title.get("en"),
        confidence,
        entry.severity,
        entry.retry,
        tuple(ExcerptLine(*line) for line in evidence),
        **more,
    )


NOTHING = Diagnosis("-", "unknown", "unknown", (), (), {}, ())
VERDICT = "Script exited with non-zero exit status: 1. Allowed exit codes are: [0]"
FAILED = NOTHING._replace(
    kind="build-log",
    outcome="failed",
    phase="customize",
    os="windows",
    excerpt=(ExcerptLine(11, "The string is missing the terminator."),),
    facts={
        "correlation_id": CORRELATION,
        "subscription": SUBSCRIPTION,
        "template": "win11-golden",
        "resource_group": "rg-images",
        "exit_code": 1,
        "operation_id": None,
        "source_image": "contoso-base",
    },
    timeline=(
        ProvisionerSummary("file", "2026-02-22T01:29:00Z", "2026-02-22T01:29:10Z", 10, 0, 3, "ended"),
        ProvisionerSummary("powershell", "2026-02-22T01:29:17Z", "2026-02-22T01:29:22Z", 5, 1, 9, "failed"),
    ),
    matches=(
        match(SCRIPT, "certain", (11, "The string is missing the terminator."), (27, VERDICT), explains=(WRAPPER.id,)),
        match(TIMEOUT, "possible", (4, "waiting")),
    ),
    line_count=30,
)
QUOTE_FINDING = Finding(
    OPEN_QUOTE.id,
    "A quote in tools.ps1 is never closed",
    "script",
    "after-fix",
    {"file": "tools.ps1"},
    line=11,
    place=StepPlace("powershell", 2, 9, script_line=5),
)
FOUND = FAILED._replace(
    finding=QUOTE_FINDING,
    excerpt=(
        ExcerptLine(10, "Installing the tools"),
        ExcerptLine(11, "The string is missing the terminator."),
        ExcerptLine(27, VERDICT),
    ),
)
OWN_WORDS = "contoso-agent: enrollment endpoint returned 418"
UNKNOWN_STEP = FAILED._replace(
    matches=(),
    finding=QUOTE_FINDING._replace(id="unknown-error", title=OWN_WORDS, values={"sentence": OWN_WORDS}),
    excerpt=(ExcerptLine(10, "Enrolling"), ExcerptLine(11, OWN_WORDS)),
)
DIAGNOSES: Mapping[str, Diagnosis] = {
    "A.FINDING": FOUND,
    "IN.PACKER": FOUND._replace(tool="packer"),
    "OTHER.QUOTE": FOUND._replace(finding=QUOTE_FINDING._replace(id="other-quote", title="Another quote is open")),
    "UNKNOWN.STEP": UNKNOWN_STEP,
    "UNKNOWN.IN.AZURE": UNKNOWN_STEP._replace(
        phase="deploy", finding=UNKNOWN_STEP.finding._replace(owner="azure", place=None, line=0)
    ),
    "WITHOUT.STEP": FOUND._replace(matches=(), timeline=(), finding=QUOTE_FINDING._replace(place=None)),
    "SURVIVED": FOUND._replace(outcome="succeeded", matches=(), finding=QUOTE_FINDING._replace(place=None)),
    "DESCRIBED": NOTHING._replace(kind="question", matches=(match(TIMEOUT, "possible"), match(SCRIPT, "possible"))),
    "FAILED.LOG": FAILED,
    "LIKELY": FAILED._replace(partial=True, matches=(match(SCRIPT, "likely", (27, VERDICT)),)),
    "UNSURE": FAILED._replace(
        matches=(match(TIMEOUT, "possible", (4, "deadline")), match(SCRIPT, "possible", (5, "exit")))
    ),
    "ONE.POSSIBLE": FAILED._replace(matches=(match(IN_USE, "possible"),)),
    "WRAPPER": FAILED._replace(matches=(match(WRAPPER, "certain", (1, "exit status 1")),)),
    "HARMLESS": NOTHING._replace(
        kind="build-log", matches=(match(HARMLESS, "certain", (7, "Builds finished but no artifacts")),)
    ),
    "SUCCEEDED": NOTHING._replace(
        kind="build-log", outcome="succeeded", matches=(match(HARMLESS, "certain", (7, "no artifacts")),)
    ),
    "UNMATCHED": FAILED._replace(matches=(), facts={**FAILED.facts, "exit_code": 42}),
    "GONE": FAILED._replace(matches=(match(SCRIPT, "certain")._replace(entry="of-yesterday"),)),
}


async def diagnose(text: str, language: Language) -> Diagnosis:
    """The diagnosis whose name the text contains, the example's, or nothing."""
    if "missing the terminator" in text:
        return FAILED
    return next((found for name, found in DIAGNOSES.items() if name in text), NOTHING)


class Chat:
    """A person's side of a conversation; the state goes through JSON between any two turns."""

    def __init__(
        self,
        locale: str | None = "en-US",
        entries: Mapping[str, Entry] = ENTRIES,
        diagnoser: DiagnoseText | None = None,
        texts: TextCatalog | None = None,
        **ports: Any,
    ) -> None:
        """Start a chat over `entries`; `ports` are what else the conversation is given, such as `azure_reader`."""
        self.locale = locale
        self.minutes = 0
        knowledge = KNOWLEDGE_BASE if entries is ENTRIES else load_knowledge_base(entries)
        self.conversation = Conversation(knowledge, DialogResources(diagnoser or diagnose, self.clock, **ports), texts)
        self.state: dict[str, Any] | None = None
        self.replies: tuple[Reply, ...] = ()
        self.effects: tuple[Effect, ...] = ()

    def clock(self) -> str:
        self.minutes += 1
        return f"2026-03-01T{self.minutes // 60:02}:{self.minutes % 60:02}:00Z"

    async def turn(self, event: TurnEvent, **more: Any) -> str:
        turn = Turn(Person("tenant", "person"), "conversation", locale=self.locale, event=event, **more)
        answer = await self.conversation.answer_turn(turn, self.state)
        self.state = json.loads(json.dumps(answer.state))
        self.replies, self.effects = answer.replies, answer.effects
        assert self.replies
        return self.shown

    async def say(self, text: str) -> str:
        return await self.turn(MessageSent(text))

    async def press(self, label: str, **fields: str) -> str:
        button = self.button(label)
        return await self.act(button.action_id, dict(button.args), fields)

    async def act(self, do: str, args: Any = None, fields: Any = None, version: int = ACTION_VERSION) -> str:
        return await self.turn(ActionPressed(do, {} if args is None else args, fields or {}, version))

    def button(self, label: str) -> Button:
        found = [button for button in self.buttons if button.label == label]
        assert found, f"no {label!r} among {[button.label for button in self.buttons]}"
        return found[0]

    @property
    def started_jobs(self) -> list[Job]:
        return [effect.job for effect in self.effects if isinstance(effect, StartJob)]

    @property
    def offered_files(self) -> list[OfferFile]:
        return [effect for effect in self.effects if isinstance(effect, OfferFile)]

    @property
    def sign_in_requests(self) -> list[int]:
        """The replies with a sign-in button below them."""
        return [effect.reply_index for effect in self.effects if isinstance(effect, RequestSignIn)]

    @property
    def buttons(self) -> list[Button]:
        return [button for reply in self.replies for button in reply.offered_buttons]

    @property
    def shown(self) -> str:
        return "\n\n".join(map(render_plain_text, self.replies))


def context(language: Language = "en") -> DialogContext:
    """Build the context of a private chat."""
    return DialogContext(language, KNOWLEDGE_BASE, get_texts(), "2026-03-01T00:00:00Z")
