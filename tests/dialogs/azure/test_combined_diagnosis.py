"""The pasted text, the status, the log, and the template's facts make one answer; with the shipped entries."""

from __future__ import annotations

from typing import Any

import pytest

from dialogs.azure.combined_diagnosis import TemplateSources, can_be_of_template, combine_diagnoses
from dialogs.azure.source_diagnosis import DiagnosedLog, downgrade_partial
from dialogs.context import DialogContext
from dialogs.model.azure import LogTail, TemplateSearchResult, TemplateStatus
from dialogs.model.azure_refusal import AzureRefusal
from dialogs.state.diagnosis import truncate_diagnosis
from dialogs.texts.catalog import get_texts
from knowledge.model.diagnosis import Diagnosis
from knowledge.model.entry import Language
from tests.dialogs.azure.fake_azure import GOLDEN, STATUS, FakeAzure, LookingChat, status_of
from tests.dialogs.azure.statuses import with_values
from tests.dialogs.fixtures import FAILED, NOTHING, SCRIPT, TIMEOUT, match
from tests.dialogs.fixtures import KNOWLEDGE_BASE as FEW
from tests.shipped_knowledge import DIAGNOSER, ENTRIES

NOW = "2026-03-01T00:00:00Z"
CANCELED = "##[error]The operation was canceled. running azure image builder task, template name: t_1700000000000"
VERDICT = (
    "[0c9d3f4e-9e0b-4c4e-8c59-0f2c3f0e8a11] PACKER OUT ==> azure-arm: Provisioning with Powershell...\n"
    "[0c9d3f4e-9e0b-4c4e-8c59-0f2c3f0e8a11] PACKER OUT Build 'azure-arm' errored after 6 minutes: "
    "Script exited with non-zero exit status: 1. Allowed exit codes are: [0]\n"
)


async def diagnose(text: str, language: Language) -> Diagnosis:
    return DIAGNOSER.diagnose(text, language)


def chat_of(status: TemplateStatus, log: str = "nothing here", whole: bool = True) -> LookingChat:
    azure = FakeAzure("user", status)
    azure.found = TemplateSearchResult((status.template_id,))
    azure.tails[status.template_id] = LogTail(
        "customization.log", log, len(log), len(log) if whole else 10**6, folder="abc"
    )
    return LookingChat(azure, entries=ENTRIES, diagnoser=diagnose)


async def looked(status: TemplateStatus, *before: str, log: str = "nothing here", whole: bool = True) -> LookingChat:
    chat = chat_of(status, log, whole)
    for text in before:
        await chat.say(text)
    await chat.act("look")
    shown = await chat.say("yes")
    if "Which template" in shown:
        await chat.say(status.template_id.name)
    return chat


def entries_of(chat: LookingChat) -> list[str]:
    assert chat.state is not None
    return [m["entry"] for m in chat.state["diagnosis"]["matches"]]


async def test_a_pipeline_that_gave_up_waiting_is_confirmed_by_a_run_that_succeeded() -> None:
    chat = await looked(with_values(STATUS, run_state="Succeeded", message=""), CANCELED)
    assert "Points to it: the run went on in Azure after the pipeline had stopped waiting." in chat.shown
    assert "What your template says about “Azure DevOps: the operation was canceled”." in chat.shown
    assert len(chat.replies) == 1
    assert chat.buttons[0].label == "Back to step 1"


async def test_a_run_that_failed_at_its_limit_speaks_against_it_and_leads_elsewhere() -> None:
    chat = await looked(with_values(STATUS, message="", ended="2026-02-22T05:26:20Z"), CANCELED)
    assert "Points away from it: the run itself failed in Azure" in chat.shown
    assert "Points to it: the run lasted as long as its time limit allows." in chat.shown
    assert "Build timeout exceeded" in [button.label for button in chat.buttons]
    assert "Step 1 of 6" in await chat.press("Build timeout exceeded")


async def test_the_log_comes_before_what_the_status_says() -> None:
    chat = await looked(status_of("win11-golden", message="context deadline exceeded while waiting"), log=VERDICT)
    assert entries_of(chat)[0] == "script-nonzero-exit"
    assert "Customizing\n\nCertain: line" in chat.shown
    assert "Step 2 of" in chat.shown


async def test_from_a_part_of_a_log_nothing_is_certain() -> None:
    chat = await looked(status_of("win11-golden", message=""), log=VERDICT, whole=False)
    assert "Customizing\n\nLikely:" in chat.shown
    assert "only part of the log" in chat.shown


async def test_the_code_of_the_submission_is_an_answer() -> None:
    status = with_values(
        STATUS,
        run_state="",
        message="",
        provisioning_state="Failed",
        provisioning_code="BadStagingResourceGroup",
        provisioning_message="It is not empty.",
    )
    chat = await looked(status)
    assert entries_of(chat)[0] == "staging-rg-conflict"
    assert "Template state: Failed, BadStagingResourceGroup" in chat.shown
    assert "line 1  BadStagingResourceGroup" in chat.shown
    assert "hasn't run yet" in chat.shown


