"""In Teams' test client, a person pastes an error and a log, goes through the steps, and drafts the case."""

from __future__ import annotations

import asyncio
import re
import socket
import sys
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import Bot, TestClient
from tests.shipped_knowledge import ENTRIES

CONFLICT = "'Conflict'. Details: Update/Upgrade of image templates is currently not supported"
SECRET = "Nordlicht-4471-rosa"
RUN = "[7d1f0c44-58a2-4c0e-9a53-0b6f2f1f7e10] PACKER"
LOG = "\n".join(
    (
        f"{RUN} 2026/03/02 09:14:07 ui: ==> azure-arm: Provisioning with Powershell...",
        f"{RUN} 2026/03/02 09:14:07 ui: ==> azure-arm: Provisioning with powershell script: /tmp/powershell-provisioner31",
        f"{RUN} 2026/03/02 09:14:11 ui: ==> azure-arm: net use Z: \\\\files\\tools /user:build password={SECRET}",
        f"{RUN} 2026/03/02 09:14:12 ui error: ==> azure-arm: At C:\\build\\agent.ps1:9 char:14",
        f'{RUN} 2026/03/02 09:14:12 ui error: ==> azure-arm: The string is missing the terminator: ".',
        f"{RUN} 2026/03/02 09:14:13 packer-provisioner-powershell plugin: c:/Windows/Temp/script-1.ps1 returned with exit code 1",
        f"{RUN} 2026/03/02 09:14:13 ui: ==> azure-arm: Provisioning step had errors: Running the cleanup provisioner, if present...",
        f"{RUN} 2026/03/02 09:16:40 ui error: Build 'azure-arm' errored after 6 minutes 2 seconds: "
        "Script exited with non-zero exit status: 1. Allowed exit codes are: [0]",
    )
)


@pytest.fixture(scope="module")
def titles() -> dict[str, str]:
    headlines = {entry.id: (entry.headline or entry.title).get("en") for entry in ENTRIES.values()}
    return {**headlines, "script-nonzero-exit": "PowerShell couldn't parse the script: a quote is never closed"}


async def test_from_an_error_to_the_case(bot: Bot, client: TestClient, titles: dict[str, str]) -> None:
    await client.sees("Paste", "customization.log")
    await client.picture("welcome")

    await client.paste(CONFLICT)
    await client.sees(titles["template-update-not-supported"], CONFLICT, "Step 1 of")
    command = client.last_card().get_by_text("az image builder show")
    await expect(command).to_be_hidden()
    await client.press("Show me how")
    await expect(command).to_be_visible()
    await client.press("PowerShell instead")
    await expect(client.last_card().get_by_text("Get-AzImageBuilderTemplate")).to_be_visible()
    await expect(command).to_have_count(0)
    await client.picture("error")

    await client.paste(LOG)
    await client.sees(titles["script-nonzero-exit"], "The string is missing the terminator", "Step 1 of")
    await client.picture("log")
    walk = client.page.locator(".ac-adaptiveCard", has_text=titles["script-nonzero-exit"])
    for step in (2, 3):
        await client.press("Doesn't apply")
        await client.sees(f"Step {step} of", "–")
        await expect(walk).to_have_count(1)
        await client.picture(f"step-{step}")

    await client.press("Draft a support case")
    await client.sees("Azure Image Builder")
    # this client's labels do not name their inputs; the fifth text box is the title
    title = client.last_card().get_by_role("textbox").nth(4)
    await expect(title).to_have_value(re.compile("."))
    await client.picture("case")
    await title.fill("")
    await client.press("Copy the text")
    await client.sees("This can't be empty.")
    await client.picture("case-incomplete")
    await title.fill("Golden image fails since Monday <b>")
    await client.press("Copy the text")
    await client.sees("How to send it", "portal.azure.us")
    posted = client.page.locator(".ac-adaptiveCard", has_text="Title: Golden image fails since Monday <b>").last
    await expect(posted).to_contain_text("missing the terminator")
    await client.picture("posted")
    await client.press("az commands")
    await client.sees("in-subscription", "'Golden image fails since Monday b'")
    await client.picture("commands")
    await client.press("As a file")
    await client.page.get_by_text("This test client doesn't accept files").last.wait_for()
    await client.paste("my drafts")
    await client.sees("In progress: Golden image fails since Monday <b>")
    await client.page.set_viewport_size({"width": 480, "height": 1500})
    await client.press("Edit the case")
    await client.sees("Discard")
    await client.picture("case-narrow")

    # what was hidden stays hidden: in the cards, on the disk and in the bot's own output
    cards = await client.page.locator(".ac-adaptiveCard").all_inner_texts()
    assert not [card for card in cards if SECRET in card]
    assert SECRET.encode() not in bot.kept()
    assert SECRET not in await bot.stop()


