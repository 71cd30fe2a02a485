"""Errors that no signature and no finding knows: entries are suggested, programs quoted, and other texts left alone."""

from __future__ import annotations

import pytest

from tests.shipped_knowledge import DIAGNOSER


@pytest.mark.parametrize(
    ("text", "entry", "said"),
    [
        (
            "Code=\"InvalidZorgle\" Message=\"The generation 'V1' of the source can't go with the Hyper-V generation 'V2' "
            'of the gallery image definition." imageTemplates',
            "hyper-v-generation-mismatch",
            "InvalidZorgle",
        ),
        (
            "==> azure-arm: ERROR: -> ZorgleReached : No more public IP addresses are allowed in this region, the limit is 20.",
            "public-ip-quota",
            "public IP",
        ),
        # the words point to no entry in particular, but it's the build VM that wasn't created
        (
            "==> azure-arm: ERROR: -> InvalidParameter : The entered computer name is invalid: it has more than 15 characters.",
            "build-vm-deployment-failed",
            "computer name",
        ),
    ],
)
def test_an_unknown_error_of_azure_suggests_what_its_words_are_about(text: str, entry: str, said: str) -> None:
    diagnosis = DIAGNOSER.diagnose(text)
    assert (diagnosis.matches[0].entry, diagnosis.matches[0].confidence) == (entry, "possible")
    assert diagnosis.finding is not None
    assert not diagnosis.finding.is_guess
    assert said in diagnosis.finding.title


@pytest.mark.parametrize(
    "text",
    [
        "zorgled: no hostkeys available -- exiting.",
        "Error: The zorgle could not be frobbed in this mode",
        "zorgle-ctl: connection to the frob service was refused",
        'Traceback (most recent call last):\n  File "/tmp/setup.py", line 3, in <module>\n    frob()\nZorgleError: no frob left',
    ],
)
def test_a_program_is_quoted_although_nothing_names_a_build(text: str) -> None:
    diagnosis = DIAGNOSER.diagnose(text)
    assert [(match.entry, match.confidence) for match in diagnosis.matches] == [("script-nonzero-exit", "possible")]
    assert diagnosis.finding is not None
    assert diagnosis.finding.is_guess
    assert any(word in diagnosis.finding.title for word in ("hostkeys", "zorgle", "frob"))


@pytest.mark.parametrize(
    "text",
    [
        'raise RuntimeError(f"Failed to frob {zorgle}") from error',
        "if (!res.ok) {\n  throw new Error(`HTTP error! status: ${res.status}`);\n}",
        "│ Error: creating Linux Web App: unexpected status 409\n│   with azurerm_linux_web_app.this,",
        "Error from server (Forbidden): pods is forbidden: User cannot list resource",
        "Oct  1 08:00:01 web01 sshd[2211]: Failed password for invalid user admin from 203.0.113.7 port 51122 ssh2",
        "Access to XMLHttpRequest at 'https://api.contoso.com' has been blocked by CORS policy",
    ],
)
def test_source_code_and_other_tools_are_left_alone(text: str) -> None:
    diagnosis = DIAGNOSER.diagnose(text)
    assert diagnosis.finding is None
    assert diagnosis.matches == ()


@pytest.mark.parametrize(
    "text", ["exit status 1", "it failed", "error 5", "Error: 1", "0x80004005", "build failed", "EOF"]
)
def test_a_shred_is_never_more_than_possible(text: str) -> None:
    assert {match.confidence for match in DIAGNOSER.diagnose(text).matches} <= {"possible"}


def test_what_no_program_says_is_a_persons_own() -> None:
    # the sentence of the program is in it, but somebody asks about something else
    diagnosis = DIAGNOSER.diagnose(
        "I only see that running scripts is disabled on this system, is my image template wrong?"
    )
    assert diagnosis.finding is None or diagnosis.finding.id != "execution-policy"
    pasted = DIAGNOSER.diagnose(
        "File C:\\x.ps1 cannot be loaded because running scripts is disabled on this system. Please see about_Execution_Policies."
    )
    assert pasted.finding is not None
    assert pasted.finding.id == "execution-policy"
