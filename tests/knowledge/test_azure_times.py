"""Times in every form that Azure and its tools write."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.azure_times import compute_seconds_between, format_time, parse_time


@pytest.mark.parametrize(
    "text",
    [
        "2023-04-26T04:54:34Z",
        "2023-04-26T04:54:34.6118262Z",  # of Azure: seven digits,
        "2023-04-26T04:54:34.61182626Z",  # eight,
        "2023-04-26T04:54:34.611826263Z",  # or nine
        "2023-04-26T04:54:34.611826+00:00",  # of Azure CLI
        "2023-04-26 06:54:34+0200",
        "2023-04-26T01:24:34-03:30",
        "2023-04-26T04:54:34",
    ],
)
def test_every_form_of_a_time(text: str) -> None:
    assert format_time(text) == "2023-04-26T04:54:34Z"


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "yesterday",
        "2023-04-26",
        "2023-13-26T04:54:34Z",
        "2023-02-30T04:54:34Z",
        "2023-04-26T24:54:34Z",
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00+00:00",
        "0000-00-00T00:00:00Z",
        "1970-01-01T00:00:00Z",
        "9999-12-31T23:59:59-23:59",
        "２023-04-26T04:54:34Z",
    ],
)
def test_what_is_no_time(text: str | None) -> None:
    assert parse_time(text) is None
    assert format_time(text) is None


def test_the_seconds_between_two_times() -> None:
    assert compute_seconds_between("2026-02-22T01:26:00Z", "2026-02-22T01:26:05.9Z") == 5
    assert compute_seconds_between("2026-02-22T01:26:00Z", "2026-02-22T01:25:59Z") is None
    assert compute_seconds_between("2026-02-22T01:26:00Z", None) is None


@given(
    st.text(max_size=40)
    | st.from_regex(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{0,12})?([+-]\d\d:?\d\d|Z)?", fullmatch=True)
)
def test_any_text_is_a_time_or_none(text: str) -> None:
    written = format_time(text)
    assert written is None or format_time(written) == written
