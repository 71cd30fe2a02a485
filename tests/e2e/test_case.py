"""A person in Teams' test client drafts a support case for the sandbox's template, and files it after confirming."""

from __future__ import annotations

import re

from playwright.async_api import expect

from tests.e2e.conftest import TestClient

TITLE, IMPACT = 4, 2  # of the form's text boxes: this client's labels do not name their inputs
EMAIL = 3  # of the contact form's


async def test_from_the_look_to_a_ticket(sandbox_client: TestClient) -> None:
    client = sandbox_client
    await client.paste("look at win11-golden")
    await client.press("Yes, go ahead")
    await client.sees("The string is missing the terminator", "Step 1 of")
    await client.press("Done, next")
    await client.sees("Step 4 of")
    await client.press("Draft a support case")
    await client.sees("Draft of a support case", "Azure Image Builder")
    form = client.last_card()
    await expect(form.get_by_role("textbox").nth(TITLE)).to_have_value(re.compile(r"win11-golden"))
    await form.get_by_role("textbox").nth(IMPACT).fill("Friday's release is blocked")
    await client.picture("form")

    await client.press("Copy the text")
    await client.card("Here's the case to copy").wait_for()
    posted = client.card("Here's the case to copy")
    await expect(posted).to_contain_text("Friday's release is blocked")
    await expect(posted).to_contain_text("imageTemplates/win11-golden")
    await client.sees("How to send it")
    portal = client.last_card().get_by_role("link", name="Open in Azure portal", exact=True)
    await expect(portal).to_be_visible()
    await client.picture("ways")
    await client.press("az commands")
    await client.sees("az support in-subscription tickets create", "image-medic-case-win11-golden")
    await client.picture("commands")

    await client.card("How to send it").get_by_role("button", name="File it", exact=True).click()
    await client.sees("your contact details")
    await client.press("Preview")
    await client.sees("This isn't an email address.")
    await client.picture("contact")
    await client.last_card().get_by_role("textbox").nth(EMAIL).fill("chiara@example.com")
    await client.press("Preview")
    await client.sees("as its own product", "Image build failure")
    await client.picture("own-product")
    await client.press("Documented path")
    await client.sees("This is everything that will be sent", "chiara@example.com", "File it in Azure now")
    await expect(client.card("exactly as it will be sent")).to_contain_text("Friday's release is blocked")
    await client.picture("preview")
    await client.press("Yes, file it")
    filed = client.card("The request number is")
    await expect(filed).to_contain_text(re.compile(r"\d{12,}"))
    await expect(filed).to_contain_text("nobody answers it")
    await client.picture("filed")


async def test_a_case_that_is_not_filed_stays_a_draft(sandbox_client: TestClient) -> None:
    client = sandbox_client
    await client.paste("look at win2025-global")
    await client.press("Yes, go ahead")
    await client.sees("timed out", "Step 1 of")
    await client.press("Draft a support case")
    await client.press("Copy the text")
    await client.sees("How to send it")
    await client.press("File it")
    await client.last_card().get_by_role("textbox").nth(EMAIL).fill("chiara@example.com")
    await client.press("Preview")
    await client.press("Image build failure")
    await client.sees("File it in Azure now")
    await client.press("No, don't file it")
    await client.sees("Nothing was filed.", "How to send it")
    await client.press("As a file")
    await client.sees("image-medic-case-win2025-global", "As JSON")
    await client.picture("file")
    await client.paste("my drafts")
    await client.sees("Your drafts", "In progress: Azure VM Image Builder: Publishing win2025-global to")
