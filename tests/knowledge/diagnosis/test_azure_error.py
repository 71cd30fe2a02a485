"""The innermost error of what Azure answered, in every form in which Azure writes it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.diagnosis.azure_error import AzureError, find_innermost_error
from knowledge.text.indexed_text import build_indexed_texts
from knowledge.text.line_reading import read_lines
from knowledge.text.normalization import normalize_text

MESSAGE = "The requested size is not available in this region."
INNER = {"code": "SkuNotAvailable", "message": MESSAGE}


def find(text: str) -> AzureError | None:
    return find_innermost_error(build_indexed_texts(read_lines(normalize_text(text)))[0])


def find_specific(text: str) -> AzureError:
    error = find(text)
    assert error is not None
    assert error.is_specific
    return error


def wrap_in_text(error: dict[str, Any]) -> dict[str, Any]:
    return {"code": "DeploymentFailed", "message": json.dumps({"error": error})}


def wrap_in_details(error: dict[str, Any]) -> dict[str, Any]:
    return {"code": "ResourceDeploymentFailure", "message": "Terminal state 'Failed'.", "details": [error]}


@pytest.mark.parametrize("depth", [0, 1, 2, 3])
@pytest.mark.parametrize("indent", [None, 2])
def test_json_in_json_is_opened(depth: int, indent: int | None) -> None:
    error: dict[str, Any] = INNER
    for _ in range(depth):
        error = wrap_in_text(error)
    found = find_specific(json.dumps({"status": "Failed", "error": error}, indent=indent))
    assert (found.code, found.message) == ("SkuNotAvailable", MESSAGE)


def test_the_lines_are_those_of_the_innermost_error() -> None:
    text = json.dumps({"error": wrap_in_details(wrap_in_details(INNER))}, indent=2)
    found = find_specific(text)
    assert found.code == "SkuNotAvailable"
    assert [text.splitlines()[line.number - 1].strip().rstrip(",") for line in found.lines] == [
        '"code": "SkuNotAvailable"',
        f'"message": "{MESSAGE}"',
    ]


FORMS = [
    # text, numbers of the lines
    (f"Code: SkuNotAvailable Message: {MESSAGE}", [1]),
    (f"Error:\nCode: SkuNotAvailable\nMessage: {MESSAGE}\nTarget: vm1", [2, 3]),
    (f"Error code: SkuNotAvailable, Error message: {MESSAGE}", [1]),
    (f"(SkuNotAvailable) {MESSAGE}", [1]),
    (f"ERROR: (SkuNotAvailable) {MESSAGE}", [1]),
    (f"$ az image builder run\nERROR: (SkuNotAvailable) {MESSAGE}\nCode: SkuNotAvailable\nMessage: {MESSAGE}", [3, 4]),
    (f"==> azure-arm: ERROR: -> SkuNotAvailable : {MESSAGE}", [1]),
    (f"==> azure-arm: ERROR: -> DeploymentFailed : At least one.\n==> azure-arm: ERROR:   -> SkuNotAvailable : {MESSAGE}", [2]),
    (f"ERROR: -> DeploymentFailed : One.\nERROR:   -> Conflict : Two.\nERROR:     -> SkuNotAvailable... : {MESSAGE}", [3]),
    (f'StatusCode=409 -- Original Error: Code="SkuNotAvailable" Message="{MESSAGE}"', [1]),
    (f'StatusCode=400 -- Original Error: Code="InvalidTemplateDeployment" Message="No." Details=[{json.dumps(INNER)}]', [1]),
    (f"##[error]Error: (SkuNotAvailable) {MESSAGE}", [1]),
    (f"2026-01-12T08:00:00Z ##[error]{json.dumps({'error': wrap_in_details(INNER)})}", [1]),
    (f"##[section]Starting: deploy\n##[error]Conflict: {json.dumps(json.dumps({'error': wrap_in_text(INNER)}))}", [2]),
    (f"##[error]Code: SkuNotAvailable; Message: {MESSAGE}", [1]),
    (f"New-AzDeployment : 8:00:00 AM - Error: Code=SkuNotAvailable; Message={MESSAGE}", [1]),
    (f"New-AzDeployment : 8:00:00 AM - Status Message: {MESSAGE} (Code:SkuNotAvailable)", [1]),
    (f'{{"error":{{"message":"{MESSAGE}","code":"SkuNotAvailable"}}}}', [1]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "numbers"), FORMS, ids=[case[0][:45] for case in FORMS])
def test_every_form_is_understood(text: str, numbers: list[int]) -> None:
    found = find_specific(text)
    assert (found.code, found.message.rstrip(".")) == ("SkuNotAvailable", MESSAGE.rstrip("."))
    assert [line.number for line in found.lines] == numbers


@pytest.mark.parametrize(
    "wrapper",
    ["DeploymentFailed", "ResourceDeploymentFailure", "Conflict", "BadRequest", "InternalOperationError", "Failed"],
)
def test_an_error_that_only_says_that_something_failed_is_not_specific(wrapper: str) -> None:
    found = find(f"Code: {wrapper} Message: At least one operation failed.")
    assert found is not None
    assert (found.code, found.is_specific) == (wrapper, False)
    inner_first = find_specific(json.dumps({"details": [INNER], "code": wrapper, "message": "At least one failed."}))
    assert inner_first.code == "SkuNotAvailable"


def test_an_error_that_points_to_inner_errors_is_a_wrapper() -> None:
    text = "ERROR: -> OfferCheckFailed : It failed. See inner errors.\nERROR:   -> BadRequest : The offer has ended."
    found = find(text)
    assert found is not None
    assert found.message == "The offer has ended."


def test_a_later_answer_does_not_hide_the_first_error() -> None:
    clean_up = "x" * 8_000 + '{"code": "ResourceGroupNotFound", "message": "It is gone already."}'
    assert find_specific(f"{json.dumps(INNER)} {clean_up}").code == "SkuNotAvailable"


@pytest.mark.parametrize(
    "text",
    ["Exit code: 5 message: hello", "code: fine", "(see below) Then it failed", "(Get) All of it", "the error code is 12", ""],
)  # fmt: skip
def test_what_is_no_error_of_azure_is_none(text: str) -> None:
    assert find(text) is None


PARTS = st.sampled_from(
    ['"code": "Aaa"', '"message": "bbbb', "Code: Ccc Message: dddd", "ERROR: -> Eee : ffff", "(Ggg) Hhhh", "{", "}", '"', "\\", "\n", ", "]
)  # fmt: skip


@given(st.lists(PARTS | st.text(max_size=8), max_size=25).map("".join))
def test_any_text_gives_lines_of_its_own(text: str) -> None:
    readable = text.encode("utf-8", "replace").decode()
    found = find(readable)
    if found is not None:
        assert 1 <= len(found.lines) <= 3
        assert all(1 <= line.number <= readable.count("\n") + 1 for line in found.lines)
        assert found.message == " ".join(found.message.split())


@pytest.mark.parametrize("text", [f"azure-arm: SkuNotAvailable: {MESSAGE}", f"SkuNotAvailable : {MESSAGE}"])
def test_a_code_before_a_colon_is_one(text: str) -> None:
    error = find_specific(text)
    assert (error.code, error.message) == ("SkuNotAvailable", MESSAGE)


@pytest.mark.parametrize(
    "text",
    [
        "E: Malformed entry 1 in list file /etc/apt/a.list (Component)\nE: The list of sources could not be read.",
        "ContosoSetup: License server refused the seat for this build",
        "ModuleNotFoundError: No module of that name is here",
    ],
)
def test_names_of_programs_and_exceptions_are_no_codes(text: str) -> None:
    assert find(text) is None
