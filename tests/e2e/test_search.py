"""A person in Teams' test client searches the knowledge from the message box, and posts what was found."""

from __future__ import annotations

from tests.e2e.conftest import TestClient


async def test_a_search_from_the_message_box(client: TestClient) -> None:
    page = client.page
    await page.get_by_role("button", name="Trigger Message Extension App").first.click()
    await page.get_by_role("menuitem", name="Search Command").click()
    await client.picture("box")
    box = page.locator("input").last
    await box.fill("build timeout")
    await box.press("Enter")
    found = page.get_by_text("Build timeout exceeded").first
    await found.wait_for()
    await client.picture("found")
    await found.click()
    await client.sees("Build timeout exceeded", "First of 6 steps")
    await client.picture("picked")