async def test_the_welcome_is_said_once_however_often_the_page_is_loaded(bot: Bot, client: TestClient) -> None:
    await client.sees("Paste")
    await client.open(bot.url)
    await client.paste("help")
    await client.page.get_by_text("customization.log").first.wait_for()
    welcome = client.page.locator(".ac-adaptiveCard", has_text="If nothing helps, I draft the support case")
    assert await welcome.count() <= 1


async def test_in_italian(client: TestClient) -> None:
    await client.sees("Paste")
    await client.paste("italiano")
    await client.sees("italiano")
    await client.paste(LOG)
    await client.sees("The string is missing the terminator", "Passaggio 1 di")
    await client.picture("log")


async def test_a_group_gets_a_short_answer(client: TestClient, titles: dict[str, str]) -> None:
    await client.sees("Paste")
    await client.chat("Image builds")
    await client.mention(CONFLICT)
    await client.sees(titles["template-update-not-supported"], CONFLICT, "Running it again won't help")
    await expect(client.last_card().get_by_text("Step 1 of")).to_have_count(0)
    await client.picture("short")
    await client.press("Show the steps here")
    await client.sees("Step 1 of")
    await client.press("Done, next")
    await client.sees("✓", "Step 2 of")
    walk = client.page.locator(".ac-adaptiveCard", has_text=titles["template-update-not-supported"])
    await expect(walk).to_have_count(1)
    await client.picture("steps")


async def test_a_walk_goes_on_in_private(client: TestClient, titles: dict[str, str]) -> None:
    await client.sees("Paste")
    await client.chat("Image builds")
    await client.mention(CONFLICT)
    await client.press("Continue in private")
    await client.sees("Let's continue in our private chat")
    await client.picture("group")
    await client.chat("Personal Chat")
    await client.sees("Here's the full answer", titles["template-update-not-supported"], "Step 1 of")
    await client.press("Done, next")
    await client.sees("Step 2 of")
    await client.picture("private")


async def test_a_channel_is_answered_in_its_thread(client: TestClient, titles: dict[str, str]) -> None:
    await client.sees("Paste")
    await client.chat("Golden images")
    await client.sees("In a group chat or a channel")
    await client.mention(CONFLICT, post=True)
    # the newest post is where the client puts it, so the card is found by its title
    walk = client.page.locator(".ac-adaptiveCard", has_text=titles["template-update-not-supported"])
    await expect(walk).to_contain_text(CONFLICT)
    await client.picture("short")
    await walk.get_by_role("button", name="Show the steps here", exact=True).click()
    await expect(walk).to_contain_text("Step 1 of")
    await walk.get_by_role("button", name="Done, next", exact=True).click()
    await expect(walk).to_contain_text("Step 2 of")
    await expect(walk).to_have_count(1)
    await client.picture("steps")


def listeners(port: int) -> set[str]:
    """The addresses on which the port is listened on, as Linux writes them."""
    tables = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
    rows = [line.split() for table in tables if table.exists() for line in table.read_text().splitlines()[1:]]
    return {row[1] for row in rows if row[1].endswith(f":{port:04X}") and row[3] == "0A"}


async def test_the_test_client_is_of_this_machine_only_and_ends_with_the_bot(bot: Bot) -> None:
    if sys.platform == "linux":
        assert listeners(bot.playground_port) == {f"0100007F:{bot.playground_port:04X}"}
    said = await bot.stop()
    assert said.endswith("Stopping once the running turns are finished.\n")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", bot.playground_port)).close()


async def test_the_test_client_ends_where_the_bot_is_killed(bot: Bot) -> None:
    assert bot.process is not None
    bot.process.kill()
    await bot.stop()
    async with asyncio.timeout(30):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", bot.playground_port)
            except ConnectionRefusedError:
                break
            writer.close()
            await asyncio.sleep(0.1)
