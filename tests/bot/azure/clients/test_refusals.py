"""The refusal for each error of Azure and Entra. Only read requests are sent, and only to Azure."""

from __future__ import annotations

import asyncio
import time
from email.utils import formatdate

import pytest
from azure.core.exceptions import (
    ClientAuthenticationError,
    ServiceRequestError,
    ServiceRequestTimeoutError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
)
from azure.identity import CredentialUnavailableError

from bot.azure.arm.request_policy import Deadline, ForeignAddressError
from bot.azure.arm.retry_after import parse_retry_after
from bot.azure.clients.management_clients import LOG_CONTAINER, ManagementClients
from bot.azure.clients.refusals import RESOURCE_MANAGER, STORAGE, ErrorRules, build_refused_error
from bot.azure.credentials.scoped_credential import NoTokenError
from bot.azure.support.refusals import SUPPORT
from dialogs.model.azure_refusal import AzureRefusal, AzureRefusalReason
from dialogs.model.errors import AzureRefusedError
from tests.bot.azure.fake_azure import (
    ACCOUNT,
    ONE,
    REF,
    Answer,
    FakeAzure,
    FakeBlob,
    FakeCredential,
    error,
    storage_error,
    template,
)  # fmt: skip

DENIED = (
    "The client 'maria@example.com' with object id 'c1a4d0f3-2f8e-49b8-8b5e-51a0f6d3e7c2' does not have authorization to "
    f"perform action 'Microsoft.VirtualMachineImages/imageTemplates/read' over scope '{REF.to_resource_id()}' or the scope is invalid. "
    "If access was recently granted, please refresh your credentials."
)


