"""The person's shell: commands are for one shell, a button or a word switches to the other, and it's stored."""

from __future__ import annotations

import json

import pytest

from dialogs.model.azure_refusal import AzureRefusal
from dialogs.model.effects import OfferFile
from dialogs.model.reply import FoldedSection
from dialogs.model.turn import ACTION_VERSION, ActionPressed
from dialogs.state.conversation_json import state_from_json, state_to_json
from dialogs.state.conversation_state import ConversationState, OfferedButton, Walkthrough
from dialogs.texts.catalog import get_texts
from dialogs.typed_actions import find_asked_action, find_typed_action
from knowledge.commands.placeholders import Shell
from knowledge.commands.shell_traces import detect_shell
from tests.dialogs.azure.fake_azure import GOLDEN, FakeAzure, LookingChat
from tests.dialogs.fixtures import Chat

TEXTS = get_texts()
CLI, POWERSHELL = "az image builder show", "Get-AzImageBuilderTemplate"

TYPED = [
    ("I use powershell", "use-powershell"),
    ("show it in PowerShell", "use-powershell"),
    ("PowerShell please", "use-powershell"),
    ("powershell", "use-powershell"),
    ("PowerShell instead", "use-powershell"),
    ("can you show me the powershell commands?", "use-powershell"),
    ("what about powershell", "use-powershell"),
    ("is there a PowerShell version", "use-powershell"),
    ("I don't use the CLI", "use-powershell"),
    ("we only use pwsh here", "use-powershell"),
    ("use the CLI", "use-cli"),
    ("bash please", "use-cli"),
    ("show it with the Azure CLI", "use-cli"),
    ("I prefer az cli", "use-cli"),
    ("back to the cli", "use-cli"),
    ("I don't have PowerShell", "use-cli"),
    ("uso PowerShell", "use-powershell"),
    ("mostramelo in powershell", "use-powershell"),
    ("passa a powershell", "use-powershell"),
    ("con PowerShell, per favore", "use-powershell"),
    ("non uso bash", "use-powershell"),
    ("c'è anche la versione PowerShell?", "use-powershell"),
    ("usa la CLI", "use-cli"),
    ("bash per favore", "use-cli"),
    ("preferisco Azure CLI", "use-cli"),
    ("dammi i comandi per la CLI", "use-cli"),
    ("torna alla cli di Azure", "use-cli"),
    ("non uso PowerShell", "use-cli"),
]
NOT_MEANT = [
    "my PowerShell script fails with exit code 1",
    "the powershell customizer hangs",
    "how do I use PowerShell 7 in a customizer?",
    "bash: line 1: apt-get: command not found",
    "powershell.exe : The term 'choco' is not recognized",
    "the build fails in the bash step",
    "lo script PowerShell non funziona",
    "az: command not found",
]


@pytest.mark.parametrize(
    "state", [ConversationState(), ConversationState(walkthrough=Walkthrough("build-timeout", 1, 5))]
)
def test_a_shell_can_be_named(state: ConversationState) -> None:
    missed = []
    for text, expected in [*TYPED, *((text, None) for text in NOT_MEANT)]:
        typed = find_typed_action(text, state, TEXTS.phrases, TEXTS.sentences) or find_asked_action(
            text, state, TEXTS.phrases, TEXTS.sentences
        )
        chosen = typed.action_id if typed and typed.action_id.startswith("use-") else None
        if chosen != expected:
            missed.append((text, chosen))
    assert not missed


PASTED: list[tuple[str, Shell | None]] = [
    ("Start-AzImageBuilderTemplate : The long running operation failed with status 'Failed'.", "PowerShell"),
    ("PS C:\\Users\\ada> az image builder run -n win11", "PowerShell"),
    ("I ran Get-AzImageBuilderTemplate and it says nothing", "PowerShell"),
    ("LastRunStatusRunState     : Failed\nLastRunStatusRunSubState  : Building", "PowerShell"),
    ("  + FullyQualifiedErrorId : X,Microsoft.Azure.PowerShell.Cmdlets.ImageBuilder.Y", "PowerShell"),
    ("ERROR: (QuotaExceeded) Operation could not be completed", None),
    ('{"inline": ["Connect-AzAccount -Identity", "Get-AzContext"]}', None),
    ("Install-Module Az fails in my script", None),
    ("\ud800", None),
]


