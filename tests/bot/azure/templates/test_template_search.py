"""Finding the right template, and telling which subscriptions were searched."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from bot.azure.templates.template_reader import AzureTemplateReader
from dialogs.model.azure_refusal import AzureRefusal
from dialogs.model.errors import AzureRefusedError
from dialogs.model.ports import AzureReader
from knowledge.template.template_id import TemplateId, TemplateQuery
from tests.bot.azure.fake_azure import (
    ACCOUNT,
    OBJECT,
    ONE,
    PERSON,
    REF,
    STAGING,
    TENANT,
    TWO,
    FakeAzure,
    FakeCredential,
    FakeCredentialProvider,
    error,
    run,
    template,
)
from tests.bot.azure.template_readers import DIAGNOSER, build_reader

OTHER = TemplateId(TWO, "rg-lab", "win11-golden")
UBUNTU = TemplateId(TWO, "rg-lab", "ubuntu-base")
PIPELINE = TemplateId(ONE, "rg-devops", "t_1788703313152")
STAGING_OF_UBUNTU = "IT_rg-lab_ubuntu-base_0a4d"


def fill(azure: FakeAzure) -> None:
    azure.templates = [
        template(),
        template(OTHER, exactStagingResourceGroup=None, lastRunStatus=run(startTime="2026-03-01T00:00:00Z")),
        template(
            UBUNTU, exactStagingResourceGroup=f"/subscriptions/{TWO}/resourceGroups/{STAGING_OF_UBUNTU}",
            lastRunStatus=run("Succeeded", message=""),
        ),
        template(PIPELINE, exactStagingResourceGroup=None, lastRunStatus=None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (TemplateQuery(REF.name, REF.resource_group, REF.subscription), [REF]),
        (TemplateQuery(REF.name.upper(), REF.resource_group.upper(), REF.subscription.upper()), [REF]),
        (TemplateQuery("win11-golden"), [OTHER, REF]),  # the one that ran last first
        (TemplateQuery("WIN11-GOLDEN", "RG-Images"), [REF]),
        (TemplateQuery("win11-golden", subscription=TWO), [OTHER]),
        (TemplateQuery(resource_group="rg-lab"), [OTHER, UBUNTU]),
        (TemplateQuery("t_1788703313152"), [PIPELINE]),
        (TemplateQuery(staging_group=STAGING), [REF]),
        (TemplateQuery(staging_group=STAGING.lower(), subscription=ONE), [REF]),
        (TemplateQuery(staging_group=f"/subscriptions/{TWO}/resourceGroups/{STAGING_OF_UBUNTU}"), [UBUNTU]),
        (TemplateQuery(staging_group="rg-own-staging"), [OTHER]),  # by its tags
        (TemplateQuery(account=ACCOUNT), [REF]),
        (TemplateQuery("nothing-like-it"), []),
        (TemplateQuery("../win11-golden", "..", ONE), []),
        (TemplateQuery(account="https://evil.example"), []),
    ],
)
async def test_finding(
    azure: FakeAzure, credential: FakeCredential, wanted: TemplateQuery, expected: list[TemplateId]
) -> None:
    fill(azure)
    azure.account()
    azure.groups["rg-own-staging"] = {
        "createdBy": "AzureVMImageBuilder", "imageTemplateName": OTHER.name,
        "imageTemplateResourceGroupName": OTHER.resource_group,
    }  # fmt: skip
    found = await build_reader(azure, credential).find_templates(PERSON, wanted)
    assert list(found.exact_matches) == expected
    assert not found.has_more
    assert {method for method, *_ in azure.hits} == {"GET"}


async def test_a_full_id_costs_one_request(azure: FakeAzure, credential: FakeCredential) -> None:
    fill(azure)
    await build_reader(azure, credential).find_templates(
        PERSON, TemplateQuery(REF.name, REF.resource_group, REF.subscription)
    )
    assert azure.paths == [f"GET {REF.to_resource_id()}"]


@pytest.mark.parametrize(
    ("wanted", "near"),
    [
        (TemplateQuery("win11-goldn"), [OTHER, REF]),
        (TemplateQuery("golden"), [OTHER, REF]),
        (TemplateQuery("ubuntu"), [UBUNTU]),
        (TemplateQuery("win11-golden", "rg-lap", ONE), [REF]),
        (TemplateQuery("zzzzzzzz"), []),
        (TemplateQuery(), [OTHER, REF, UBUNTU, PIPELINE]),
    ],
)
async def test_what_is_near(
    azure: FakeAzure, credential: FakeCredential, wanted: TemplateQuery, near: list[TemplateId]
) -> None:
    fill(azure)
    found = await build_reader(azure, credential).find_templates(PERSON, wanted)
    assert found.exact_matches == ()
    assert sorted(found.similar_matches, key=lambda ref: ref.to_resource_id()) == sorted(
        near, key=lambda ref: ref.to_resource_id()
    )


async def test_it_says_where_it_looked_and_where_it_could_not(azure: FakeAzure, credential: FakeCredential) -> None:
    fill(azure)
    azure.answers[f"{TWO}/"] = [error(403, "AuthorizationFailed")]
    found = await build_reader(azure, credential).find_templates(PERSON, TemplateQuery("ubuntu-base"))
    assert (found.exact_matches, found.searched_subscriptions, found.denied_subscriptions) == (
        (),
        ("Images",),
        ("Sandbox",),
    )
    azure.answers["imageTemplates"] = [error(403, "AuthorizationFailed")]
    with pytest.raises(AzureRefusedError) as caught:
        await build_reader(azure, credential).find_templates(PERSON, TemplateQuery("ubuntu-base"))
    assert caught.value.refusal.reason == "denied"


async def test_nobody_with_a_subscription_gets_an_empty_answer(azure: FakeAzure, credential: FakeCredential) -> None:
    azure.subscriptions = {}
    found = await build_reader(azure, credential).find_templates(PERSON, TemplateQuery("x"))
    assert (found.exact_matches, found.similar_matches, found.searched_subscriptions) == ((), (), ())


async def test_a_subscription_that_is_not_there(azure: FakeAzure, credential: FakeCredential) -> None:
    with pytest.raises(AzureRefusedError) as caught:
        await build_reader(azure, credential).find_templates(PERSON, TemplateQuery("x", "rg", OBJECT))
    assert (caught.value.refusal.reason, caught.value.refusal.code) == ("not-found", "SubscriptionNotFound")


async def test_the_operators_lists_limit_every_lookup(azure: FakeAzure, credential: FakeCredential) -> None:
    fill(azure)
    reader = build_reader(azure, credential, frozenset({TWO}))
    assert (await reader.find_templates(PERSON, TemplateQuery("win11-golden"))).exact_matches == (OTHER,)
    assert [one.template_id for one in (await reader.find_failed_templates(PERSON)).templates] == [OTHER]
    seen = len(azure.hits)
    for lookup in (
        reader.find_templates(PERSON, TemplateQuery("win11-golden", "rg-images", ONE)),
        reader.find_templates(PERSON, TemplateQuery(staging_group=f"/subscriptions/{ONE}/resourceGroups/{STAGING}")),
        reader.fetch_status(PERSON, REF),
    ):
        with pytest.raises(AzureRefusedError) as caught:
            await lookup
        assert caught.value.refusal.reason == "not-allowed"
        assert caught.value.refusal.subscriptions == (TWO,)
    assert len(azure.hits) == seen


async def test_many_subscriptions_and_pages(azure: FakeAzure, credential: FakeCredential) -> None:
    azure.subscriptions = {f"{n:08x}-1111-4111-8111-111111111111": f"s{n:02}" for n in range(1, 31)}
    azure.page = 7
    azure.templates = [template(TemplateId(key, "rg", f"t{n}")) for key in azure.subscriptions for n in range(20)]
    found = await build_reader(azure, credential).find_templates(PERSON, TemplateQuery("t13"))
    assert len(found.exact_matches) == 25
    assert found.has_more
    assert len(found.searched_subscriptions) == 30
    assert credential.asked == [azure.cloud.resource_scope]


async def test_a_subscription_that_hangs_does_not_hold_up_the_others(
    azure: FakeAzure, credential: FakeCredential
) -> None:
    fill(azure)
    azure.answers[f"{TWO}/"] = ["hang"]
    found = await build_reader(azure, credential, seconds=1.5).find_templates(PERSON, TemplateQuery("win11-golden"))
    assert (found.exact_matches, found.has_more) == ((REF,), True)


async def test_everything_that_hangs_is_too_slow(azure: FakeAzure, credential: FakeCredential) -> None:
    azure.answers["."] = ["hang"]
    with pytest.raises(AzureRefusedError) as caught:
        await build_reader(azure, credential, seconds=0.3).find_templates(PERSON, TemplateQuery("x"))
    assert caught.value.refusal.reason == "too-slow"


async def test_failing(azure: FakeAzure, credential: FakeCredential) -> None:
    fill(azure)
    azure.templates[1]["properties"]["lastRunStatus"] |= {
        "endTime": "2026-03-01T01:00:00Z",
        "runState": "PartiallySucceeded",
    }
    azure.templates.append(template(TemplateId(ONE, "rg", "stopped"), lastRunStatus=run("Canceled")))
    long = TemplateId(ONE, "rg", "began-first-and-ended-last")
    times = {"startTime": "2026-01-01T01:00:00Z", "endTime": "2026-03-02T01:00:00Z"}
    azure.templates.append(template(long, lastRunStatus=run(**times)))
    refused, running = TemplateId(ONE, "rg", "refused"), TemplateId(ONE, "rg", "running")
    azure.templates.append(template(refused, lastRunStatus=None, provisioningState="Failed"))
    azure.templates.append(template(TemplateId(ONE, "rg", "new"), lastRunStatus=None, provisioningState="Succeeded"))
    azure.templates.append(template(running, lastRunStatus=run("Running", endTime=None)))
    found = await build_reader(azure, credential).find_failed_templates(PERSON)
    assert [one.template_id for one in found.templates] == [long, OTHER, REF, refused]
    assert [one.template_id for one in found.running] == [running]
    assert found.template_count == len(azure.templates)
    assert found.searched_subscriptions == ("Images", "Sandbox")
    assert not found.has_more


async def test_every_look_leaves_a_line_without_contents(
    azure: FakeAzure, credential: FakeCredential, caplog: pytest.LogCaptureFixture
) -> None:
    fill(azure)
    logging.getLogger("bot").setLevel(logging.ERROR)  # as an operator may have it
    reader = build_reader(azure, credential)
    await reader.fetch_status(PERSON, REF)
    with pytest.raises(AzureRefusedError):
        await reader.fetch_status(PERSON, TemplateId(ONE, "rg", "gone"))
    await reader.find_templates(PERSON, TemplateQuery("x\n2026 INFO look who=nobody\tresult=ok"))
    await reader.sign_out(PERSON)
    lines = [record.getMessage() for record in caplog.records if record.name == "bot.azure.arm.audit"]
    logging.getLogger("bot").setLevel(logging.NOTSET)
    assert [line.split(" ms=")[0] for line in lines] == [
        f"look who={TENANT}/{OBJECT} mode=local operation=status what={REF.to_resource_id()} result=ok",
        f"look who={TENANT}/{OBJECT} mode=local operation=status what={TemplateId(ONE, 'rg', 'gone').to_resource_id()} "
        "result=not-found code=ResourceNotFound",
        f"look who={TENANT}/{OBJECT} mode=local operation=find what=x_2026_INFO_look_who_nobody_result_ok result=ok",
        f"look who={TENANT}/{OBJECT} mode=local operation=sign-out what=- result=ok",
    ]
    assert "packerlogs" not in caplog.text
    assert "token for" not in caplog.text


async def test_a_bug_is_logged_and_answered(
    azure: FakeAzure, credential: FakeCredential, caplog: pytest.LogCaptureFixture
) -> None:
    class BrokenCredentialProvider(FakeCredentialProvider):
        def open_credential(self, person: Any) -> Any:
            raise KeyError("secret of somebody")

    reader: AzureReader = AzureTemplateReader("local", azure.cloud, BrokenCredentialProvider(credential), DIAGNOSER)
    with pytest.raises(AzureRefusedError) as caught:
        await reader.fetch_status(PERSON, REF)
    assert caught.value.refusal == AzureRefusal("unexpected", REF.to_resource_id())
    assert "An Azure lookup failed unexpectedly: KeyError" in caplog.text
    assert "secret of somebody" not in "".join(record.getMessage() for record in caplog.records)