async def refusal(clients: ManagementClients) -> AzureRefusal:
    with pytest.raises(AzureRefusedError) as caught:
        await clients.get_template(REF)
    return caught.value.refusal


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (error(401, "InvalidAuthenticationToken"), AzureRefusal("unauthorized", REF.to_resource_id(), code="InvalidAuthenticationToken")),
        (error(401, "ExpiredAuthenticationToken"), AzureRefusal("unauthorized", REF.to_resource_id(), code="ExpiredAuthenticationToken")),
        (
            error(401, "InvalidAuthenticationTokenTenant"),
            AzureRefusal("other-tenant", REF.to_resource_id(), code="InvalidAuthenticationTokenTenant"),
        ),
        (
            error(401, "X", headers={"WWW-Authenticate": 'Bearer error="other", claims="eyJ9"'}),
            AzureRefusal("conditional-access", REF.to_resource_id(), code="X"),
        ),
        (
            error(403, "AuthorizationFailed", DENIED),
            AzureRefusal(
                "denied", REF.to_resource_id(), "Microsoft.VirtualMachineImages/imageTemplates/read", REF.to_resource_id(), "Reader",
                "AuthorizationFailed",
            ),
        ),
        (
            error(403, "AuthorizationFailed", DENIED.replace("does not", "doesn't")),
            AzureRefusal(
                "denied", REF.to_resource_id(), "Microsoft.VirtualMachineImages/imageTemplates/read", REF.to_resource_id(), "Reader",
                "AuthorizationFailed",
            ),
        ),
        (error(403, "RequestDisallowed"), AzureRefusal("denied", REF.to_resource_id(), role="Reader", code="RequestDisallowed")),
        (error(404, "ResourceNotFound"), AzureRefusal("not-found", REF.to_resource_id(), code="ResourceNotFound")),
        (error(404, "SubscriptionNotFound"), AzureRefusal("not-found", REF.to_resource_id(), code="SubscriptionNotFound")),
        (error(409, "MissingSubscriptionRegistration"), AzureRefusal("conflict", REF.to_resource_id(), code="MissingSubscriptionRegistration")),
        (
            error(429, "TooManyRequests", headers={"Retry-After": "86400"}),
            AzureRefusal("busy", REF.to_resource_id(), code="TooManyRequests", retry_after=86400),
        ),
        (error(429, "TooManyRequests"), AzureRefusal("busy", REF.to_resource_id(), code="TooManyRequests")),
        (error(500, "InternalServerError"), AzureRefusal("azure-trouble", REF.to_resource_id(), code="InternalServerError")),
        (
            error(503, "ServerBusy", headers={"retry-after-ms": "900000"}),
            AzureRefusal("azure-trouble", REF.to_resource_id(), code="ServerBusy", retry_after=900),
        ),
        ((504, {}, "<html>Gateway</html>"), AzureRefusal("azure-trouble", REF.to_resource_id())),
        ((418, {}, {"error": {"code": "../<b>", "message": None}}), AzureRefusal("unexpected", REF.to_resource_id())),
        ((302, {"Location": "https://example.com/"}, ""), AzureRefusal("unexpected", REF.to_resource_id())),
        ("drop", AzureRefusal("no-network", REF.to_resource_id())),
    ],
)  # fmt: skip
async def test_what_resource_manager_answers(
    azure: FakeAzure, clients: ManagementClients, answer: Answer | str, expected: AzureRefusal
) -> None:
    azure.answers["imageTemplates"] = [answer]
    assert await refusal(clients) == expected
    # aiohttp itself asks again where a kept connection was dropped
    assert 1 <= len(azure.hits) <= (4 if answer == "drop" else 2)
    assert {method for method, *_ in azure.hits} == {"GET"}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (storage_error(403, "AuthorizationPermissionMismatch"), ("no-data-role", "Storage Blob Data Reader", "/scope")),
        (storage_error(403, "InsufficientAccountPermissions"), ("no-data-role", "Storage Blob Data Reader", "/scope")),
        (storage_error(403, "AuthorizationFailure"), ("firewall", "", "")),
        (storage_error(403, "KeyBasedAuthenticationNotPermitted"), ("keys-disabled", "", "")),
        (storage_error(403, "AuthenticationFailed"), ("unauthorized", "", "")),
        (storage_error(401, "InvalidAuthenticationInfo"), ("unauthorized", "", "")),
        (storage_error(403, "Whatever"), ("denied", "Storage Blob Data Reader", "/scope")),
        (storage_error(404, "ContainerNotFound"), ("no-log", "", "")),
        (storage_error(404, "BlobNotFound"), ("no-log", "", "")),
        (storage_error(409, "ContainerBeingDeleted"), ("log-gone", "", "")),
        (storage_error(503, "ServerBusy", {"Retry-After": "60"}), ("busy", "", "")),
        (storage_error(500, "InternalError"), ("azure-trouble", "", "")),
        ((403, {}, ""), ("denied", "Storage Blob Data Reader", "/scope")),
    ],
)
async def test_what_storage_answers(
    azure: FakeAzure, clients: ManagementClients, answer: Answer, expected: tuple[str, str, str]
) -> None:
    azure.answers["/blobs/"] = [answer]
    container = clients.get_log_container(f"{azure.url}/blobs/{ACCOUNT}")
    blob = container.get_blob_client("x/customization.log")
    for request in (
        lambda: blob.get_blob_properties(),
        lambda: blob.download_blob(offset=5, length=10),
        lambda: anext(aiter(container.list_blobs())),
    ):
        with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever the SDK raises
            await request()
        found = build_refused_error(caught.value, "the log", STORAGE, "/scope").refusal
        assert (found.reason, found.role, found.scope) == expected, repr(caught.value)
    assert found.retry_after == (60 if expected[0] == "busy" else None)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("AADSTS65001: The user or administrator has not consented to use the application", "consent"),
        ("AADSTS50076: Due to a configuration change made by your administrator, you must use multi-factor", "conditional-access"),
        ("AADSTS50079: the user is required to use multi-factor authentication", "conditional-access"),
        ("AADSTS53003: Access has been blocked by Conditional Access policies", "conditional-access"),
        ("AADSTS700082: The refresh token has expired due to inactivity", "sign-in"),
        ("AADSTS70043: The refresh token has expired or is invalid due to sign-in frequency checks", "sign-in"),
        ("AADSTS500133: Assertion is not within its valid time range", "sign-in"),
        ("AADSTS50020: User account from identity provider does not exist in tenant", "other-tenant"),
        ("AADSTS50105: is not assigned to a role for the application", "not-allowed"),
        ("AADSTS7000222: The provided client secret keys are expired", "unexpected"),
        ("interaction_required: more claims", "conditional-access"),
        ("Please run 'az login' to set up an account", "sign-in"),
    ],
)  # fmt: skip
async def test_why_there_is_no_token(
    azure: FakeAzure, clients: ManagementClients, credential: FakeCredential, code: str, reason: str
) -> None:
    credential.fails = ClientAuthenticationError(f"Authentication failed: {code} Trace ID: x")
    found = await refusal(clients)
    assert found.reason == reason
    assert found.code == (
        code.split(":")[0] if code.startswith("AADSTS") else "ClientAuthenticationError" if reason == "sign-in" else ""
    )
    assert not azure.hits


@pytest.mark.parametrize(
    ("raised", "reason"),
    [
        (CredentialUnavailableError("No identity here."), "sign-in"),
        (ServiceRequestError("no way to the identity provider"), "no-network"),
        (TimeoutError(), "too-slow"),
        (AzureRefusedError(AzureRefusal("consent")), "consent"),
        (KeyError("a bug"), "unexpected"),
    ],
)
async def test_other_reasons_for_no_token(
    azure: FakeAzure, clients: ManagementClients, credential: FakeCredential, raised: Exception, reason: str
) -> None:
    credential.fails = raised
    assert (await refusal(clients)).reason == reason
    assert not azure.hits


