"""The drafted commands file a ticket in the sandbox, with the real IDs of Azure's services."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.builds.scenario import Scenario
from bot.sandbox.server import Sandbox
from bot.sandbox.support.service import FakeSupportService
from bot.sandbox.support.services import SERVICES
from dialogs.model.turn import Person
from dialogs.state.case import CaseForm
from dialogs.support.case_commands import render_bash_commands
from dialogs.support.case_text import render_english_text
from dialogs.support.case_values import build_file_name
from tests.azure_cli.installation import AzureCli
from tests.dialogs.fixtures import SUBSCRIPTION, context

STUB = Path(__file__).with_name("support_stub.py")
FORM = CaseForm(
    product="linux",
    severity="moderate",
    title="Golden image fails",
    description=f"Subscription: {SUBSCRIPTION}\nRun started (UTC): 2026-02-22T01:29:00Z",
)
OWN, WINDOWS, LINUX = "Azure VM Image Builder", "Virtual Machine running Windows", "Virtual Machine running Linux"
DOCUMENTED = "Azure Features / Azure Image Builder"
IDS = {
    OWN: "8df50d5e-6cdd-3a3a-0cb5-95dbef9e09ab",
    WINDOWS: "6f16735c-b0ae-b275-ad3a-03479cfa1396",
    LINUX: "cddd3eb5-1830-b494-44fd-782f691479dc",
}
WITHOUT_OWN = {name: kinds for name, kinds in SERVICES.items() if name != OWN}


@dataclass(frozen=True)
class ScriptRun:
    """What a script printed, what it said on standard error, and the tickets that there are then."""

    output: str
    errors: str
    tickets: list[dict[str, Any]]


async def run_script(
    bash: str,
    azure_cli: AzureCli,
    folder: Path,
    form: CaseForm,
    services: Mapping[str, tuple[str, ...]],
    times: int = 1,
) -> ScriptRun:
    """Run the commands of a case in a bash whose `az` talks to the sandbox."""
    az = folder / "az"
    az.write_text(f'#!{bash}\nexec {shlex.quote(str(azure_cli.python))} {shlex.quote(str(STUB))} "$@"\n', "utf-8")
    az.chmod(0o700)
    (folder / build_file_name(context(), form, "text")).write_text(render_english_text(context(), form), "utf-8")
    script = re.sub(r"(?m)^([A-Z_]+)='<.*>'$", r"\1='Chiara'", render_bash_commands(context(), form))
    desk = FakeSupportService({SUBSCRIPTION}, retry_after_seconds=0)
    desk.services = services
    async with Sandbox(desk.build_routes(), scenario=Scenario({SUBSCRIPTION: "Images"}, ())) as sandbox:
        async with sandbox.credential_provider.open_credential(Person("tenant", "chiara")) as credential:
            token = (await credential.get_token(sandbox.cloud.resource_scope)).token
        environment = {
            "PATH": f"{folder}:{os.environ['PATH']}", "SUPPORT_BASE": sandbox.cloud.resource_manager,
            "SUPPORT_CA": str(sandbox.cloud.ca_file), "SUPPORT_TOKEN": token,
        }  # fmt: skip
        for _ in range(times):
            program = await asyncio.create_subprocess_exec(
                bash, "--noprofile", "--norc", "-c", script, cwd=folder, env=environment,
                stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            )  # fmt: skip
            async with asyncio.timeout(60):
                output, errors = await program.communicate()
    return ScriptRun(output.decode(), errors.decode(), [ticket["properties"] for ticket in desk.tickets.values()])


@pytest.mark.parametrize(
    ("product", "services", "service", "kind"),
    [
        ("windows", SERVICES, OWN, "Image build failure"),
        ("linux", {**SERVICES, OWN: ("Pricing", "My build Failed")}, OWN, "My build Failed"),
        ("linux", {**SERVICES, OWN: ("Pricing", "Other")}, OWN, "Pricing"),
        ("windows", {**SERVICES, OWN: ()}, WINDOWS, DOCUMENTED),
        ("windows", WITHOUT_OWN, WINDOWS, DOCUMENTED),
        ("linux", WITHOUT_OWN, LINUX, DOCUMENTED),
    ],
)
async def test_the_script_files_a_ticket_where_azure_lists_image_builder(
    real: Callable[[str], str], azure_cli: AzureCli, tmp_path: Path,
    product: str, services: Mapping[str, tuple[str, ...]], service: str, kind: str,
) -> None:  # fmt: skip
    form = replace(FORM, product=product)
    ran = await run_script(real("bash"), azure_cli, tmp_path, form, services)
    assert ran.errors == ""
    (ticket,) = ran.tickets
    assert ticket["serviceId"].endswith(f"/{IDS[service]}")
    assert (ticket["serviceDisplayName"], ticket["problemClassificationDisplayName"]) == (service, kind)
    assert ticket["description"] == render_english_text(context(), form)
    assert ticket["supportTicketId"] in ran.output
    assert ("as its own product" in ran.output) == (service == OWN)


async def test_without_a_topic_nothing_is_filed(
    real: Callable[[str], str], azure_cli: AzureCli, tmp_path: Path
) -> None:
    ran = await run_script(real("bash"), azure_cli, tmp_path, FORM, {LINUX: ("Connectivity / RDP",)})
    assert "Azure lists no topic for Image Builder." in ran.errors
    assert ran.tickets == []


async def test_run_twice_it_files_one_ticket(real: Callable[[str], str], azure_cli: AzureCli, tmp_path: Path) -> None:
    ran = await run_script(real("bash"), azure_cli, tmp_path, FORM, SERVICES, times=2)
    assert "Name not available" in ran.errors
    assert len(ran.tickets) == 1
