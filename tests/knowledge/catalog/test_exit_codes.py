"""The meaning of exit codes: from the table, computed, and none where it is unknown."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.catalog.exit_codes import ROBOCOPY, describe_exit_code, list_step_codes, load_exit_codes
from knowledge.model.entry import COMPLETE_LANGUAGES, LocalizedText, Step, StepCode
from knowledge.model.errors import InvalidFilesError

KNOWN = [
    (0, None, "success", "riuscita"),
    (1, "linux", "general error", "errore generico"),
    (5, "windows", "access denied", "accesso negato"),
    (4, "windows", "robocopy", "robocopy"),
    (100, "linux", "apt", "apt"),
    (101, "windows", "restart", "riavvio"),
    (126, "linux", "couldn't be run", "non può essere eseguito"),
    (127, "linux", "command wasn't found", "non trovato"),
    (137, "linux", "SIGKILL", "memoria"),
    (143, None, "SIGTERM", "SIGTERM"),
    (131, "linux", "signal 3", "segnale 3"),
    (255, "linux", "out of range", "fuori intervallo"),
    (22, "linux", "HTTP", "HTTP"),
    (104, "linux", "zypper", "zypper"),
    (1603, "windows", "fatal error", "errore irreversibile"),
    (1618, None, "another installation", "un'altra installazione"),
    (1641, "windows", "restart", "riavvio"),
    (3010, "windows", "success; a restart", "serve un riavvio"),
    (5007, "windows", "Visual Studio", "Visual Studio"),
    (9009, "windows", "didn't find the command", "non ha trovato il comando"),
    (16001, "windows", "WinRM", "WinRM"),
    (3011, "windows", "a service", "un servizio"),
    (8003, "windows", "out of support", "non è più supportato"),
    (-1978335164, "windows", "REST endpoint", "endpoint REST"),
    (-1978335162, "windows", "agreements of the source", "contratti dell'origine"),
    (-1978335167, "windows", "agreements of a package", "contratti di un pacchetto"),
    (-2146498297, "windows", "group policy", "criterio di gruppo"),
    (267014, "windows", "ended from outside", "terminato dall'esterno"),
    (2147942402, "windows", "0x80070002: file not found", "0x80070002: file non trovato"),
    (-2147023278, "windows", "0x80070652: MSI: another installation", "0x80070652: MSI: è in corso"),
    (2147943458, "windows", "0x80070422: the service is disabled", "il servizio è disabilitato"),
    (2147942501, "windows", "asks for a restart", "chiede un riavvio"),
    (2300218, None, "lost the connection", "perso la connessione"),
    (-1978335212, "windows", "no package found", "nessun pacchetto"),
    (-1073741819, "windows", "crashed", "si è arrestato"),
    (3221225477, None, "crashed", "si è arrestato"),
    (-532462766, "windows", ".NET", ".NET"),
]


@pytest.mark.parametrize(("code", "os", "english", "italian"), KNOWN, ids=[f"{case[0]}-{case[1]}" for case in KNOWN])
def test_known_codes(code: int, os: str | None, english: str, italian: str) -> None:
    assert english in str(describe_exit_code(code, os, "en"))
    assert italian in str(describe_exit_code(code, os, "it"))


@pytest.mark.parametrize(("code", "os"), [(42, None), (42, "windows"), (77, "linux"), (3010, "linux"), (200, "linux")])
def test_an_unknown_code_is_not_explained(code: int, os: str | None) -> None:
    assert describe_exit_code(code, os, "en") is None


def test_without_a_system_both_meanings_are_named() -> None:
    both = describe_exit_code(2, None, "en")
    assert both is not None
    assert both.startswith("Windows: file not found")
    assert "; Linux: " in both


def test_a_windows_error_inside_an_hresult_is_named_by_its_number() -> None:
    assert (
        describe_exit_code(0x80070000 + 1234, "windows", "en")
        == "0x800704D2: Windows error 1234; `net helpmsg 1234` explains it"
    )


@given(st.integers(min_value=-(2**40), max_value=2**40), st.sampled_from(["windows", "linux", None, "plan9"]))
def test_any_code_is_accepted(code: int, os: str | None) -> None:
    for language in COMPLETE_LANGUAGES:
        meaning = describe_exit_code(code, os, language)
        assert meaning is None or meaning.strip()


ROBOCOPY_CODES = [
    (0, "success, nothing had to be copied"),
    (1, "success (files were copied)"),
    (3, "success (files were copied; the target has files"),
    (5, "success (files were copied; some files or folders didn't match)"),
    (7, "every code below 8 is a success"),
    (8, "failure (some files or folders couldn't be copied)"),
    (16, "failure (a serious error, nothing was copied)"),
]


@pytest.mark.parametrize(("code", "meaning"), ROBOCOPY_CODES)
def test_the_codes_of_robocopy_are_bits(code: int, meaning: str) -> None:
    assert meaning in str(describe_exit_code(code, "windows", "en", ROBOCOPY))
    assert "robocopy" in str(describe_exit_code(code, "windows", "it", ROBOCOPY))


def test_another_code_is_not_robocopys() -> None:
    assert describe_exit_code(1603, "windows", "en", ROBOCOPY) == describe_exit_code(1603, "windows", "en")


OWN = LocalizedText({"en": "made up", "it": "inventato"})


@pytest.mark.parametrize(
    ("code", "os", "meaning"),
    [
        (StepCode("5", None), "windows", "access denied"),
        (StepCode("2", None), "", "file not found"),
        (StepCode("7", None), "", "from curl: no connection to the host"),
        (StepCode("137", None), "linux", "ended by signal 9 (SIGKILL, most likely because memory ran out)"),
        (StepCode("0x80070652", None), "", "MSI: another installation is running; wait and try again"),
        (StepCode("409 PublicAccessNotPermitted", OWN), "", "made up"),
        (StepCode("5", OWN), "windows", "made up"),
    ],
)
def test_a_step_explains_a_code_without_other_programs(code: StepCode, os: str, meaning: str) -> None:
    assert list_step_codes(build_step([code], os), "en") == {code.code: meaning}


def test_a_step_shows_no_code_without_a_meaning() -> None:
    assert list_step_codes(build_step([StepCode("42", None), StepCode("no answer", None)]), "en") == {}


def build_step(codes: list[StepCode], os: str = "") -> Step:
    return Step(OWN, None, None, None, "reads", None, os=os, codes=tuple(codes))


def test_faults_of_the_file_are_all_named(tmp_path: Path) -> None:
    path = tmp_path / "codes.yaml"
    path.write_text(
        "codes:\n"
        "- codes: [7]\n  meaning: {en: a, it: b}\n"
        "- codes: [7]\n  meaning: {en: a, it: b}\n"
        "- codes: [x]\n  meaning: {en: a}\n"
        "- codes: 8\n  os: beos\n  meaning: {en: a, it: b}\n",
        encoding="utf-8",
    )
    with pytest.raises(InvalidFilesError) as caught:
        load_exit_codes(path)
    message = str(caught.value)
    assert "7 already has a meaning" in message
    assert "'x' isn't a number" in message
    assert "needs an 'en' and an 'it' text" in message
    assert "'codes' must be a list" in message
    assert "beos" in message
