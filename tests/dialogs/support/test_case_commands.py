"""The commands of a case, run by a real bash with a fake `az`, whatever the case contains."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dialogs.context import DialogContext
from dialogs.model.reply import Command
from dialogs.state.case import CaseForm
from dialogs.support.case_commands import build_case_command, render_bash_commands, render_powershell_commands
from dialogs.support.case_text import render_english_text
from dialogs.support.case_values import build_file_name
from knowledge.commands.placeholders import Shell as ShellName
from knowledge.model.entry import COMPLETE_LANGUAGES, Language
from tests.azure_cli.support_options import find_fault
from tests.dialogs.fixtures import CORRELATION, SUBSCRIPTION, context

BASH = shutil.which("bash")
TEMPLATE = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-images/providers/Microsoft.VirtualMachineImages"
    "/imageTemplates/win11-golden"
)
TOPIC = "/providers/Microsoft.Support/services/s/problemClassifications/c"
FORM = CaseForm(
    product="windows",
    severity="moderate",
    title="Golden image fails",
    description=f"IDENTIFICATION\nSubscription: {SUBSCRIPTION}\nRun started (UTC): 2026-02-22T01:29:00Z\n"
    f"Correlation ID: {CORRELATION}",
    template_id=TEMPLATE,
)
FILLED = {"FIRST_NAME": "Chiara", "LAST_NAME": "D'Amico", "EMAIL": "c@x.it", "TIME_ZONE": "W. Europe", "COUNTRY": "ITA"}
HOSTILE = st.lists(
    st.sampled_from(
        ["'", '"', "`touch x`", "$(touch x)", "\n", "-n", "--title", "@/etc/passwd", ";", "|", "&", "%X%", ")", "'("]
    )
    | st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=8),
    min_size=1,
    max_size=8,
).map("".join)


class Shell:
    """A bash in its own folder, where `az` is a script that writes down what it was called with."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        az = folder / "az"
        az.write_text(
            f"#!{sys.executable}\nimport os, sys\n"
            "open('calls', 'ab').write('\\0'.join(sys.argv[1:]).encode('utf-8', 'surrogateescape') + b'\\0\\0')\n"
            "if sys.argv[1:4] == ['support', 'services', 'list']: print(os.environ['OWN_IS'])\n"
            "if 'problem-classifications' in sys.argv:\n"
            "    print(os.environ['OWN_TOPIC_IS' if os.environ['OWN_IS'] in sys.argv else 'TOPIC_IS'])\n",
            encoding="utf-8",
        )
        az.chmod(az.stat().st_mode | stat.S_IXUSR)

    def run(
        self, script: str, topic: str = TOPIC, own: str = "None", own_topic: str = "None"
    ) -> tuple[list[list[str]], str]:
        """What `az` was called with, call by call, and what was written to standard error."""
        environment = {
            "PATH": f"{self.folder}:{os.environ['PATH']}", "TOPIC_IS": topic, "OWN_IS": own, "OWN_TOPIC_IS": own_topic,
        }  # fmt: skip
        ran = subprocess.run(
            [str(BASH), "-c", script], cwd=self.folder, env=environment, capture_output=True, check=True
        )
        assert sorted(path.name for path in self.folder.iterdir()) == ["az", "calls"]
        called = (self.folder / "calls").read_bytes().decode("utf-8").split("\0\0")[:-1]
        (self.folder / "calls").unlink()
        return [call.split("\0") for call in called], ran.stderr.decode("utf-8")


@pytest.fixture(scope="module")
def shell() -> Iterator[Shell]:
    if BASH is None:
        pytest.skip("needs bash: install it")
    with tempfile.TemporaryDirectory() as folder:
        yield Shell(Path(folder))


def filled_in(script: str) -> str:
    """The script as a person would complete it."""
    for variable, value in FILLED.items():
        quoted = value.replace("'", "'\\''")
        script = re.sub(rf"(?m)^{variable}='<.*>'$", lambda _, v=variable, q=quoted: f"{v}='{q}'", script)  # type: ignore[misc]
    return script


def options(call: list[str]) -> dict[str, str]:
    return dict(zip(call[4::2], call[5::2], strict=True))


def test_the_topic_is_looked_up_and_the_ticket_created_with_it(shell: Shell) -> None:
    (extension, services, lookup, create), said = shell.run(filled_in(render_bash_commands(context(), FORM)))
    assert said == ""
    # without the extension, the look-up would ask whether to install it, and wait for an answer that nobody sees asked for
    assert extension == ["extension", "add", "--name", "support", "--upgrade", "--yes", "--only-show-errors"]
    assert services[:3] == ["support", "services", "list"]
    assert "Azure VM Image Builder" in services[services.index("--query") + 1]
    assert lookup[:4] == ["support", "services", "problem-classifications", "list"]
    assert lookup[lookup.index("--service-name") + 1] == context().knowledge.support.products["windows"].service
    assert create[:4] == ["support", "in-subscription", "tickets", "create"]
    given = options(create)
    mark = given["--ticket-name"].removeprefix("image-medic-")
    assert given == {
        "--subscription": SUBSCRIPTION,
        "--ticket-name": f"image-medic-{mark}",
        "--title": "Golden image fails",
        "--description": f"@image-medic-case-win11-golden-{mark}.txt",
        "--severity": "moderate",
        "--advanced-diagnostic-consent": "No",
        "--start-time": "2026-02-22T01:29:00Z",
        "--contact-method": "email",
        "--contact-language": "en-us",
        "--contact-first-name": "Chiara",
        "--contact-last-name": "D'Amico",
        "--contact-email": "c@x.it",
        "--contact-timezone": "W. Europe",
        "--contact-country": "ITA",
        "--problem-classification": TOPIC,
    }


