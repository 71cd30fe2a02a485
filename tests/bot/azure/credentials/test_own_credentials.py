"""The program's own credentials: who can use them, and for which subscriptions."""

from __future__ import annotations

import pytest
from azure.identity import CredentialUnavailableError

from bot.azure.arm.settings import AzureSettings
from bot.azure.credentials.own_credentials import LocalCredentials, ManagedIdentityCredentials
from dialogs.model.azure_refusal import AzureRefusal
from dialogs.model.errors import AzureRefusedError
from dialogs.model.turn import Person
from knowledge.azure_clouds import CLOUDS
from tests.bot.azure.fake_azure import OBJECT, ONE, PERSON, TENANT, TWO, FakeCredential

BOT = AzureSettings("bot", subscriptions=frozenset({ONE}), people=frozenset({(TENANT, OBJECT)}))


@pytest.mark.parametrize(
    "person",
    [
        Person(TENANT, OBJECT),
        Person(TENANT, "29:x", object_id=""),
        Person(TENANT, "29:x", object_id=TWO),
        Person(TWO, "29:x", object_id=OBJECT),
        Person("", "29:x", object_id=OBJECT),
        Person(OBJECT, "29:x", object_id=TENANT),
    ],
)
async def test_the_bots_identity_reads_only_for_listed_people(person: Person) -> None:
    provider = ManagedIdentityCredentials(BOT, FakeCredential())
    with pytest.raises(AzureRefusedError) as caught:
        async with provider.open_credential(person):
            pass
    assert caught.value.refusal.reason == "not-allowed"


async def test_the_bots_identity_looks_for_the_people_of_the_list() -> None:
    credential = FakeCredential()
    provider = ManagedIdentityCredentials(BOT, credential)
    for person in (PERSON, Person(TENANT.upper(), "29:other", object_id=OBJECT.upper())):
        async with provider.open_credential(person) as found:
            assert (await found.get_token("scope")).token == "token for scope"
    assert provider.subscriptions == {ONE}
    assert not await provider.sign_out(PERSON)


@pytest.mark.parametrize(
    "settings",
    [AzureSettings("bot", people=BOT.people), AzureSettings("bot", subscriptions=BOT.subscriptions)],
)
def test_a_missing_list_is_no_open_door(settings: AzureSettings) -> None:
    with pytest.raises(ValueError, match="without both lists"):
        ManagedIdentityCredentials(settings, FakeCredential())


async def test_this_machines_login_needs_no_name() -> None:
    provider = LocalCredentials(CLOUDS["usgovernment"], frozenset({ONE}))
    async with provider.open_credential(Person("local", "me")) as credential:
        assert credential
    assert provider.subscriptions == {ONE}
    assert not await provider.sign_out(Person("local", "me"))
    await provider.close()


async def test_an_identity_without_a_token_is_reported_to_the_operator(caplog: pytest.LogCaptureFixture) -> None:
    """People who ask aren't told to sign in: they couldn't."""
    credential = FakeCredential()
    credential.fails = CredentialUnavailableError("No identity is assigned: a secret of the machine.")
    provider = ManagedIdentityCredentials(BOT, credential)
    async with provider.open_credential(PERSON) as found:
        with pytest.raises(AzureRefusedError) as caught:
            await found.get_token("scope")
    assert caught.value.refusal == AzureRefusal("unexpected", code="CredentialUnavailableError")
    assert "AZURE_LOOK_CLIENT_ID names it" in caplog.text
    assert "secret" not in "".join(record.getMessage() for record in caplog.records)