async def test_a_passing_failure_is_tried_once_more(azure: FakeAzure, clients: ManagementClients) -> None:
    azure.templates = [template()]
    for passing in (error(429, "X", headers={"Retry-After": "0"}), error(500, "X"), error(503, "X"), "drop"):
        azure.hits.clear()
        azure.answers["imageTemplates"] = [passing, None]
        assert (await clients.get_template(REF)).name == REF.name
        assert len(azure.hits) == 2


@pytest.mark.parametrize(
    "wait", ["86400", "7", formatdate(time.time() + 86400, usegmt=True)], ids=["a day", "7 s", "date"]
)
async def test_no_long_wait_is_waited(azure: FakeAzure, clients: ManagementClients, wait: str) -> None:
    azure.answers["imageTemplates"] = [error(429, "TooManyRequests", headers={"Retry-After": wait})]
    async with asyncio.timeout(3):
        found = await refusal(clients)
    assert found.reason == "busy"
    assert found.retry_after
    assert len(azure.hits) == 1


async def test_no_answer_and_no_server(azure: FakeAzure, credential: FakeCredential) -> None:
    azure.answers["imageTemplates"] = ["hang"]
    async with ManagementClients(azure.cloud, credential, Deadline(8)) as clients:
        with pytest.raises(TimeoutError) as caught:
            await asyncio.wait_for(clients.get_template(REF), 0.3)
    assert build_refused_error(caught.value, REF.to_resource_id()).refusal == AzureRefusal(
        "too-slow", REF.to_resource_id()
    )
    azure.url = "https://127.0.0.1:1"
    async with ManagementClients(azure.cloud, credential, Deadline(8)) as clients:
        assert (await refusal(clients)).reason == "no-network"


@pytest.mark.parametrize("rules", [RESOURCE_MANAGER, STORAGE, SUPPORT])
@pytest.mark.parametrize(
    ("raised", "reason"),
    [
        (ServiceRequestTimeoutError("no connection in time"), "no-network"),
        (ServiceResponseTimeoutError("no answer in time"), "too-slow"),
        (ServiceResponseError("broke"), "no-network"),
        (ForeignAddressError("elsewhere"), "suspicious"),
        (NoTokenError(TimeoutError()), "too-slow"),
        (KeyError("a bug"), "unexpected"),
    ],
)
def test_what_is_no_answer_means_the_same_for_every_service(
    rules: ErrorRules, raised: Exception, reason: AzureRefusalReason
) -> None:
    assert build_refused_error(raised, "x", rules).refusal.reason == reason


@pytest.mark.parametrize("rules", [RESOURCE_MANAGER, STORAGE, SUPPORT])
def test_a_role_is_named_for_every_missing_permission(rules: ErrorRules) -> None:
    reasons = {*rules.by_code.values(), *rules.by_status.values()}
    assert set(rules.roles) == reasons & {"denied", "no-data-role", "no-permission"}
    assert all(code == code.lower() for code in rules.by_code)


async def test_a_stranger_certificate_is_not_trusted(azure: FakeAzure, credential: FakeCredential) -> None:
    azure.authorities = None
    async with ManagementClients(azure.cloud, credential, Deadline(8)) as clients:
        assert (await refusal(clients)).reason == "no-network"
    assert not azure.hits


@pytest.mark.parametrize(
    "link",
    [
        "{elsewhere}/subscriptions/x?skip=1",
        "http://127.0.0.1:1/subscriptions",
        "{elsewhere}@/subscriptions",
        "https://user@{own}/subscriptions",
        "https://{own}.example.com/subscriptions",
        "https://{own}/%2e%2e/login",
    ],
)
async def test_a_next_page_on_another_host_gets_no_token(
    azure: FakeAzure, elsewhere: FakeAzure, clients: ManagementClients, link: str
) -> None:
    azure.templates, azure.page = [template(), template()], 1
    azure.next_link = link.format(elsewhere=elsewhere.url, own=azure.url.removeprefix("https://"))
    with pytest.raises(AzureRefusedError) as caught:
        [one async for one in clients.list_templates(ONE)]
    assert caught.value.refusal.reason == "suspicious"
    assert not elsewhere.hits
    assert len(azure.hits) == 1


