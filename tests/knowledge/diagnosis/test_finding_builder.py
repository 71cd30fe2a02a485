"""A headline names what broke; whatever it captures, it's short, on one line, and holds no secret."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.diagnosis.finding_builder import MAX_VALUE_CHARS, UNKNOWN_ERROR, capture_values
from knowledge.model.entry import COMPLETE_LANGUAGES
from knowledge.model.finding import Finding, FindingRule
from knowledge.text.value_slots import fill_values, list_slots
from tests.build_logs import begun, powershell, restart, script_failed, shell
from tests.reporting import failures_together
from tests.shipped_knowledge import DIAGNOSER, KNOWLEDGE_BASE

RULES = KNOWLEDGE_BASE.findings.rules
SAID = [rule for rule in RULES.values() if rule.trigger == "said"]
MAX_TITLE_CHARS = 400
"""A headline with its longest values."""
SECRET = "hV9qLz7Kd2mXw5T" * 3


def find(*output: str, windows: bool = True, code: int = 1) -> Finding:
    log = (powershell if windows else shell)(begun(windows=windows), output, code=code)
    finding = DIAGNOSER.diagnose(script_failed(log, code).text()).finding
    assert finding is not None
    return finding


def test_a_finding_names_what_the_script_said() -> None:
    finding = find("Reading lists", "E: Unable to locate package contoso-agent", windows=False, code=100)
    assert (finding.id, finding.values["package"]) == ("package-not-found", "contoso-agent")
    assert finding.title == fill_values(RULES[finding.id].title.get("en"), finding.values)
    assert (finding.owner, finding.retry) == (RULES[finding.id].owner, RULES[finding.id].retry)
    assert finding.place is not None
    assert (finding.place.provisioner, finding.place.position) == ("shell", 1)


def test_an_unknown_error_is_repeated_in_its_own_words_with_its_place() -> None:
    log = restart(powershell(begun(), ["fine"]))
    output = [
        r"C:\Windows\Temp\script-7.ps1 : The zorgle could not be frobbed",
        r"At C:\Windows\Temp\script-7.ps1:12 char:5",
        "+     Invoke-Zorgle",
        "    + CategoryInfo          : NotSpecified: (:) [Write-Error], WriteErrorException",
    ]
    finding = DIAGNOSER.diagnose(script_failed(powershell(log, output, code=1), 1).text()).finding
    assert finding is not None
    assert "The zorgle could not be frobbed" in finding.title
    assert finding.place is not None
    assert (finding.place.position, finding.place.script_line) == (3, 12)
    plain = find("Installing", "The zorgle could not be frobbed", "exiting", windows=False)
    assert (plain.id, plain.title) == (UNKNOWN_ERROR, "The zorgle could not be frobbed")
    assert plain.values["sentence"] == plain.title


def test_a_script_without_an_error_is_named_by_its_last_words() -> None:
    finding = find("Installing", "Everything is in place", code=3)
    assert finding.id == "last-words"
    assert "Everything is in place" in finding.title
    assert finding.values["exit_code"] == "3"


def test_headlines_are_in_the_language_of_the_diagnosis() -> None:
    log = script_failed(
        shell(begun(windows=False), ["E: Unable to locate package contoso-agent"], code=100), 100
    ).text()
    titles = {language: DIAGNOSER.diagnose(log, language).finding for language in COMPLETE_LANGUAGES}
    assert len({finding.title for finding in titles.values() if finding}) == len(COMPLETE_LANGUAGES)
    assert len({str(finding.values) for finding in titles.values() if finding}) == 1


def test_every_headline_reads_well_with_and_without_values() -> None:
    with failures_together(at_least=300) as failures:
        for rule in RULES.values():
            for language in COMPLETE_LANGUAGES:
                with failures.check(f"{rule.id} ({language})"):
                    text = rule.title.get(language)
                    for values in ({}, dict.fromkeys(list_slots(text), "X")):
                        title = fill_values(text, values)
                        assert title == " ".join(title.split())
                        assert not title.endswith((".", ":", " "))
                        assert not set("{}|") & set(title)


SECRETS = [
    f"curl: (22) The requested URL returned error: 403 https://contoso.blob.core.windows.net/c/f.zip?sv=2022&sig={SECRET}",
    f"fatal: unable to access 'https://ada:{SECRET}@git.contoso.example/a.git/': Could not resolve host: git.contoso.example",
    f"fatal: repository 'https://ada:{SECRET}@git.contoso.example/a.git/' not found",
    f"[ERROR] password={SECRET} was refused",
    f"az : The term 'AccountKey={SECRET}==' is not recognized as the name of a cmdlet, function, or script file",
    f"bash: PASSWORD={SECRET}: command not found",
    f"Setup failed with exit code 5: msiexec /i agent.msi TOKEN={SECRET} /qn",
    f"Cannot find path 'C:\\drop?sig={SECRET}' because it does not exist.",
    f"ERROR: Could not find a version that satisfies the requirement x from https://pat:{SECRET}@pkgs.contoso.example/",
    f"Connection failed: Server=tcp:x;User ID=sa;Password={SECRET};",
]  # fmt: skip


@pytest.mark.parametrize("line", SECRETS)
def test_a_secret_in_a_message_is_never_in_the_finding(line: str) -> None:
    finding = find("Starting", line)
    assert SECRET not in str(finding.to_json())
    assert SECRET[:15] not in str(finding.to_json())


def test_what_only_the_line_shows_to_be_a_secret_is_not_captured() -> None:
    rule = SAID[0]._replace(capture=(r"password=(?P<tool>\S+)",))
    assert capture_values(rule, "login with password=Summer2026! failed", []) == {}
    assert capture_values(rule, "no match", ["login with password=Summer2026! failed"]) == {}
    assert capture_values(rule._replace(capture=(r"(?P<tool>\w+) failed",)), "the login failed", []) == {
        "tool": "login"
    }


def test_no_shipped_finding_captures_a_secret_from_its_own_example() -> None:
    with failures_together(at_least=150) as failures:
        for rule in SAID:
            for example in rule.examples:
                for name, value in capture_values(rule, example.text, []).items():
                    if value not in example.text or len(value) < 3:
                        continue
                    with failures.check(f"{rule.id}: {name}"):
                        text = example.text.replace(value, f"https://a:{SECRET}@b.example/c?sig={SECRET}")
                        captured = capture_values(rule, text, [text, f"AccountKey={SECRET}"])
                        assert SECRET[:15] not in str(captured)


LONG = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=90, max_size=600)


@settings(max_examples=150)
@given(
    st.sampled_from(SAID),
    st.sampled_from(["x" * 5_000, "a b " * 900, "'" * 300, "😀" * 400, "\t\t", "%s{0}{x|y}", "</b>&lt;"]) | LONG,
)
def test_whatever_is_captured_the_headline_is_short_and_on_one_line(rule: FindingRule, hostile: str) -> None:
    example = rule.examples[0].text
    for value in sorted(capture_values(rule, example, []).values(), key=len)[-1:]:
        example = example.replace(value, hostile)
    values = capture_values(rule, example, [hostile])
    assert all(0 < len(value) <= MAX_VALUE_CHARS for value in values.values())
    assert all(value == " ".join(value.split()) for value in values.values())
    assert len(fill_values(rule.title.get("en"), values)) <= MAX_TITLE_CHARS


@settings(max_examples=100)
@given(st.lists(st.text(max_size=300) | st.just("Error: " + "y" * 3_000), min_size=1, max_size=6))
def test_any_output_gives_a_headline_on_one_line(output: list[str]) -> None:
    finding = find(*(line.replace("\n", " ").replace("\r", " ") for line in output))
    assert finding.title.strip()
    assert len(finding.title) <= MAX_TITLE_CHARS
    assert "\n" not in finding.title
