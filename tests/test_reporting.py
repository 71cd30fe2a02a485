"""The failures of many checks are reported together, and too few checks are a failure, too."""

from __future__ import annotations

import pytest

from tests.reporting import Failures, failures_together


def check_numbers(failures: Failures, checked: list[int]) -> None:
    for number in range(4):
        with failures.check(f"number {number}"):
            checked.append(number)
            assert number % 2 == 0, "odd"
            if number == 2:
                raise ValueError("two")


def test_every_failure_is_named_and_the_rest_is_checked_too() -> None:
    checked: list[int] = []
    with pytest.raises(pytest.fail.Exception) as caught, failures_together() as failures:
        check_numbers(failures, checked)
    message = str(caught.value)
    assert checked == [0, 1, 2, 3]
    assert message.startswith("3 of 4 failed:\n")
    for part in ("number 1 (test_reporting.py:", "AssertionError: odd", "number 2 (", "ValueError: two", "number 3 ("):
        assert part in message
    assert "number 0" not in message


def test_what_was_to_be_raised_and_was_not_is_a_failure() -> None:
    with (
        pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"),
        failures_together() as failures,
        failures.check("one"),
        pytest.raises(ValueError, match="no"),
    ):
        pass


def test_fewer_checks_than_expected_fail() -> None:
    with (
        pytest.raises(pytest.fail.Exception, match="only 1 were checked"),
        failures_together(at_least=2) as failures,
        failures.check("one"),
    ):
        pass


def test_what_ends_the_program_is_not_collected() -> None:
    with pytest.raises(KeyboardInterrupt), failures_together() as failures, failures.check("one"):
        raise KeyboardInterrupt
