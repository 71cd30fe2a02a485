"""Whole conversations about a template in Azure, as tables of what is said or pressed and what is answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from dialogs.model.azure import FailedTemplates, LogTail, TemplateSearchResult
from dialogs.model.azure_refusal import AzureRefusal
from dialogs.model.effects import HandOff
from dialogs.model.turn import MessageSent
from knowledge.template.template_id import TemplateId
from tests.dialogs.azure.fake_azure import GOLDEN, STATUS, FakeAzure, LookingChat, status_of
from tests.dialogs.azure.statuses import with_values
from tests.dialogs.fixtures import SUBSCRIPTION
from tests.dialogs.test_conversation import Line, talk

OTHER = TemplateId(SUBSCRIPTION, "rg-other", "win11-golden")
NEVER_RAN = status_of("fresh", run_state="", run_sub_state="", started=None, ended=None, message="")
RUNNING = status_of("running", run_state="Running", ended=None, message="", started="2026-02-28T23:50:00Z")
WELL = status_of("well", run_state="Succeeded", run_sub_state="", message="")
REFUSED = status_of(
    "refused",
    run_state="",
    message="",
    provisioning_state="Failed",
    provisioning_code="BadStagingResourceGroup",
    provisioning_message="The staging group is not empty.",
)
QUIET = status_of("quiet", message="something else")
MANY = FailedTemplates(tuple(status_of(f"t-{n}") for n in range(16)), ("Contoso Dev",), ("Contoso Secret",))


def azure() -> FakeAzure:
    return FakeAzure("user", STATUS, NEVER_RAN, RUNNING, WELL, REFUSED, QUIET)


ENGLISH: Mapping[str, tuple[Line, ...]] = {
    "a paste, then a look at its template": (
        Line("FAILED.LOG", ("Step 1 of 3", "[4] Look at my template")),
        Line(
            "[Look at my template]",
            ("May I read your template in Azure?", "I use your account", "[1] Yes, go ahead"),
            ("win11-golden",),
        ),
        Line(
            "[Yes, go ahead]",
            (
                "Template win11-golden",
                "Last run: Failed in Customizing",
                "Duration: 3 min 42 s of 4 h",
                "Build VM: Standard_D2ds_v4",
                "northeurope",
                "The run got to customizer 2 of 3",
                "✖ 2 install         ▇▇▇▇▇       5 s, failed",
                "3 WindowsRestart  not reached",
                "back to where that customizer began (180 KB of 12 MB)",
                "The same error",
                "What your template says about “Build timeout exceeded”.",
                "Points away from it: the run ended well before its time limit.",
                "[1] Back to step 1",
                "Read the whole log",
            ),
            ("May I read your template",),
        ),
        Line("[Back to step 1]", ("Step 1 of 3", "az image builder show -n win11-golden -g rg-images")),
        Line("next", ("Step 2 of 3",)),
        Line(
            "[Draft a support case]",
            (
                "Region: northeurope",
                "2026-02-22T01:26:00Z",
                "Image template: win11-golden",
                "IT_rg-images_win11-golden_1",
                "Image template, full resource ID: /subscriptions/",
                "Against “Build timeout exceeded”, on the live template: the run ended well before its time limit",
            ),
        ),
    ),
    "no template known yet": (
        Line("look", ("May I read your template in Azure?",)),
        Line("yes", ("Which template?", "Which ones failed?")),
        Line("win11-golden", ("Template win11-golden", "Script ended with a non-zero exit code", "Step 1 of 3")),
        Line(
            "look at nowhere-9",
            ("No template matches nowhere-9.", "Subscriptions searched: 2 (Contoso Dev"),
        ),
    ),
    "a name is only waited for until the next message": (
        Line("look", ("May I read your template",)),
        Line("yes", ("Which template?",)),
        Line("thanks", ("You're welcome",)),
        Line("quiet", ("I'm not sure what you mean",), ("Template quiet",)),
    ),
    "no, thanks": (
        Line("look at win11-golden", ("May I read your template in Azure?",)),
        Line("[No, thanks]", ("I won't read anything from Azure", "“Look at my template” asks you again")),
        Line("FAILED.LOG", ("Step 1 of 3",), ("May I read your template",)),
        Line("[Look at my template]", ("May I read your template in Azure?",)),
        Line("no", ("I won't read anything from Azure",)),
    ),
    "asked only once": (
        Line("look at win11-golden", ("May I read your template in Azure?",)),
        Line("[Yes, go ahead]", ("Template win11-golden",)),
        Line("look at quiet", ("Template quiet", "I don't know this error"), ("May I read your template",)),
        Line("sign out", ("You're signed out",)),
        Line("look at quiet", ("May I read your template in Azure?",)),
        Line("[Yes, go ahead]", ("Template quiet",)),
        Line("sign out", ("You weren't signed in",)),
        Line("esci", ("Canceled",)),
    ),
    "never ran": (
        Line("look at fresh", ("May I",)),
        Line(
            "yes",
            ("hasn't run yet", "Customizers of the template: 3 (File agent, PowerShell", "[1] Look again"),
            ("Duration", "log", "I don't know this error"),
        ),
    ),
    "running": (
        Line("look at running", ("May I",)),
        Line(
            "yes",
            (
                "A run is in progress: Customizing",
                "12 min of 4 h",
                "still writing to it",
                "[2] Watch this run",
            ),
            ("Ended",),
        ),
    ),
    "succeeded since the paste": (
        Line("LIKELY", ("Step 1 of 3",)),
        Line("look at well", ("May I",)),
        Line("yes", ("Last run: Succeeded", "Template well"), ("I don't know this error", "The same error")),
    ),
    "the template itself was refused": (
        Line("look at refused", ("May I",)),
        Line(
            "yes",
            (
                "Template state: Failed, BadStagingResourceGroup",
                "What Azure says about the template:",
                "The staging group is not empty.",
                "hasn't run yet",
            ),
        ),
    ),
    "what failed": (
        Line("what failed", ("May I",)),
        Line("yes", ("Templates that failed", "✖ Script ended with a non-zero exit code", "Contoso Dev")),
        Line("[win11-golden]", ("Template win11-golden", "Last run: Failed")),
    ),
    "the whole log": (
        Line("look at win11-golden", ("May I",)),
        Line("yes", ("Template win11-golden",)),
        Line("[Read the whole log]", ("I'm reading the whole log of win11-golden, 12 MB",), ("Template win11-golden",)),
    ),
}


@pytest.mark.parametrize("name", ENGLISH)
async def test_conversations(name: str) -> None:
    await talk(LookingChat(azure()), *ENGLISH[name])


ITALIAN: Mapping[str, tuple[Line, ...]] = {
    "dal testo al modello": (
        Line("FAILED.LOG", ("[4] Esamina il mio modello",)),
        Line("[Esamina il mio modello]", ("Posso leggere il tuo modello in Azure?", "Uso il tuo account")),
        Line(
            "sì",
            (
                "Modello win11-golden",
                "Ultima esecuzione: Non riuscita, fase Personalizzazione",
                "Durata: 3 min 42 s su 4 h",
                "arrivata al personalizzatore 2 di 3",
                "non riuscito",
                "Lo stesso errore",
                "“Timeout di compilazione superato”",
            ),
        ),
    ),
    "quale modello": (
        Line("guarda", ("Non so bene che cosa intendi",)),
        Line("guarda il mio modello", ("Posso leggere il tuo modello",)),
        Line("[No, grazie]", ("non leggo da Azure",)),
        Line("stato di win11-golden", ("Posso leggere il tuo modello",)),
        Line("[Sì, procedi]", ("Modello win11-golden",)),
        Line("guarda niente-9", ("Nessun modello corrisponde a niente-9.", "niente-9", "Contoso Dev")),
        Line("esci da Azure", ("Hai eseguito la disconnessione",)),
    ),
    "quali falliscono": (
        Line("quali falliscono?", ("Posso leggere il tuo modello",)),
        Line("va bene", ("Modelli con l'ultima esecuzione non riuscita", "✖ Script terminato con codice di uscita")),
    ),
}


@pytest.mark.parametrize("name", ITALIAN)
async def test_conversations_in_italian(name: str) -> None:
    await talk(LookingChat(azure(), "it-IT"), *ITALIAN[name])


async def test_the_whole_log_is_reported_when_it_was_read() -> None:
    chat = LookingChat(azure())
    await talk(chat, *ENGLISH["the whole log"])
    shown = await chat.finish_job()
    assert "I read all of customization.log (12 MB)." in shown
    assert "[1] Back to step 1" in shown


async def test_the_whole_log_does_not_disturb_a_conversation_that_went_on() -> None:
    chat = LookingChat(azure())
    await talk(chat, *ENGLISH["the whole log"])
    await chat.say("UNSURE")
    await chat.press("Script ended with a non-zero exit code")
    shown = await chat.finish_job()
    assert "I've read the whole log of win11-golden" in shown
    assert "Script ended with a non-zero exit code (certain)" in shown
    assert "line 27" in shown
    assert "Step 2 of 3" in await chat.say("next")


async def test_several_templates_are_a_choice() -> None:
    fake = azure()
    fake.found = TemplateSearchResult((GOLDEN, OTHER), searched_subscriptions=("Contoso Dev",), has_more=True)
    chat = LookingChat(fake)
    await chat.say("look at win11-golden")
    shown = await chat.say("yes")
    assert "More than one template matches" in shown
    assert [button.label for button in chat.buttons] == [
        "win11-golden (rg-images)",
        "win11-golden (rg-other)",
        "Another template",
    ]
    assert "type its full resource ID" in shown
    assert "Template win11-golden" in await chat.say("1")
    assert ("status", GOLDEN) in fake.asked


async def test_nothing_found_says_where_it_looked_and_what_is_near() -> None:
    fake = azure()
    fake.found = TemplateSearchResult((), (GOLDEN,), ("Contoso Dev",), ("Contoso Secret",), has_more=True)
    chat = LookingChat(fake)
    await chat.say("look at win11-glden")
    shown = await chat.say("yes")
    for part in (
        "similar name",
        "win11-golden",
        "because Reader is missing there: 1",
        "Contoso Secret",
        "more templates",
    ):
        assert part in shown
    assert [button.label for button in chat.buttons] == ["win11-golden", "Try again", "Which ones failed?"]
    assert "Template win11-golden" in await chat.press("win11-golden")


@pytest.mark.parametrize(
    ("name", "similar", "shown"),
    [
        ("golden", (GOLDEN,), "Template win11-golden"),
        ("golden", (GOLDEN, OTHER), "No template matches golden"),
        ("win11-glden", (GOLDEN,), "No template matches win11-glden"),
    ],
)
async def test_a_part_of_the_name_of_a_single_template_is_enough(
    name: str, similar: tuple[TemplateId, ...], shown: str
) -> None:
    fake = azure()
    fake.found = TemplateSearchResult((), similar, ("Contoso Dev",))
    chat = LookingChat(fake)
    await chat.say(f"look at {name}")
    assert shown in await chat.say("yes")


async def test_many_failing_templates_are_paged() -> None:
    fake = azure()
    fake.seen = MANY
    chat = LookingChat(fake)
    await chat.say("what failed")
    assert "1 to 10 of 16" in await chat.say("yes")
    assert [button.label for button in chat.buttons] == ["t-0", "t-1", "t-2", "Next 10", "Another template"]
    assert "Contoso Secret" in chat.shown
    assert "11 to 16 of 16" in await chat.press("Next 10")
    assert "1 to 10 of 16" in await chat.press("Back to the first 10")


async def test_which_failed_counts_them_and_names_what_runs_now() -> None:
    fake = azure()
    running = tuple(replace(RUNNING, template_id=replace(GOLDEN, name=f"r-{n}")) for n in range(5))
    fake.seen = FailedTemplates((STATUS, REFUSED), ("Contoso Dev",), running=running, template_count=31)
    chat = LookingChat(fake)
    await chat.say("what failed")
    shown = await chat.say("yes")
    assert "Failed: 2 of 31 templates" in shown
    assert (
        "⋯ Running now: r-0 customizing, 12 min · r-1 customizing, 12 min · r-2 customizing, 12 min and 2 more" in shown
    )
    assert "refused · rg-images" in shown


async def test_nothing_failed_and_one_runs() -> None:
    fake = azure()
    fake.seen = FailedTemplates((), ("Contoso Dev",), running=(RUNNING,), template_count=3)
    chat = LookingChat(fake)
    await chat.say("is anything running?")
    shown = await chat.say("yes")
    assert "None of the templates that I can see failed" in shown
    assert "⋯ Running now: running customizing, 12 min" in shown


@pytest.mark.parametrize(
    ("log", "message", "cause"),
    [
        ("A.FINDING", "please see the log", "A quote in tools.ps1 is never closed"),
        ("UNKNOWN.STEP", "please see the log", "Not known yet: contoso-agent: enrollment endpoint returned 418"),
        ("nothing here", "FAILED.LOG", "✖ Script ended with a non-zero exit code"),
        ("nothing here", "WRAPPER", "Neither the status nor the log says why."),
        (None, "WRAPPER", "The status doesn't say why. The log may."),
        (None, "FAILED.LOG", "✖ Script ended with a non-zero exit code"),
    ],
)
async def test_which_failed_says_why_as_a_look_would(log: str | None, message: str, cause: str) -> None:
    fake = FakeAzure("user", status_of("win11-golden", message=message))
    if log is None:
        fake.refusals["log_tail"] = AzureRefusal("firewall")
    else:
        fake.tails[GOLDEN] = LogTail("customization.log", log, 9, 9)
    chat = LookingChat(fake)
    await chat.say("what failed")
    assert cause in await chat.say("yes")
    headline = cause.removeprefix("✖ ").removeprefix("Not known yet: ")
    if not headline.startswith(("The status", "Neither")):
        assert headline in (await chat.press("win11-golden"))


async def test_equal_causes_are_grouped_and_a_group_can_be_chosen() -> None:
    others = (replace(GOLDEN, name="web"), replace(GOLDEN, name="db", resource_group="rg-data"))
    statuses = [status_of("win11-golden"), *(with_values(status_of(ref.name), template_id=ref) for ref in others)]
    chat = LookingChat(FakeAzure("user", *statuses))
    await chat.say("what failed")
    shown = await chat.say("yes")
    assert shown.count("✖ Script ended with a non-zero exit code") == 1
    assert all(name in shown for name in ("win11-golden · rg-images", "web · rg-images", "db · rg-data"))
    only = await chat.press("Only rg-images")
    assert "In resource group rg-images." in only
    assert "db · rg-data" not in only


async def test_a_run_that_was_canceled_is_no_failure_of_its_own() -> None:
    fake = FakeAzure("user", status_of("win11-golden", run_state="Canceled", message="canceled"))
    fake.tails[GOLDEN] = LogTail("customization.log", "UNSURE", 9, 9)
    chat = LookingChat(fake)
    await chat.say("look at win11-golden")
    shown = await chat.say("yes")
    assert "This run was canceled." in shown
    assert len(chat.replies) == 1
    for part in ("Build timeout exceeded", "What the facts say", "I don't know"):
        assert part not in shown
    assert "An image build with Azure VM Image Builder was canceled." in await chat.press("Draft a support case")


async def test_what_the_whole_log_shows_instead_is_shown_as_a_new_diagnosis() -> None:
    fake = FakeAzure("user", status_of("win11-golden", message="see the log"))
    fake.tails[GOLDEN] = LogTail("customization.log", "OTHER.QUOTE", 9, 90_000)
    chat = LookingChat(fake)
    await chat.say("look at win11-golden")
    assert "Another quote is open" in await chat.say("yes")
    await chat.press("Read the whole log")
    fake.tails[GOLDEN] = LogTail("customization.log", "A.FINDING", 9, 90_000)
    shown = await chat.finish_job()
    assert "The same error" not in shown
    assert "A quote in tools.ps1 is never closed\n\nCustomizer 2 of 3 · install · script line 5\n\nCertain:" in shown


async def test_the_facts_of_the_paste_say_which_template() -> None:
    fake = azure()
    chat = LookingChat(fake)
    await chat.say("FAILED.LOG")
    await chat.press("Look at my template")
    await chat.press("Yes, go ahead")
    assert fake.asked == [("status", GOLDEN), ("log_tail", GOLDEN)]


@pytest.mark.parametrize("scope", ["group", "channel"])
async def test_where_others_read_along_nothing_of_azure_is_shown(scope: str) -> None:
    fake = azure()
    chat = LookingChat(fake)
    shown = await chat.turn(MessageSent("look at win11-golden"), scope=scope)
    assert fake.asked == []
    assert "private chat" in shown
    assert chat.effects == (HandOff("look"),)
    turn, thread_turn = chat.turn_of("", "personal"), chat.turn_of("", scope)
    moved, left = await chat.conversation.hand_off(turn, None, thread_turn, chat.state or {}, "look")
    assert "May I read your template in Azure?" in "\n".join(map(chat.plain, moved.replies))
    assert left["look"]["what"] is None
    chat.state = moved.state
    assert "Template win11-golden" in await chat.say("yes")


async def test_without_azure_it_says_what_to_run() -> None:
    chat = LookingChat(None)
    await chat.say("FAILED.LOG")
    shown = await chat.press("Look at my template")
    assert f"az image builder show -n win11-golden -g rg-images --subscription {SUBSCRIPTION} -o json" in shown
    assert "--auth-mode login" in shown
    assert "Paste the output here" in shown
    assert chat.buttons[0].label == "Back to step 1"
    assert "[?lastRunStatus.runState=='Failed']" in await chat.say("what failed")
    assert "You weren't signed in" in await chat.say("sign out")
    assert "<template>" in await LookingChat(None).say("look at my template")


async def test_the_sandbox_says_so_before_the_first_look_and_on_it() -> None:
    chat = LookingChat(FakeAzure("sandbox"))
    assert "Look at my template" in await chat.say("help")
    assert "made-up templates" in await chat.say("look at win11-golden")
    assert (await chat.say("yes")).count("Sandbox: ") == 1
    assert "Sandbox: " not in await chat.say("next")
    assert "Sandbox: " not in await chat.say("look at win11-golden")


async def test_consent_is_asked_once_even_after_a_new_start() -> None:
    chat = LookingChat(azure())
    assert "May I read your template" in await chat.say("look at win11-golden")
    await chat.say("yes")
    assert "kept your drafts" in await chat.say("start over")
    assert "Template win11-golden" in await chat.say("look at win11-golden")


async def test_a_log_that_is_slow_does_not_hold_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dialogs.azure.template_snapshot.LOOKUP_TIMEOUT_SECONDS", 0.5)
    monkeypatch.setattr("dialogs.azure.template_snapshot.MIN_LOG_TIMEOUT_SECONDS", 0.01)
    fake = azure()
    fake.slow = True
    chat = LookingChat(fake)
    await chat.say("look at win11-golden")
    shown = await chat.say("yes")
    assert "Template win11-golden" in shown
    assert "Azure took longer to answer than I can wait" in shown
    assert "Read the whole log" in shown


@pytest.mark.parametrize("method", ["find", "failing", "status"])
async def test_an_azure_that_is_slow_does_not_hold_the_answer(monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    monkeypatch.setattr("dialogs.azure.template_snapshot.LOOKUP_TIMEOUT_SECONDS", 0.02)
    fake = azure()
    fake.hanging = method
    chat = LookingChat(fake)
    await chat.say("what failed" if method == "failing" else "look at win11-golden")
    assert "Azure took longer to answer than I can wait" in await chat.say("yes")
    monkeypatch.undo()
    fake.hanging = ""
    assert "win11-golden" in await chat.press("Try again")


async def test_a_yes_for_other_eyes_does_not_count() -> None:
    chat = LookingChat(FakeAzure("sandbox"))
    await chat.say("look at win11-golden")
    await chat.say("yes")
    state = chat.state
    chat = LookingChat(FakeAzure("user"))
    chat.state = state
    assert "I use your account" in await chat.say("look at win11-golden")


async def test_the_whole_log_can_make_it_certain() -> None:
    fake = azure()
    fake.statuses[GOLDEN] = status_of("win11-golden", message="")
    chat = LookingChat(fake)
    await chat.say("look at win11-golden")
    assert "Likely: I saw only part of the log" in await chat.say("yes")
    await chat.press("Read the whole log")
    assert "With this it is certain." in await chat.finish_job()
