"""What is typed about Azure, in both languages, and what only looks like it."""

from __future__ import annotations

import pytest

from dialogs.azure.typed_requests import (
    TemplateRequest,
    parse_request,
    parse_template_link,
    parse_template_name,
    parse_yes_no,
)
from dialogs.typed_commands import parse_command
from knowledge.template.template_id import TemplateQuery
from tests.dialogs.fixtures import SUBSCRIPTION
from tests.shipped_texts import PHRASES

ID = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-images/providers/Microsoft.VirtualMachineImages"
    "/imageTemplates/win11-golden"
)
GOLDEN = TemplateQuery("win11-golden", "rg-images", SUBSCRIPTION)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("look at my template", "look"),
        ("Look at my template!", "look"),
        ("Guarda il mio modello", "look"),
        ("Esamina il mio modello", "look"),
        ("status", "look"),
        ("stato del modello", "look"),
        ("failing", "failing"),
        ("What failed?", "failing"),
        ("quali falliscono?", "failing"),
        ("Che cosa è fallito?", "failing"),
        ("read the log", "log"),
        ("leggi il log", "log"),
        ("read the whole log", "whole-log"),
        ("leggi tutto il log", "whole-log"),
        ("sign out", "sign-out"),
        ("esci da Azure", "sign-out"),
        ("Disconnettimi", "sign-out"),
        # not ours
        ("esci", "cancel"),
        ("exit", "cancel"),
        ("look", "look"),
        ("template", None),
        ("it failed", None),
        ("the build failed", None),
        ("template fails", None),
        ("template validation failed with 400", None),
        ("status 404", None),
        ("status of it", None),
        ("look at this error", None),
        ("look at\nwin11", None),
        ("guarda qui", None),
        ("", None),
        ("look at " + "x" * 700, None),
    ],
)
def test_phrases(text: str, meant: str | None) -> None:
    assert (parse_command(text, PHRASES) or parse_request(text, PHRASES)) == meant


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("look at win11-golden", TemplateQuery("win11-golden")),
        ("Look at **win11-golden**", TemplateQuery("win11-golden")),
        ("look at the template win11", TemplateQuery("win11")),
        ("status of win11-golden?", TemplateQuery("win11-golden")),
        ("what's the status of Win11.Golden", TemplateQuery("Win11.Golden")),
        ("template win11-golden", TemplateQuery("win11-golden")),
        ("guarda win11-golden", TemplateQuery("win11-golden")),
        ("guarda il modello win11-golden nel gruppo rg-images", TemplateQuery("win11-golden", "rg-images")),
        ("stato di win11-golden", TemplateQuery("win11-golden")),
        ("qual è lo stato del modello win11", TemplateQuery("win11")),
        ("modello t_1700000000000", TemplateQuery("t_1700000000000")),
        ("look at win11-golden in rg-images", TemplateQuery("win11-golden", "rg-images")),
        ("look at “win11-golden”", TemplateQuery("win11-golden")),
        (ID, GOLDEN),
        (f"look at {ID}", GOLDEN),
        (ID.lower(), GOLDEN),
        (f"{ID}/", GOLDEN),
        (f"https://portal.azure.com/#@contoso.onmicrosoft.com/resource{ID}/overview", GOLDEN),
        (f"https://portal.azure.com/#resource{ID.replace('/', '%2F')}", GOLDEN),
        (f"https://portal.azure.us/#@contoso.com/resource{ID}", GOLDEN),
        (f"<https://portal.azure.com/#@contoso.com/resource{ID}>", GOLDEN),
    ],
)
def test_templates_that_are_named(text: str, wanted: TemplateQuery | None) -> None:
    assert parse_request(text, PHRASES) == (TemplateRequest(wanted) if wanted else None)


@pytest.mark.parametrize(
    "text",
    [
        f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-images",
        f"/subscriptions/not-a-guid/resourceGroups/rg/providers/Microsoft.VirtualMachineImages/imageTemplates/{'x'}",
        f"the id is {ID}",
        f"{ID} fails",
        f"evil{ID}",
        ID.replace("win11-golden", "$(rm)"),
        ID.replace("rg-images", "rg;images"),
        "https://portal.azure.com/#home",
        "",
        ".",
    ],
)
def test_what_is_no_id(text: str) -> None:
    assert parse_template_link(text) is None


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("win11-golden", TemplateQuery("win11-golden")),
        ("win11-golden.", TemplateQuery("win11-golden")),
        ("golden", TemplateQuery("golden")),
        ("win11-golden in rg-images", TemplateQuery("win11-golden", "rg-images")),
        ("the one of yesterday", None),
        ("it", None),
        ("`rm -rf`", None),
        ("", None),
        ("a;b", None),
    ],
)
def test_a_name_after_which_one(text: str, wanted: TemplateQuery | None) -> None:
    assert parse_template_name(text, PHRASES) == (TemplateRequest(wanted) if wanted else None)


@pytest.mark.parametrize(
    ("text", "meant"),
    [("yes", True), ("Sì!", True), ("no, grazie", None), ("No", False), ("no grazie", False), ("x", None)],
)
def test_yes_and_no(text: str, meant: bool | None) -> None:
    assert parse_yes_no(text, PHRASES) is meant
