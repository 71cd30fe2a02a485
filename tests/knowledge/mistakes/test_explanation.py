"""Which mistake in a template explains a failure: the one that leads to it, in the step that failed, and no other."""

from __future__ import annotations

import pytest

from knowledge.mistakes.explanation import explain_failure, raise_confidence
from knowledge.model.diagnosis import Confidence, Diagnosis, ExcerptLine, Match
from knowledge.model.finding import Finding, StepPlace
from knowledge.model.template_mistake import TemplateMistake
from knowledge.preflight.rule_catalog import get_rules
from tests.shipped_knowledge import ENTRIES, KNOWLEDGE_BASE

THIRD = StepPlace("powershell", 3, 10, None, "install", 5)
UNPLACED = StepPlace("powershell", 3, 10)
QUOTE = TemplateMistake("quote-unclosed", is_error=True, part="customizer", number=3, script_line=7)
MSIEXEC = TemplateMistake("msiexec-not-quiet", part="customizer", number=3, script_line=2)
CRLF = TemplateMistake("crlf-in-shell", part="customizer", number=3, script_line=1)
APT = TemplateMistake(
    "apt-without-yes", values={"command": "apt install x"}, part="customizer", number=3, script_line=1
)
CHOCO = TemplateMistake(
    "windows-command-on-linux", values={"command": "choco install git"}, part="customizer", number=3, script_line=2
)
WRONG_TIMEOUT = TemplateMistake(
    "build-timeout-out-of-range", is_error=True, values={"value": "5000"}, path="$.properties.buildTimeoutInMinutes"
)
NO_IDENTITY = TemplateMistake("identity-not-single", is_error=True, path="$.identity.userAssignedIdentities")
SMALL_DISK = TemplateMistake("windows-disk-small", values={"value": "64"}, path="$.properties.vmProfile.osDiskSizeGB")

OLD_SIZE = TemplateMistake("vm-size-retiring", values={"value": "Standard_D2_v2"}, path="$.properties.vmProfile.vmSize")

REGIONS = TemplateMistake("unknown-property", values={"value": "regions"}, path="$.properties.distribute[0].regions")
MISSPELLED = TemplateMistake(
    "unknown-property", values={"value": "targetregions"}, path="$.properties.distribute[1].targetregions"
)


def diagnose(finding_id: str = "", place: StepPlace | None = THIRD, **values: str) -> Diagnosis:
    finding = Finding(finding_id, "It broke", "script", "after-fix", values, place=place) if finding_id else None
    return Diagnosis("-", "build-log", "failed", (), (), {}, (), finding=finding)


def lead(entry_id: str, confidence: Confidence = "certain", line: str = "") -> Match:
    entry = ENTRIES[entry_id]
    evidence = (ExcerptLine(1, line),) if line else ()
    return Match(entry_id, entry.title.get("en"), confidence, entry.severity, entry.retry, evidence)


def explain(diagnosis: Diagnosis, leading: Match | None, *mistakes: TemplateMistake) -> TemplateMistake | None:
    finding_id = diagnosis.finding.id if diagnosis.finding else ""
    return explain_failure(
        diagnosis, leading, ENTRIES, KNOWLEDGE_BASE.findings.rules.get(finding_id), mistakes, get_rules()
    )


@pytest.mark.parametrize(
    ("diagnosis", "leading", "mistakes", "found"),
    [
        (diagnose("powershell-unbalanced-quotes"), lead("script-nonzero-exit"), (CRLF, QUOTE), QUOTE),
        (diagnose("powershell-parse"), lead("script-nonzero-exit", "likely"), (QUOTE,), QUOTE),
        (diagnose("windows-line-endings"), lead("script-nonzero-exit"), (QUOTE, CRLF), CRLF),
        (diagnose("command-not-found", command="choco"), lead("script-nonzero-exit"), (CHOCO,), CHOCO),
        (diagnose("silent-installer"), lead("build-timeout"), (MSIEXEC,), MSIEXEC),
        (diagnose("silent-question"), lead("build-timeout", "likely"), (MSIEXEC, APT), APT),
        (diagnose("package-confirmation"), lead("script-nonzero-exit"), (QUOTE, APT), APT),
        (
            diagnose("template-validation-failed", None),
            lead("template-validation-failed", line="buildTimeoutInMinutes must be between 0 and 960"),
            (NO_IDENTITY, WRONG_TIMEOUT),
            WRONG_TIMEOUT,
        ),
        (
            diagnose("compute-quota-or-sku", None),
            lead("compute-quota-or-sku", line="The requested size Standard_D2_v2 isn't available in westeurope"),
            (OLD_SIZE,),
            OLD_SIZE,
        ),
        (
            diagnose("template-unknown-field", None),
            lead("template-unknown-field", line='unknown field "targetregions"'),
            (REGIONS, MISSPELLED),
            MISSPELLED,
        ),
        (diagnose("os-disk-smaller-than-image", None), lead("os-disk-smaller-than-image"), (SMALL_DISK,), SMALL_DISK),
    ],
)
def test_a_mistake_that_leads_to_the_failure_in_its_step_explains_it(
    diagnosis: Diagnosis, leading: Match, mistakes: tuple[TemplateMistake, ...], found: TemplateMistake
) -> None:
    assert explain(diagnosis, leading, *mistakes) == found


