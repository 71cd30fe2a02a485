"""The cards of a template lookup: each follows the rules, and each of its buttons does something."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import get_args

import pytest

from dialogs.conversation import Conversation
from dialogs.model.azure import AccessMode, FailedTemplates, TemplateSearchResult
from dialogs.model.azure_refusal import AzureRefusal, AzureRefusalReason
from dialogs.model.share_refusal import ShareRefusalReason
from dialogs.resources import DialogResources
from knowledge.model.diagnosis import Diagnosis
from knowledge.model.entry import Language
from knowledge.template.template_id import TemplateId
from tests.dialogs.azure.fake_azure import GOLDEN, STATUS, FakeAzure, status_of
from tests.dialogs.fixtures import SUBSCRIPTION
from tests.dialogs.sharing.sharing_chat import FakeSharer
from tests.reporting import failures_together
from tests.shipped_knowledge import DIAGNOSER, KNOWLEDGE_BASE
from tests.store_rules.pastes import PASTES
from tests.store_rules.rules import faults
from tests.store_rules.talking import Talk, Turned
from tests.store_rules.test_walks import CHANNEL, MORE_MESSAGES, walk

pytestmark = pytest.mark.property

MESSAGES = 2  # the template's status, and the solution that its log leads to
MODES: tuple[AccessMode, ...] = get_args(AccessMode)
REASONS: tuple[AzureRefusalReason, ...] = get_args(AzureRefusalReason)
NEVER_RAN = status_of("fresh", run_state="", run_sub_state="", started=None, ended=None, message="")
RUNNING = status_of("running", run_state="Running", ended=None, message="", started="2026-02-28T23:50:00Z")
LATE = status_of("late", message="Something odd.", ended="2026-02-22T05:26:20Z", vm_size="", has_own_network=True)
GALLERY = status_of("gallery", message=PASTES["the example"], run_sub_state="Distributing")
NAMES = ("win11-golden", "fresh", "running", "late", "gallery", "nowhere-3")
TYPED = {"en": "look at {}", "it": "guarda {}"}


async def diagnose(text: str, language: Language) -> Diagnosis:
    return DIAGNOSER.diagnose(text, language)


def azure(mode: AccessMode = "user") -> FakeAzure:
    failing = tuple(status_of(f"t-{n}") for n in range(9))
    fake = FakeAzure(mode, STATUS, NEVER_RAN, RUNNING, LATE, GALLERY, *failing)
    fake.seen = FailedTemplates(failing, ("Contoso Dev",), ("Contoso Secret",))
    return fake


def talk_with(
    fake: FakeAzure, language: Language, where: dict[str, object] | None = None, sharer: FakeSharer | None = None
) -> Talk:
    resources = DialogResources(diagnose, lambda: "2026-03-01T00:00:00Z", azure_reader=fake, look_sharer=sharer)
    return Talk(Conversation(KNOWLEDGE_BASE, resources), language, where)


async def broken(talk: Talk, first: Turned, depth: int = 2) -> list[str]:
    found = [f"at once: {fault}" for fault in faults(first, talk.language, MESSAGES)]
    async for way, button, _, after in walk(talk, first, depth):
        most = max(MESSAGES, MORE_MESSAGES.get(button["data"]["do"], 1))
        found += [f"{way}: {fault}" for fault in faults(after, talk.language, most)]
    return found


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("language", ["en", "it"])
async def test_from_the_welcome_to_the_leave(mode: AccessMode, language: Language) -> None:
    talk = talk_with(azure(mode), language)
    first = await talk.join()
    assert not await broken(talk, first)
    assert any(button["data"]["do"] == "look" for button in first.buttons) == (mode != "off")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", ["en", "it"])
async def test_from_a_look_on(name: str, language: Language) -> None:
    talk = talk_with(azure(), language)
    assert not await broken(talk, await talk.say("ok", await talk.say(TYPED[language].format(name))))


@pytest.mark.parametrize("refusal", [None, "guests", "later"])
@pytest.mark.parametrize("language", ["en", "it"])
async def test_from_a_look_that_can_be_shared(language: Language, refusal: ShareRefusalReason | None) -> None:
    sharer = FakeSharer(refusal)
    group, talk = talk_with(azure(), language, CHANNEL, sharer), talk_with(azure(), language, sharer=sharer)
    asked = await group.say(TYPED[language].format("win11-golden"))
    assert not faults(asked, language)
    moved = await group.hand_off(asked)
    first = await talk.say("ok", moved)
    assert not await broken(talk, first)
    assert any(button["data"]["do"] == "share-look" for button in first.buttons)
    assert bool(sharer.posts) == (refusal is None), "the walks pressed the yes of a preview"


@pytest.mark.parametrize("language", ["en", "it"])
async def test_from_a_paste_to_its_template(language: Language) -> None:
    talk = talk_with(azure(), language)
    pasted = await talk.say(PASTES["the example"])
    asked = await talk.say(TYPED[language].format("win11-golden"), pasted)
    assert not await broken(talk, await talk.say("ok", asked))


@pytest.mark.parametrize("language", ["en", "it"])
async def test_lists_and_choices(language: Language) -> None:
    fake = azure("sandbox")
    talk = talk_with(fake, language)
    allowed = await talk.say("ok", await talk.say(TYPED[language].format("fresh")))
    assert not await broken(talk, await talk.say("failing", allowed))
    other = TemplateId(SUBSCRIPTION, "rg-other", "win11-golden")
    fake.statuses[other] = replace(fake.statuses[GOLDEN], template_id=other)
    fake.found = TemplateSearchResult((GOLDEN, other), (), ("Contoso Dev",), has_more=True)
    assert not await broken(talk, await talk.say(TYPED[language].format("win11-golden"), allowed))


@pytest.mark.parametrize("language", ["en", "it"])
async def test_refusals(language: Language) -> None:
    fake = azure()
    talk = talk_with(fake, language)
    action, scope = "Microsoft.Storage/storageAccounts/read", f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-images"
    with failures_together() as failures:
        for reason, method in product(REASONS, ("find", "status", "log_tail")):
            fake.refusals = {
                method: AzureRefusal(reason, GOLDEN.to_resource_id(), action, scope, "Reader", "X", 9, ("Dev",))
            }
            told = await talk.say("ok", await talk.say(TYPED[language].format("win11-golden")))
            with failures.check(f"{reason} in {method}"):
                assert faults(told, language, MESSAGES) == []


@pytest.mark.parametrize("language", ["en", "it"])
async def test_in_a_channel_nothing_of_azure_is_shown(language: Language) -> None:
    fake = azure()
    talk = talk_with(fake, language, CHANNEL)
    for text in (TYPED[language].format("win11-golden"), "failing", PASTES["the example"]):
        assert not await broken(talk, await talk.say(text), 1)
    assert fake.asked == []
