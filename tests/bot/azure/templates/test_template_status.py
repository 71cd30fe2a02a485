"""A template's status: every field, what later versions of Azure may send, and nothing secret."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from dialogs.model.azure import RunOutput, TemplateStatus
from dialogs.model.errors import AzureRefusedError
from dialogs.state.template_status import MAX_MESSAGE_CHARS
from knowledge.template.image_template import Distributor, TemplateStep
from knowledge.template.template_id import TemplateId
from tests.bot.azure.fake_azure import (
    ONE,
    PERSON,
    REF,
    STAGING,
    FakeAzure,
    FakeCredential,
    error,
    old_message,
    run,
    template,
)
from tests.bot.azure.template_readers import build_reader
from tests.dialogs.azure.statuses import build_status
from tests.knowledge.redaction.test_redact import PIECE, SHAPES


async def status(azure: FakeAzure, credential: FakeCredential, **properties: Any) -> TemplateStatus:
    azure.templates = [template(**properties)]
    return await build_reader(azure, credential).fetch_status(PERSON, REF)


def with_distributor(ref: TemplateId, **values: Any) -> TemplateStatus:
    """A status whose template has the one distributor of the fake; only its type is kept."""
    built = build_status(ref, **values)
    return replace(built, template=replace(built.template, distributors=(Distributor(0, "SharedImage"),)))


async def test_every_field(azure: FakeAzure, credential: FakeCredential) -> None:
    azure.outputs = [
        {
            "id": "/o",
            "name": "gallery",
            "properties": {"artifactId": "/galleries/g/1.0.0", "provisioningState": "Succeeded"},
        },
        {
            "id": "/o",
            "name": "disk",
            "properties": {"artifactUri": "https://a.example/d.vhd", "provisioningState": "Failed"},
        },
    ]
    found = await status(
        azure, credential,
        provisioningError={"provisioningErrorCode": "Other", "message": "It went wrong."},
        vmProfile={"vmSize": "Standard_D2ds_v4", "osDiskSizeGB": 127, "vnetConfig": {"subnetId": "/subnets/s"}},
    )  # fmt: skip
    assert found == with_distributor(
        REF,
        region="northeurope",
        provisioning_state="Succeeded",
        provisioning_code="Other",
        provisioning_message="It went wrong.",
        run_state="Failed",
        run_sub_state="Customizing",
        started="2026-02-22T01:25:40Z",
        ended="2026-02-22T01:29:22Z",
        message=old_message(),
        timeout_minutes=240,
        vm_size="Standard_D2ds_v4",
        os_disk_gb=127,
        identity_count=1,
        has_own_network=True,
        source="MicrosoftWindowsDesktop:windows-11:win11-24h2-avd:latest (26100.2314.241112)",
        os="windows",
        staging_group=f"/subscriptions/{ONE}/resourceGroups/{STAGING}",
        customizers=(
            ("PowerShell", "install tools", ("x",)),
            ("WindowsRestart",),
            ("FutureThing", "later"),
        ),
        outputs=(
            RunOutput("gallery", "/galleries/g/1.0.0", "Succeeded"),
            RunOutput("disk", "https://a.example/d.vhd", "Failed"),
        ),
        on_error="cleanup",
    )
    # the two requests run concurrently
    assert sorted(azure.paths) == [f"GET {REF.to_resource_id()}", f"GET {REF.to_resource_id()}/runOutputs"]


async def test_a_template_that_never_ran_and_says_little(azure: FakeAzure, credential: FakeCredential) -> None:
    found = await status(
        azure, credential, lastRunStatus=None, vmProfile=None, customize=None, source=None, buildTimeoutInMinutes=0,
        exactStagingResourceGroup=None, errorHandling=None,
    )  # fmt: skip
    assert found == with_distributor(
        REF, region="northeurope", provisioning_state="Succeeded", identity_count=1, timeout_minutes=0
    )
    assert found.template.timeout_minutes == 240


async def test_words_and_shapes_of_a_later_azure(azure: FakeAzure, credential: FakeCredential) -> None:
    found = await status(
        azure, credential, provisioningState="Pondering", source={"type": "Cloud", "x": 1},
        customize=[{"type": "Shell"}, {"type": 5, "name": {"odd": 1}}], buildTimeoutInMinutes="soon",
        lastRunStatus={"runState": "Thinking", "runSubState": "Dreaming", "startTime": "yesterday", "message": 7},
    )  # fmt: skip
    template, run = found.template, found.run
    assert (template.provisioning.state, run.state, run.sub_state) == ("Pondering", "Thinking", "Dreaming")
    assert (run.started, run.message, template.source.describe(), template.os) == (None, "7", "Cloud", "linux")
    assert template.build_timeout_minutes is None
    assert template.customizers[0] == TemplateStep(0, "Shell")


@pytest.mark.parametrize(
    ("source", "customize", "line", "system"),
    [
        (
            {"type": "PlatformImage", "publisher": "Canonical", "offer": "0001-com-ubuntu", "sku": "22_04-lts", "version": "1.2"},
            [], "Canonical:0001-com-ubuntu:22_04-lts:1.2", "linux",
        ),
        ({"type": "ManagedImage", "imageId": "/images/i"}, [{"type": "WindowsUpdate"}], "/images/i", "windows"),
        (
            {"type": "SharedImageVersion", "imageVersionId": "/versions/latest", "exactVersion": "/versions/1.0.7"},
            [{"type": "File"}], "/versions/latest (1.0.7)", None,
        ),
        (
            {"type": "SharedImageVersion", "imageVersionId": "/versions/1.0.7", "exactVersion": "/versions/1.0.7"},
            [{"type": "Shell"}], "/versions/1.0.7", "linux",
        ),
        (
            {"type": "PlatformImage", "publisher": "partner", "offer": "windows-hardened", "sku": "s", "version": "latest"},
            [], "partner:windows-hardened:s:latest", "windows",
        ),
    ],
)  # fmt: skip
async def test_what_it_is_made_from(
    azure: FakeAzure, credential: FakeCredential, source: Any, customize: Any, line: str, system: str | None
) -> None:
    found = await status(azure, credential, source=source, customize=customize)
    assert (found.template.source.describe(), found.template.os) == (line, system)


async def test_nothing_secret_is_shown(azure: FakeAzure, credential: FakeCredential) -> None:
    secret = "https://a.blob.core.windows.net/c/s.ps1?sv=2022&sig=Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9v%3D"
    azure.outputs = [{"id": "/o", "name": "o", "properties": {"artifactUri": secret}}]
    found = await status(
        azure, credential, provisioningError={"provisioningErrorCode": "Other", "message": f"Cannot read {secret}"},
        lastRunStatus=run(message=f"password=hunter2-Q8xK and {secret}"),
    )  # fmt: skip
    assert "Zm9vYmFy" not in str(found)
    assert "hunter2" not in str(found)


async def test_a_secret_at_the_limit_is_not_cut_in_two(azure: FakeAzure, credential: FakeCredential) -> None:
    key = SHAPES["storage key"](random.Random(7))
    found = await status(azure, credential, lastRunStatus=run(message="x " * ((MAX_MESSAGE_CHARS - 24) // 2) + key))
    assert len(found.run.message) <= MAX_MESSAGE_CHARS
    assert key[:PIECE] not in found.run.message


async def test_outputs_that_cannot_be_read_cost_nothing_else(azure: FakeAzure, credential: FakeCredential) -> None:
    azure.answers["runOutputs"] = [error(403, "AuthorizationFailed")]
    found = await status(azure, credential)
    assert (found.run.state, found.outputs) == ("Failed", ())


@pytest.mark.parametrize(
    "ref",
    [
        TemplateId("x", "rg", "t"),
        TemplateId(ONE, "..", "t"),
        TemplateId(ONE, "rg", "../../x"),
        TemplateId(ONE, "rg/providers", "t"),
        TemplateId(ONE, "rg", "t?x=1"),
        TemplateId(ONE, "rg", ""),
        TemplateId(ONE, "rg", "."),
        TemplateId(ONE, "rg", "t\n"),
    ],
)
async def test_a_name_that_is_none_is_not_sent(azure: FakeAzure, credential: FakeCredential, ref: TemplateId) -> None:
    with pytest.raises(AzureRefusedError) as caught:
        await build_reader(azure, credential).fetch_status(PERSON, ref)
    assert caught.value.refusal.reason == "not-found"
    assert not azure.hits
