"""In Teams' test client, a person looks up the sandbox's templates: what failed, the status, the log, and refusals."""

from __future__ import annotations

import re

from playwright.async_api import expect

from tests.e2e.conftest import TestClient

DENIED = (
    "/subscriptions/8e1f6a02-5c7d-4b39-9d14-f0a2c6e83b75/resourceGroups/rg-hr"
    "/providers/Microsoft.VirtualMachineImages/imageTemplates/win11-hr"
)
LOG = "\n".join(
    f"[7d1f0c44-58a2-4c0e-9a53-0b6f2f1f7e10] PACKER 2026/03/02 09:{line}"
    for line in (
        "14:07 ui: ==> azure-arm: Provisioning with Powershell...",
        '14:12 ui error: ==> azure-arm: The string is missing the terminator: ".',
        "16:40 ui error: Build 'azure-arm' errored after 6 minutes: Script exited with non-zero exit status: 1. "
        "Allowed exit codes are: [0]",
    )
)
SANDBOX = "Sandbox: the Azure shown here is made up."


async def test_from_what_failed_to_the_whole_log(sandbox_client: TestClient) -> None:
    client = sandbox_client
    await client.sees("with made-up Azure data")
    await client.paste("what failed")
    await client.sees("May I read your template in Azure?", "This is the sandbox")
    await expect(client.last_card().get_by_text(SANDBOX)).to_have_count(0)
    await client.picture("consent")
    await client.press("Yes, go ahead")
    await client.sees("Failed: ", "ubuntu-desktop", "win10-kiosk", "Sysprep ran before")
    await client.picture("failed")

    await client.press("ubuntu-desktop")
    status = client.card("Template ubuntu-desktop")
    await expect(status).to_contain_text("of 12 MB")
    region, staging = status.get_by_text("westeurope"), status.get_by_text(re.compile(r"^IT_rg-linux_ubuntu-desktop"))
    await expect(region).to_be_visible()
    await expect(staging).to_be_hidden()
    await status.get_by_text("More about the template").click()
    await expect(staging).to_be_visible()
    await client.sees("Likely: ", "▶", "Step 1 of")
    await client.press("Evidence")
    await client.sees("cannot find -lsolver")
    await client.picture("status")

    await client.press("Read the whole log")
    await client.card("I'll post here when I'm done").wait_for()
    # the answer comes by itself, and what it found is far before what was read at first
    await client.sees("Could not resolve host", "line 1945", "Step 1 of")
    await expect(client.card("I read all of customization.log (12 MB)")).to_contain_text("2 of 2")
    await client.picture("whole-log")


async def test_a_pasted_log_and_the_live_template_are_one_case(sandbox_client: TestClient) -> None:
    client = sandbox_client
    await client.paste(LOG)
    await client.sees("The string is missing the terminator", "Step 1 of")
    await client.press("Look at my template")
    await client.sees("May I read your template in Azure?")
    await client.press("Yes, go ahead")
    await client.sees("Which template?")
    await client.paste("win11-goldn")
    await client.sees("No template matches win11-goldn.", "Sandbox images")
    await client.picture("near")
    await client.press("win11-golden")
    await client.sees("The run got to customizer 3 of 5", "install-developer-tools", "The same error", SANDBOX)
    await client.picture("same")
    await client.press("Back to step 1")
    for step in (2, 3, 4):  # two other ways to do the first, and how to get the fix into the template
        await client.press("Doesn't apply")
        await client.sees(f"Step {step} of")
    # the names in the commands are now those of the template
    await client.press("Show me how")
    await client.sees("az deployment group create -g rg-images")
    await client.picture("step")


async def test_what_may_not_be_read_says_what_is_missing(sandbox_client: TestClient) -> None:
    client = sandbox_client
    await client.paste(DENIED)
    await client.press("Yes, go ahead")
    await client.sees("Azure doesn't let me read that.", "Reader")
    await client.press("Show me the commands")
    await client.sees("az image builder show -n win11-hr -g rg-hr")
    await client.paste("look at win11-finance")
    await client.sees("Last run: Failed", "Storage Blob Data Reader")
    await client.press("Show me the commands")
    await client.sees("az storage blob download")
    await client.picture("log-denied")
    await client.paste("look at win11-partner")
    await client.sees("doesn't belong to this template")
    await client.press("Show me the commands")
    await client.sees("--account-name <account>")
    await client.paste("look at win2019-legacy")
    await client.sees("The log is gone")
    await client.paste("look at ubuntu-new")
    await client.sees("hasn't run yet")
    await client.paste("look at ubuntu-web")
    await client.sees("More than one template matches", "Sandbox research")
    await client.press("ubuntu-web (rg-images)")
    await client.card("Template ubuntu-web").wait_for()
    assert not [card for card in await client.page.locator(".ac-adaptiveCard").all_inner_texts() if not card.strip()]


async def test_in_italian_and_from_a_group_into_the_private_chat(sandbox_client: TestClient) -> None:
    client = sandbox_client
    await client.paste("italiano")
    await client.sees("italiano")
    await client.paste("cosa è fallito")
    await client.press("Sì, procedi")
    await client.sees("Ultima esecuzione non riuscita: ", "ubuntu-desktop")
    await client.picture("failed")
    await client.chat("Image builds")
    await client.mention("look at win11-golden")
    await client.sees("only to you", "You can share what I find here from there.")
    await client.picture("group")
    await client.chat("Personal Chat")
    await client.card("Modello win11-golden").wait_for()
    await client.sees("Passaggio 1 di")
    await client.picture("private")
    await client.press_on("Modello win11-golden", "Condividi nella chat di gruppo")
    await client.sees("Lo condivido nella chat di gruppo?", "Condiviso da Chiara Conti")
    await client.picture("preview")
    await client.press("Condividi")
    await client.sees("Fatto: si trova nella chat di gruppo in cui me l'hai chiesto.")
    await client.chat("Image builds")
    await client.sees("Modello win11-golden", "riga 280", "Condiviso da Chiara Conti")
    await client.picture("shared")


async def test_from_a_channel_and_back_into_its_thread(sandbox_client: TestClient) -> None:
    client = sandbox_client
    await client.sees("with made-up Azure data")
    await client.chat("Golden images")
    await client.sees("In a group chat or a channel")
    await client.mention("look at win11-golden", post=True)
    # the newest post is where the client puts it, so its cards are found by what they say
    await client.card("only to you").wait_for()
    await client.chat("Personal Chat")
    await client.press("Yes, go ahead")
    await client.card("Template win11-golden").wait_for()
    await client.sees("Step 1 of")
    await client.paste("share it")
    await client.sees("Share this in the channel?", "is never closed", "line 280", "Close the quote", "Shared by")
    await client.picture("preview")
    await client.press("Share it")
    await client.sees("Done: it's in the channel where you asked.")
    await client.chat("Golden images")
    post = client.card("Shared by Chiara Conti")
    for part in ("Template win11-golden", "Last run: Failed", "is never closed", "line 280", "Close the quote"):
        await expect(post).to_contain_text(part)
    await expect(post.get_by_role("button")).to_have_count(0)
    await client.picture("shared")