@pytest.mark.parametrize(
    ("diagnosis", "leading", "mistake"),
    [
        # another customizer, a validator, a target
        (diagnose("powershell-unbalanced-quotes"), lead("script-nonzero-exit"), QUOTE._replace(number=1)),
        (diagnose("powershell-unbalanced-quotes"), lead("script-nonzero-exit"), QUOTE._replace(part="validator")),
        (
            diagnose("powershell-unbalanced-quotes", THIRD._replace(is_validator=True)),
            lead("script-nonzero-exit"),
            QUOTE,
        ),
        (diagnose("silent-installer"), lead("build-timeout"), MSIEXEC._replace(number=2)),
        # another failure in the same customizer
        (diagnose("npm-not-found"), lead("script-nonzero-exit"), QUOTE),
        (diagnose("dpkg-lock"), lead("dpkg-lock"), QUOTE),
        (diagnose("powershell-unbalanced-quotes"), lead("script-nonzero-exit"), MSIEXEC),
        (diagnose("command-not-found", command="pgbench"), lead("script-nonzero-exit"), CHOCO),
        # a script that failed on its own, and says nothing of the mistake
        (diagnose("last-words"), lead("script-nonzero-exit"), CRLF),
        (diagnose("script-nonzero-exit"), lead("script-nonzero-exit"), CRLF),
        # the number of a step in a log isn't that of a customizer
        (diagnose("powershell-unbalanced-quotes", UNPLACED), lead("script-nonzero-exit"), CRLF._replace(number=3)),
        # a warning that nothing in the failure names
        (diagnose("compute-quota-or-sku", None), lead("compute-quota-or-sku"), OLD_SIZE),
        (diagnose("build-timeout", None), lead("build-timeout"), MSIEXEC),
        (diagnose(), lead("build-timeout"), MSIEXEC),
        # a guess needs an error in the failed step
        (diagnose("unknown-error"), None, MSIEXEC),
        (diagnose("unknown-error"), None, QUOTE._replace(number=1)),
        (diagnose("unknown-error", UNPLACED), None, QUOTE),
        (diagnose(), None, QUOTE),
        # a rule of another release
        (diagnose("powershell-parse"), lead("script-nonzero-exit"), QUOTE._replace(rule="of-tomorrow")),
    ],
)
def test_an_unrelated_mistake_says_nothing(
    diagnosis: Diagnosis, leading: Match | None, mistake: TemplateMistake
) -> None:
    assert explain(diagnosis, leading, mistake) is None


@pytest.mark.parametrize(
    ("diagnosis", "leading"),
    [
        (diagnose("unknown-error"), None),
        (diagnose("unknown-error"), lead("build-timeout", "possible")),
        (diagnose("unknown-error"), lead("script-nonzero-exit")),
        (diagnose("script-nonzero-exit"), lead("script-nonzero-exit")),
        (diagnose("last-words"), lead("script-nonzero-exit")),
    ],
)
def test_an_error_in_the_step_of_an_unknown_failure_is_a_possible_cause(
    diagnosis: Diagnosis, leading: Match | None
) -> None:
    assert explain(diagnosis, leading, MSIEXEC, QUOTE) == QUOTE._replace(is_possible=True)


def test_the_only_error_that_leads_to_a_failure_without_a_step_is_a_possible_cause() -> None:
    diagnosis, leading = diagnose("template-validation-failed", None), lead("template-validation-failed")
    assert explain(diagnosis, leading, WRONG_TIMEOUT) == WRONG_TIMEOUT._replace(is_possible=True)
    assert explain(diagnosis, leading, WRONG_TIMEOUT, NO_IDENTITY) is None


@pytest.mark.parametrize(
    ("mistake", "before", "after"),
    [
        (QUOTE, "likely", "certain"),
        (QUOTE, "possible", "likely"),
        (QUOTE, "certain", "certain"),
        (MSIEXEC, "likely", "likely"),
        (QUOTE._replace(is_possible=True), "likely", "likely"),
    ],
)
def test_only_an_error_that_explains_it_makes_a_match_more_certain(
    mistake: TemplateMistake, before: Confidence, after: Confidence
) -> None:
    assert raise_confidence(lead("script-nonzero-exit", before), mistake).confidence == after