@pytest.mark.parametrize("answer", [302, 307, 308])
async def test_a_redirect_is_not_followed(
    azure: FakeAzure, elsewhere: FakeAzure, clients: ManagementClients, answer: int
) -> None:
    azure.answers["."] = [(answer, {"Location": f"{elsewhere.url}/x"}, "")]
    assert (await refusal(clients)).reason == "unexpected"
    container = clients.get_log_container(f"{azure.url}/blobs/{ACCOUNT}")
    with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever the SDK raises
        await container.get_blob_client("a/customization.log").get_blob_properties()
    assert build_refused_error(caught.value, "log", STORAGE).refusal.reason == "unexpected"
    assert not elsewhere.hits


async def test_no_request_changes_anything(azure: FakeAzure, clients: ManagementClients) -> None:
    """The SDK's own client would answer the 409 by registering the provider, which is a POST."""
    azure.templates = [template()]
    azure.answers["imageTemplates"] = [error(409, "MissingSubscriptionRegistration")]
    assert (await refusal(clients)).reason == "conflict"
    operations = clients._get_client(ONE).virtual_machine_image_templates
    container = clients.get_log_container(f"{azure.url}/blobs/{ACCOUNT}")
    for change in (
        lambda: operations.begin_run(REF.resource_group, REF.name),
        lambda: operations.begin_cancel(REF.resource_group, REF.name),
        lambda: operations.begin_delete(REF.resource_group, REF.name),
        lambda: container.delete_container(),
        lambda: container.upload_blob("x/customization.log", b"x"),
    ):
        with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever the SDK raises
            await change()
        assert build_refused_error(caught.value, "x").refusal.reason == "suspicious"
    assert {method for method, *_ in azure.hits} == {"GET"}


async def test_storage_stays_within_its_container(azure: FakeAzure, clients: ManagementClients) -> None:
    azure.blobs[f"{ACCOUNT}/a/customization.log"] = FakeBlob.of(b"text")
    container = clients.get_log_container(f"{azure.url}/blobs/{ACCOUNT}")
    assert (await container.get_blob_client("a/customization.log").get_blob_properties()).size == 4
    for name in ("../vhds/x", "a/../../vhds/x", "..\\vhds"):
        with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever the SDK raises
            await container.get_blob_client(name).get_blob_properties()
        assert build_refused_error(caught.value, name, STORAGE).refusal.reason == "suspicious"
    assert azure.paths == [f"HEAD /blobs/{ACCOUNT}/{LOG_CONTAINER}/a/customization.log"]


async def test_each_service_gets_its_own_token(
    azure: FakeAzure, clients: ManagementClients, credential: FakeCredential
) -> None:
    azure.templates = [template()]
    azure.blobs[f"{ACCOUNT}/a/customization.log"] = FakeBlob.of(b"text")
    await clients.get_template(REF)
    await clients.list_subscriptions()
    await (
        clients.get_log_container(f"{azure.url}/blobs/{ACCOUNT}")
        .get_blob_client("a/customization.log")
        .get_blob_properties()
    )
    assert credential.asked == [azure.cloud.resource_scope, azure.cloud.storage_scope]
    assert [token for *_, token in azure.hits] == [
        f"Bearer token for {azure.cloud.resource_scope}",
        f"Bearer token for {azure.cloud.resource_scope}",
        f"Bearer token for {azure.cloud.storage_scope}",
    ]


async def test_a_challenge_gets_no_token_of_another_audience(
    azure: FakeAzure, clients: ManagementClients, credential: FakeCredential
) -> None:
    challenge = f"Bearer authorization_uri={azure.url}/login/oauth2/authorize resource_id=https://vault.azure.net"
    azure.answers["/blobs/"] = [storage_error(401, "InvalidAuthenticationInfo", {"WWW-Authenticate": challenge})]
    with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever the SDK raises
        await clients.get_log_container(f"{azure.url}/blobs/{ACCOUNT}").get_blob_client("a").get_blob_properties()
    assert build_refused_error(caught.value, "log", STORAGE).refusal.reason == "suspicious"
    assert credential.asked == [azure.cloud.storage_scope]


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "17"}, 17),
        ({"Retry-After": "-1"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "9" * 40}, None),
        ({"Retry-After": "99999999999"}, 7 * 86400),
        ({"retry-after-ms": "1500"}, 2),
        ({"Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT"}, 0),
        ({"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"}, 7 * 86400),
    ],
)
def test_how_long_azure_asks_to_wait(headers: dict[str, str], seconds: int | None) -> None:
    assert parse_retry_after(headers) == seconds


def test_a_secret_in_an_error_is_not_repeated() -> None:
    found = build_refused_error(
        ValueError("x"), "https://a.example/?sv=1&sig=abcdefghijklmnopqrstuvwxyz0123456789%3D"
    ).refusal
    assert "abcdefghij" not in str(found)
