"""Which of the sandbox's failed templates have a mistake that explains the run: each one, and no other."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.azure.arm.settings import AzureSettings
from bot.azure.open import open_azure_reader
from bot.host.conversation import build_dialog_services
from bot.sandbox.server import Sandbox
from dialogs.conversation import Conversation
from tests.bot.sandbox.test_answers import Chat
from tests.bot.scripted import KNOWLEDGE, build_in_process_workers
from tests.shipped_knowledge import DIAGNOSER


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def conversation() -> AsyncIterator[Conversation]:
    async with Sandbox() as sandbox:
        azure = open_azure_reader(AzureSettings("sandbox"), DIAGNOSER, sandbox.credential_provider, sandbox.cloud)
        yield build_dialog_services(KNOWLEDGE, azure=azure, workers=build_in_process_workers()).conversation
        await azure.close()


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("name", "fact"),
    [
        ("win11-golden", "In the template, line 7 of customizer 3: A quote or a comment is never closed."),
        (
            "win11-avd",
            "In the template, line 5 of customizer 2: The script starts an installer without an option for silent installation.",
        ),
        # the reason is in the script, but no rule knows it: a service, a package, or a library that's missing
        ("win10-kiosk", ""),
        ("ubuntu-db", ""),
        ("ubuntu-desktop", ""),
        # the reason isn't in the template: a lock, a policy, a role, a quota, a slow restart, another version
        ("ubuntu-web in rg-images", ""),
        ("ubuntu-web in rg-research", ""),
        ("ubuntu-gpu", ""),
        ("rhel-base", ""),
        ("rhel-sap", ""),
        ("win11-secure", ""),
        ("win2022-sql", ""),
        ("win2025-global", ""),
        # the log can't be read, so that it's unknown what failed
        ("ubuntu-vault", ""),
        ("win11-finance", ""),
        ("win11-partner", ""),
        ("win2019-legacy", ""),
        # the run was canceled, or still goes on
        ("win11-lab", ""),
        ("ubuntu-edge", ""),
    ],
)
async def test_a_mistake_speaks_only_for_the_failure_that_it_leads_to(
    conversation: Conversation, name: str, fact: str
) -> None:
    shown = await Chat(conversation).look(name)
    assert f"Template {name.split(' ', 1)[0]}" in shown
    if fact:
        assert fact in shown
    else:
        assert "n the template, line" not in shown
        assert "n the template, customizer" not in shown
