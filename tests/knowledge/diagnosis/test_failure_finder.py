"""What failed in a build that still succeeded, and what is read in a text that isn't a log."""

from __future__ import annotations

import pytest

from knowledge.model.diagnosis import Diagnosis
from tests.build_logs import BuildLog, LogFormat, begun, powershell, restart, shell, succeeded
from tests.knowledge.log_fragments import ERRORS, HARMLESS, PROGRESS, RECORDS
from tests.shipped_knowledge import DIAGNOSER, ENTRIES, KNOWLEDGE_BASE

RULES = KNOWLEDGE_BASE.findings.rules
RECORD = [
    "Get-Item : Cannot find path 'C:\\Packages\\agent.msi' because it does not exist.",
    r"At C:\Windows\Temp\script-4.ps1:512 char:1",
    "+ Get-Item C:\\Packages\\agent.msi",
    "+ ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~",
    "    + CategoryInfo          : ObjectNotFound: (C:\\Packages\\agent.msi:String) [Get-Item], ItemNotFoundException",
    "    + FullyQualifiedErrorId : PathNotFound,Microsoft.PowerShell.Commands.GetItemCommand",
]
TRACEBACK = RECORDS[3]


def diagnose(log: BuildLog) -> Diagnosis:
    diagnosis = DIAGNOSER.diagnose(succeeded(log).text())
    assert diagnosis.outcome == "succeeded"
    assert all(ENTRIES[match.entry].severity == "info" for match in diagnosis.matches)
    return diagnosis


@pytest.mark.parametrize("form", ["new", "old", "bare"])
def test_an_error_record_in_a_build_that_succeeded_is_a_finding(form: LogFormat) -> None:
    log = powershell(begun(form), ["Copying", *RECORD, "Everything is in place"])
    diagnosis = diagnose(restart(log))
    assert diagnosis.finding is not None
    assert diagnosis.finding.id in RULES
    assert "C:\\Packages\\agent.msi" in diagnosis.finding.title
    assert diagnosis.finding.line == log.number_of("Cannot find path")
    assert any(diagnosis.is_deciding(line) for line in diagnosis.excerpt)
    document = diagnosis.to_json()
    assert (document["outcome"], document["finding"]["id"]) == ("succeeded", diagnosis.finding.id)


def test_a_traceback_is_one_too() -> None:
    diagnosis = diagnose(shell(begun(windows=False), ["Installing", *TRACEBACK, "done"]))
    assert diagnosis.finding is not None
    assert "contoso_tools" in diagnosis.finding.title


def test_the_error_of_any_script_is_found() -> None:
    log = powershell(powershell(powershell(begun(), ["first"]), [*RECORD]), ["last"])
    finding = diagnose(log).finding
    assert finding is not None
    assert finding.line == log.number_of("Cannot find path")


@pytest.mark.parametrize("line", [*HARMLESS, *PROGRESS, *ERRORS])
@pytest.mark.parametrize("windows", [True, False])
def test_a_single_line_of_a_build_that_succeeded_is_no_finding(line: str, windows: bool) -> None:
    run = powershell if windows else shell
    assert diagnose(run(begun(windows=windows), ["Installing", line, "done"])).finding is None


NOISE = [
    [
        "npm : npm warn deprecated glob@7.2.3: Glob versions prior to v9 are no longer supported",
        r"At C:\Windows\Temp\script-4.ps1:3 char:1",
        "+ npm install -g contoso",
        "    + CategoryInfo          : NotSpecified: (npm warn deprec...r supported:String) [], RemoteException",
        "    + FullyQualifiedErrorId : NativeCommandError",
    ],
    [
        "git : Cloning into 'tools'...",
        r"At C:\Windows\Temp\script-4.ps1:3 char:1",
        "+ git clone https://git.contoso.example/tools.git",
        "    + CategoryInfo          : NotSpecified: (Cloning into 'tools'...:String) [], RemoteException",
        "    + FullyQualifiedErrorId : NativeCommandError",
    ],
    ["E: Could not get lock /var/lib/dpkg/lock-frontend - open (11)", "Waiting for the lock", "done"],
    ["TASK [check] ***", "fatal: [localhost]: FAILED! => {\"msg\": \"no\"}", "...ignoring"],
]  # fmt: skip


@pytest.mark.parametrize("output", NOISE)
def test_harmless_noise_is_no_finding(output: list[str]) -> None:
    assert diagnose(powershell(begun(), ["Installing", *output, "done"])).finding is None


def test_deprovisioning_is_no_script_of_the_template() -> None:
    log = powershell(begun(), ["fine"])
    log.write_ui("Provisioning with Powershell...").write_output(">>> Waiting for GA Service (RdAgent) to start ...")
    log.write_output(*RECORD, ">>> Sysprepping VM ...", "IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE")
    assert diagnose(log).finding is None