@pytest.mark.parametrize(("text", "shell"), PASTED)
def test_what_is_pasted_tells_the_shell(text: str, shell: Shell | None) -> None:
    assert detect_shell(text) == shell


@pytest.mark.parametrize(
    ("texts", "expected", "other"),
    [
        (("FAILED.LOG",), CLI, POWERSHELL),
        (("UNSURE Get-AzResource : failed",), "", ""),
        # a log shows what its scripts use
        (("FAILED.LOG\nGet-AzImageBuilderTemplate : failed",), CLI, POWERSHELL),
        (("LIKELY",), CLI, POWERSHELL),
        (("NOTHING Get-AzResource : failed", "FAILED.LOG"), POWERSHELL, CLI),
        # a choice outranks what is pasted
        (("use the cli", "NOTHING Get-AzResource : failed", "FAILED.LOG"), CLI, POWERSHELL),
        (("i use powershell", "FAILED.LOG"), POWERSHELL, CLI),
        (("i use powershell", "start over", "FAILED.LOG"), POWERSHELL, CLI),
        (("i use powershell", "forget me", "Delete it all", "FAILED.LOG"), CLI, POWERSHELL),
        (("i use powershell", "where is the log?"), POWERSHELL, CLI),
        (("i use powershell", "look at win11-golden"), POWERSHELL, CLI),
        (("i use powershell", "what failed"), "Where-Object LastRunStatusRunState", CLI),
        (("i use powershell", "rerun win11-golden"), "Start-AzImageBuilderTemplate", "az image"),
        (("rerun win11-golden with powershell", "cancel win11-golden"), "Stop-AzImageBuilderTemplate", "az image"),
        (("i use powershell", "cancel win11-golden with the azure cli"), "az image builder cancel", "Stop-Az"),
        (("FAILED.LOG", "show it in powershell"), POWERSHELL, CLI),
        (("where is the log?", "in powershell please"), POWERSHELL, CLI),
        (("rerun win11-golden", "powershell"), "Start-AzImageBuilderTemplate", "az image"),
    ],
)
async def test_commands_are_for_the_shell_of_the_person(texts: tuple[str, ...], expected: str, other: str) -> None:
    chat = Chat()
    for text in texts:
        shown = await chat.say(text)
    assert expected in shown
    assert not other or other not in shown


@pytest.mark.parametrize(
    ("locale", "said", "label", "back"),
    [
        ("en-US", "FAILED.LOG", "PowerShell instead", "Azure CLI instead"),
        ("it-IT", "FAILED.LOG", "Passa a PowerShell", "Passa ad Azure CLI"),
        ("en-US", "where is the log?", "PowerShell instead", "Azure CLI instead"),
        ("en-US", "look at win11-golden", "PowerShell instead", "Azure CLI instead"),
    ],
)
async def test_a_switch_shows_the_same_card_with_the_other_commands(
    locale: str, said: str, label: str, back: str
) -> None:
    chat = Chat(locale)
    before = await chat.say(said)
    (card,) = chat.replies
    after = await chat.press(label)
    assert (CLI in before, POWERSHELL in before) == (True, False)
    assert (CLI in after, POWERSHELL in after) == (False, True)
    (shown,) = chat.replies
    assert shown.may_replace
    assert [button.label for button in shown.buttons] == [button.label for button in card.buttons]
    # what the person has just asked for isn't hidden from them
    folded = [block for block in shown.blocks if isinstance(block, FoldedSection)]
    assert not folded or folded[0].is_open
    again = await chat.press(back)
    assert [line for line in again.splitlines() if line != "Azure CLI:"] == [
        line for line in before.splitlines() if line != "Azure CLI:"
    ]