async def test_the_facts_go_into_commands_and_case() -> None:
    chat = await looked(STATUS, VERDICT, log=VERDICT)
    assert chat.state is not None
    facts = chat.state["diagnosis"]["facts"]
    assert (
        facts
        | {
            "template": "win11-golden",
            "resource_group": "rg-images",
            "region": "northeurope",
            "run_state": "Failed",
            "run_sub_state": "Customizing",
            "run_started": "2026-02-22T01:26:00Z",
            "run_ended": "2026-02-22T01:29:42Z",
            "staging_resource_group": "IT_rg-images_win11-golden_1",
            "vm_size": "Standard_D2ds_v4",
            "build_timeout": 240,
            "log_folder": "abc",
        }
        == facts
    )
    assert ["image template", GOLDEN.to_resource_id()] in chat.state["diagnosis"]["ids"]
    await chat.press("Back to step 2")  # the log tells what the first one asks for
    shown = await chat.say("undo")
    assert "az storage account list -g IT_rg-images_win11-golden_1" in shown


async def test_a_template_of_another_name_does_not_take_the_walk() -> None:
    chat = LookingChat(FakeAzure("user", STATUS, status_of("other", run_state="Succeeded", message="")))
    await chat.say("FAILED.LOG")
    await chat.say("look at other")
    assert "Last run: Succeeded" in await chat.say("yes")
    assert "az image builder delete -n win11-golden -g rg-images" in await chat.say("next")


def sight(status: TemplateStatus = STATUS, **more: Any) -> Any:
    return combine_diagnoses(DialogContext("en", FEW, get_texts(), NOW), TemplateSources(status, **more))


def test_the_better_of_two_confidences_counts() -> None:
    log = DiagnosedLog(downgrade_partial(FAILED), 10, 100)
    assert next(m.confidence for m in sight(log=log).diagnosis.matches) == "likely"
    assert (
        next(m.confidence for m in sight(log=log, earlier_diagnosis=truncate_diagnosis(FAILED)).diagnosis.matches)
        == "certain"
    )


def test_a_refuted_candidate_goes_behind() -> None:
    two = FAILED._replace(matches=(match(TIMEOUT, "likely"), match(SCRIPT, "likely")))
    assert [m.entry for m in sight(log=DiagnosedLog(two, 9, 9)).diagnosis.matches] == [SCRIPT.id, TIMEOUT.id]
    sure = FAILED._replace(matches=(match(TIMEOUT, "certain"), match(SCRIPT, "likely")))
    assert [m.entry for m in sight(log=DiagnosedLog(sure, 9, 9)).diagnosis.matches] == [TIMEOUT.id, SCRIPT.id]


def test_a_run_that_succeeded_has_no_failure_of_its_own() -> None:
    found = sight(with_values(STATUS, run_state="Succeeded"), log=DiagnosedLog(FAILED, 9, 9))
    assert found.diagnosis.matches == ()
    assert found.diagnosis.outcome == "succeeded"


def test_an_earlier_text_keeps_how_its_own_run_ended() -> None:
    found = sight(with_values(STATUS, run_state="Succeeded"), earlier_diagnosis=truncate_diagnosis(FAILED))
    assert found.diagnosis.outcome == "failed"
    assert [m.entry for m in found.diagnosis.matches] == [SCRIPT.id, TIMEOUT.id]


@pytest.mark.parametrize(
    ("facts", "same"),
    [
        ({}, True),
        ({"template": "WIN11-golden"}, True),
        ({"template": "other"}, False),
        ({"subscription": GOLDEN.subscription}, True),
        ({"subscription": "another"}, False),
    ],
)
def test_whose_text_it_is(facts: dict[str, str], same: bool) -> None:
    assert can_be_of_template(NOTHING._replace(facts=facts), STATUS) is same


def test_what_is_measured() -> None:
    measured = with_values(STATUS, timeout_minutes=None, ended="2026-02-22T03:26:00Z").template.compute_facts(NOW)
    assert measured["run_minutes"] == 120
    assert measured["run_share"] == 50
    assert measured["build_timeout"] == 240
    running = with_values(STATUS, run_state="Running", ended=None, started="2026-02-28T23:00:00Z")
    assert running.template.compute_facts(NOW)["run_minutes"] == 60
    assert "run_minutes" not in with_values(STATUS, started=None).template.compute_facts(NOW)
    assert "run_minutes" not in with_values(STATUS, started="2027-01-01T00:00:00Z").template.compute_facts(NOW)


async def test_the_log_of_a_validation_tells_of_no_customizer() -> None:
    chat = chat_of(status_of("win11-golden", run_sub_state="Validating", message=""), VERDICT)
    assert chat.azure is not None
    chat.azure.tails[GOLDEN] = LogTail("validation.log", VERDICT, len(VERDICT), len(VERDICT))
    await chat.say("look at win11-golden")
    shown = await chat.say("yes")
    assert "I read all of validation.log" in shown
    assert "The run, from the log:" in shown
    assert "customizer 2 of 3" not in shown