def test_a_build_that_failed_is_not_named_by_what_it_survived() -> None:
    log = powershell(begun(), [*RECORD])
    log = powershell(log, ["The zorgle could not be frobbed"], code=1)
    log.write_ui("Provisioning step had errors: Running the cleanup provisioner, if present...")
    log.write_verdict("Build 'azure-arm' errored after 9 minutes: Script exited with non-zero exit status: 1.")
    finding = DIAGNOSER.diagnose(log.text()).finding
    assert finding is not None
    assert finding.line == log.number_of("zorgle")


def test_a_build_that_runs_is_not_named_by_what_it_survived() -> None:
    log = powershell(begun(), [*RECORD]).write_ui("Provisioning with Powershell...").write_output("going on")
    diagnosis = DIAGNOSER.diagnose(log.text())
    assert diagnosis.outcome == "running"
    assert diagnosis.finding is None


@pytest.mark.parametrize("record", RECORDS[1:5])
def test_an_error_that_was_pasted_with_a_word_of_a_build_is_named(record: list[str]) -> None:
    diagnosis = DIAGNOSER.diagnose("\n".join(["our image builder customizer stops with this:", *record]))
    assert diagnosis.finding is not None
    assert diagnosis.finding.id in RULES
    assert diagnosis.finding.line > 1
    assert ENTRIES[diagnosis.matches[0].entry].shows_script_output
    assert diagnosis.matches[0].confidence == "likely"


@pytest.mark.parametrize("record", RECORDS[2:5])
def test_without_a_word_of_a_build_it_is_only_a_guess(record: list[str]) -> None:
    diagnosis = DIAGNOSER.diagnose("\n".join(record))
    assert diagnosis.finding is not None
    assert diagnosis.finding.is_guess
    assert diagnosis.to_json()["finding"] is None
    assert all(match.confidence == "possible" for match in diagnosis.matches)


def test_a_guess_is_called_by_what_broke() -> None:
    match = DIAGNOSER.diagnose("E: Unable to locate package zorgle-tools").matches[0]
    assert (match.entry, match.confidence) == ("script-nonzero-exit", "possible")
    assert "zorgle-tools" in match.title


def test_another_tools_output_is_no_guess() -> None:
    text = "The command '/bin/sh -c apt-get install zorgle' returned a non-zero code: 100\nE: Unable to locate package zorgle"
    assert DIAGNOSER.diagnose(text).matches == ()


@pytest.mark.parametrize(
    "words",
    [
        "Our image build fails, access is denied when copying",
        "my image builder script cannot find the network path",
        "the packer build can't connect to the server",
        "all I get from the status is packer exit status 1, where is the real reason?",
        "la nostra compilazione dell'immagine fallisce: accesso negato",
    ],
)
def test_a_persons_own_words_are_neither_evidence_nor_headline(words: str) -> None:
    diagnosis = DIAGNOSER.diagnose(words)
    assert diagnosis.excerpt == ()
    assert all(match.evidence == () for match in diagnosis.matches)
    assert diagnosis.finding is None or diagnosis.finding.values.get("sentence") is None


STATUSES = [
    '{"lastRunStatus": {"runState": "Running", "runSubState": "Building", "message": "Image template is building"}}',
    '{"properties": {"provisioningState": "Succeeded", "lastRunStatus": {"runState": "Succeeded", "message": "All done"}}}',
]


@pytest.mark.parametrize("status", STATUSES)
def test_a_status_without_a_failure_has_no_finding(status: str) -> None:
    diagnosis = DIAGNOSER.diagnose(status)
    assert diagnosis.finding is None
    assert diagnosis.excerpt == ()


def test_a_canceled_run_is_named_and_is_no_failure() -> None:
    diagnosis = DIAGNOSER.diagnose('{"lastRunStatus": {"runState": "Canceled", "message": ""}}')
    assert diagnosis.finding is None
    assert [(match.entry, match.severity) for match in diagnosis.matches] == [("run-canceled", "info")]


@pytest.mark.parametrize("prefix", ["", "==> azure-arm: ERROR: "])
def test_a_sign_in_error_is_only_a_guess_unless_it_is_of_a_build(prefix: str) -> None:
    message = "AADSTS7000222: The provided client secret keys for app 'x' are expired."
    finding = DIAGNOSER.diagnose(prefix + message).finding
    assert finding is not None
    assert (finding.id, finding.is_guess) == ("tool-sign-in-failed", not prefix)


def test_a_long_line_is_cut_around_what_the_headline_names() -> None:
    rest = '"evaluatedExpressions":[' + '{"expression":"type","result":"True"},' * 30 + "]"
    text = f'packer build: RequestDisallowedByPolicy {{{rest},"policyAssignmentDisplayName":"Deny public vaults"}}'
    diagnosis = DIAGNOSER.diagnose(text)
    assert diagnosis.finding is not None
    assert diagnosis.finding.title.endswith("Deny public vaults")
    assert 'policyAssignmentDisplayName":"Deny public vaults' in diagnosis.excerpt[0].text