async def test_the_step_of_an_older_card_is_shown_and_the_walkthrough_stays_where_it_is() -> None:
    chat = Chat()
    await chat.say("FAILED.LOG")
    switch = chat.button("PowerShell instead")
    await chat.press("Done, next")
    assert "Step 1 of 3" in await chat.act(switch.action_id, dict(switch.args))
    assert "Step 2 of 3" in await chat.say("where was I?")


async def test_the_commands_of_a_case_follow_and_its_file_is_offered_once() -> None:
    chat = Chat()
    await chat.say("FAILED.LOG")
    await chat.say("draft")
    await chat.press("Copy the text", product="windows")
    assert "TOPIC=" in await chat.press("az commands")
    assert [type(effect) for effect in chat.effects] == [OfferFile]
    shown = await chat.press("PowerShell instead")
    assert "Where-Object { $_.displayName" in shown
    assert chat.effects == ()


async def test_a_refusal_stays_in_sight_when_its_commands_are_shown_in_the_other_shell() -> None:
    azure = FakeAzure()
    azure.refusals = {"status": AzureRefusal("denied", target=GOLDEN.to_resource_id())}
    chat = LookingChat(azure)
    await chat.say("look at win11-golden")
    assert CLI in await chat.say("yes")
    assert POWERSHELL in await chat.press("PowerShell instead")
    (shown,) = chat.replies
    assert not shown.may_replace
    assert "rg-images" in chat.shown
    assert azure.asked[-1][0] == "status", "the commands need no further look"


@pytest.mark.parametrize(
    "args",
    [
        {"again": "use-cli"},
        {"again": "use-powershell", "id": "x"},
        {"again": "nothing-like-it"},
        {"again": 7},
        {"again": "show-step", "step": "x"},
        {"again": "show-step", "entry": "of-yesterday", "step": 0, "paste": 1},
        {"again": "show-entry", "entry": "script-nonzero-exit", "step": 99, "paste": 1},
        {"again": "by-hand", "part": "everything"},
    ],
)
async def test_a_broken_switch_gets_a_sentence_and_a_way_on(args: dict[str, object]) -> None:
    chat = Chat()
    await chat.say("FAILED.LOG")
    assert await chat.act("use-powershell", args)
    assert chat.buttons


async def test_a_colleagues_switch_is_for_the_colleague() -> None:
    chat, colleague = Chat(), Chat()
    await chat.say("FAILED.LOG")
    await chat.say("where was I?")
    switch = chat.button("PowerShell instead")
    event = ActionPressed(switch.action_id, dict(switch.args), {}, ACTION_VERSION, is_foreign=True)
    assert POWERSHELL in await colleague.turn(event, scope="groupChat")
    assert "<template>" in colleague.shown, "the names of somebody else's text stay theirs"


def test_a_shell_is_stored_once_it_is_known_and_an_unknown_one_is_none() -> None:
    stored = state_to_json(ConversationState(shell="PowerShell"))
    assert stored["shell"] == "PowerShell"
    assert state_from_json(json.loads(json.dumps(stored))).shell == "PowerShell"
    assert "shell" not in state_to_json(ConversationState())
    for value in ("fish", 3, None, ["PowerShell"]):
        assert state_from_json({**stored, "shell": value}).shell is None


def test_the_number_of_a_switch_presses_it() -> None:
    buttons = (OfferedButton("Help", "help"), OfferedButton("Azure CLI instead", "use-cli", {"again": "guide"}))
    typed = find_typed_action("2", ConversationState(last_buttons=buttons), TEXTS.phrases, TEXTS.sentences)
    assert typed is not None
    assert (typed.action_id, typed.args) == ("use-cli", {"again": "guide"})