LOW = (
    "[0c9d3f4e-9e0b-4c4e-8c59-0f2c3f0e8a11] PACKER OUT ==> azure-arm: Running Windows update...\n"
    "[0c9d3f4e-9e0b-4c4e-8c59-0f2c3f0e8a11] PACKER OUT     azure-arm: Waiting for operation to complete "
    "(system performance: 3% cpu; 17% memory)...\n"
)


async def test_a_run_that_goes_on_is_not_said_to_fail() -> None:
    running = status_of("win11-golden", run_state="Running", ended=None, message="", vm_size="Standard_D8ds_v4")
    chat = await looked(running, log=LOW)
    assert "A run is in progress" in chat.shown
    assert len(chat.replies) == 1
    assert "too small" not in chat.shown


async def test_a_run_that_failed_is_not_laid_on_what_the_facts_refute() -> None:
    failed = status_of("win11-golden", message="", vm_size="Standard_D8ds_v4", os="linux")
    chat = await looked(failed, log=LOW)
    assert "I don't know this error" in chat.shown


async def test_a_run_without_a_log_yet_is_no_trouble() -> None:
    chat = chat_of(status_of("win11-golden", run_state="Running", ended=None, message=""))
    assert chat.azure is not None
    chat.azure.refusals["log_tail"] = AzureRefusal("no-log", GOLDEN.to_resource_id())
    await chat.say("look at win11-golden")
    shown = await chat.say("yes")
    assert "hasn't written a log (yet)" in shown
    assert "couldn't read the log" not in shown
    assert "What I wanted to read" not in shown


WRAPPER = (
    "Failed while waiting for packerizer: Microservice has failed: Failed while processing request: Error when "
    "executing packerizer: Packer build command has failed: exit status 1. During the image build, a failure has "
    "occurred, please review the build log to identify which build/customization step failed. Image Build log "
    "location: https://{account}.blob.core.windows.net/packerlogs/9b441563-a107-4098-8b04-e9017ac48555/"
    "customization.log. OperationId: a2fe755b-7822-4a06-9b78-4d1b0257ece3."
)


async def refused(refusal: AzureRefusal, account: str) -> LookingChat:
    chat = chat_of(with_values(STATUS, message=WRAPPER.format(account=account)))
    assert isinstance(chat.azure, FakeAzure)
    chat.azure.refusals["log_tail"] = refusal
    await chat.say(f"look at {STATUS.template_id.name}")
    await chat.say("yes")
    return chat


async def test_of_a_message_that_only_points_to_a_log_that_was_refused_no_walk_is_made() -> None:
    chat = await refused(
        AzureRefusal("firewall", target="/blobServices/default/containers/x/customization.log"), "abc9x"
    )
    assert len(chat.replies) == 1
    assert "Step 1" not in chat.shown
    assert "--account-name abc9x" in chat.shown
    assert "What I wanted to read: customization.log" in chat.shown
    assert [button.label for button in chat.buttons][:2] == ["Guided questions", "Look again"]
    assert "Packer build command has failed" in await chat.press("Draft a support case")


async def test_no_command_leads_to_a_place_that_is_not_the_templates() -> None:
    chat = await refused(AzureRefusal("suspicious", target="the storage account evil9"), "evil9")
    assert "--account-name <account>" in chat.shown
    assert "--account-name evil9" not in chat.shown
    await chat.press("Draft a support case")
    assert "account" not in (chat.state or {})["diagnosis"]["facts"]


async def test_an_account_s_name_stands_in_the_commands_however_much_it_looks_like_a_secret() -> None:
    chat = await refused(AzureRefusal("firewall"), "zeskiowxcanswd6afol0sc7y")
    assert "--account-name zeskiowxcanswd6afol0sc7y" in chat.shown


async def test_after_a_look_its_walk_offers_what_follows() -> None:
    chat = await looked(status_of("win11-golden", message=""), log=VERDICT)
    assert "Look again" in [button.label for button in chat.replies[-1].buttons]
    chat = await looked(status_of("win11-golden", message=""), log=VERDICT, whole=False)
    assert "Read the whole log" in [button.label for button in chat.replies[-1].buttons]
    assert "Look at my template" not in [button.label for button in chat.replies[-1].buttons]


async def test_of_a_run_that_goes_on_nothing_is_said_that_only_fits() -> None:
    log = "\n".join(
        (
            "[0c9d3f4e-9e0b-4c4e-8c59-0f2c3f0e8a11] PACKER OUT ==> azure-arm: Uploading the Windows update script...",
            *["[0c9d3f4e-9e0b-4c4e-8c59-0f2c3f0e8a11] PACKER OUT     azure-arm: Waiting for operation to complete "
            "(system performance: 3% cpu; 17% memory)..."] * 40,
        )
    )  # fmt: skip
    assert DIAGNOSER.diagnose(log).matches[0].confidence == "possible"
    chat = await looked(with_values(STATUS, run_state="Running", ended=None, message=""), log=log)
    assert len(chat.replies) == 1
    assert "vCPU" not in chat.shown