OWN = "8df50d5e-6cdd-3a3a-0cb5-95dbef9e09ab"
OWN_TOPIC = f"/providers/Microsoft.Support/services/{OWN}/problemClassifications/c"


@pytest.mark.parametrize(
    ("own", "own_topic", "services", "topic"),
    [
        (OWN, OWN_TOPIC, [OWN], OWN_TOPIC),
        (OWN, "None", [OWN, "6f16735c-b0ae-b275-ad3a-03479cfa1396"], TOPIC),
        (OWN, "", [OWN, "6f16735c-b0ae-b275-ad3a-03479cfa1396"], TOPIC),
        ("", OWN_TOPIC, ["6f16735c-b0ae-b275-ad3a-03479cfa1396"], TOPIC),
        ("None", OWN_TOPIC, ["6f16735c-b0ae-b275-ad3a-03479cfa1396"], TOPIC),
    ],
)
def test_the_product_of_its_own_comes_first_and_the_documented_path_else(
    shell: Shell, own: str, own_topic: str, services: list[str], topic: str
) -> None:
    calls, said = shell.run(filled_in(render_bash_commands(context(), FORM)), own=own, own_topic=own_topic)
    assert said == ""
    assert [call[call.index("--service-name") + 1] for call in calls if "--service-name" in call] == services
    assert options(calls[-1])["--problem-classification"] == topic
    assert [find_fault(call) for call in calls[1:]] == [""] * (len(calls) - 1)


def test_powershell_looks_for_the_product_of_its_own_first() -> None:
    script = render_powershell_commands(context(), FORM)
    own, documented = script.index("-eq 'Azure VM Image Builder'"), script.index("6f16735c-b0ae-b275-ad3a-03479cfa1396")
    assert own < script.index("--service-name $own ") < documented < script.index("tickets create")
    # typed into a console, `else` at the beginning of a line would be a separate statement
    assert not re.search(r"(?m)^\s*else", script)


def test_without_a_topic_or_with_gaps_nothing_is_created(shell: Shell) -> None:
    for script, topic, why in (
        (filled_in(render_bash_commands(context(), FORM)), "None", "Azure lists no topic for Image Builder."),
        (filled_in(render_bash_commands(context(), FORM)), "", "Azure lists no topic for Image Builder."),
        (render_bash_commands(context(), FORM), TOPIC, "Replace the values in angle brackets first."),
        (render_bash_commands(context("it"), FORM), TOPIC, "Sostituisci prima i valori"),
    ):
        calls, said = shell.run(script, topic)
        assert [call[2] for call in calls] == ["--name", "list", "problem-classifications"]
        assert why in said


@settings(max_examples=60, deadline=None)
@given(HOSTILE, HOSTILE, HOSTILE, st.sampled_from(COMPLETE_LANGUAGES))
@example("'; touch x; '", "@/etc/passwd", "--subscription $(touch x)", "en")
@example("-n", "Subscription: $(touch x)", "/imageTemplates/$(touch x)", "it")
def test_no_case_can_write_a_command(shell: Shell, title: str, text: str, template: str, language: Language) -> None:
    description = f"{text}\nSubscription: {text}\nRun started (UTC): {text}\n{text}"
    form = replace(FORM, title=title, description=description, template_id=template)
    here = context(language)
    calls, said = shell.run(filled_in(render_bash_commands(here, form)))
    assert said == ""
    assert [call[2] for call in calls] == ["--name", "list", "problem-classifications", "tickets"]
    given = options(calls[3])
    assert given["--description"] == f"@{build_file_name(here, form, 'text')}"
    assert re.fullmatch(r"@image-medic-case-[A-Za-z0-9._-]{8,60}\.txt", given["--description"])
    assert re.fullmatch(r"[A-Za-z0-9_,][A-Za-z0-9 .,:_/-]*", given["--title"])
    assert given.get("--subscription", SUBSCRIPTION) == SUBSCRIPTION
    assert "--start-time" not in given


@given(HOSTILE, HOSTILE)
def test_powershell_strings_hold_harmless_values_only(title: str, text: str) -> None:
    form = replace(FORM, title=title, description=f"Subscription: {text}", template_id=text)
    script = render_powershell_commands(context(), form)
    values = re.findall(r"(?m)^  '(--[\w-]+)', '([^']*)',?$", script)
    assert {"--title", "--description", "--severity", "--ticket-name"} <= {name for name, _ in values}
    for _, value in values:
        assert re.fullmatch(r"@?[A-Za-z0-9_,][A-Za-z0-9 .,:_/-]*", value)
    assert (
        script.count("\n") == render_powershell_commands(context(), FORM).count("\n") - 2
    )  # no subscription, no start


def test_the_file_of_the_commands_holds_the_english_text_of_the_case() -> None:
    italian = replace(FORM, english_title="English title", english_description="IDENTIFICATION", title="Titolo")
    name = build_file_name(context("it"), italian, "text")
    assert f"--description @{name} \\" in render_bash_commands(context("it"), italian)
    assert f"'@{name}'" in render_powershell_commands(context("it"), italian)
    assert "Title: English title" in render_english_text(context("it"), italian)


def test_without_a_product_there_is_no_service_to_look_in() -> None:
    assert build_case_command(context(), replace(FORM, product="")) is None


@pytest.mark.parametrize(
    ("shell", "render"), [("Azure CLI", render_bash_commands), ("PowerShell", render_powershell_commands)]
)
def test_the_commands_are_for_the_shell_of_the_person(
    shell: ShellName, render: Callable[[DialogContext, CaseForm], str]
) -> None:
    own = replace(context(), shell=shell)
    assert build_case_command(own, FORM) == Command(shell, render(own, FORM))
