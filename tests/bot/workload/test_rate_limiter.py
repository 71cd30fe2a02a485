"""One person's share of a minute: a burst, then as fast as it fills up again; nobody else's."""

from __future__ import annotations

import pytest

from bot.workload.rate_limiter import MAX_PEOPLE, RateLimiter


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def decide(limiter: RateLimiter, times: int, person: str = "ada") -> list[str]:
    return [limiter.request(person) for _ in range(times)]


def test_a_burst_is_allowed_and_the_first_one_over_it_is_told(clock: Clock) -> None:
    limiter = RateLimiter(3, clock)
    assert decide(limiter, 6) == ["allowed"] * 3 + ["first-over", "over", "over"]
    assert decide(limiter, 1, "bob") == ["allowed"]


def test_it_fills_up_within_a_minute_and_no_further(clock: Clock) -> None:
    limiter = RateLimiter(6, clock)
    decide(limiter, 7)
    clock.now += 10
    assert decide(limiter, 2) == ["allowed", "over"]
    clock.now += 3600
    assert decide(limiter, 8) == ["allowed"] * 6 + ["first-over", "over"]


def test_who_goes_on_at_the_limit_is_not_told_each_time(clock: Clock) -> None:
    limiter = RateLimiter(60, clock)
    told = 0
    for _ in range(600):
        clock.now += 0.5
        told += decide(limiter, 1) == ["first-over"]
    assert told == 1


def test_those_who_are_silent_are_forgotten(clock: Clock) -> None:
    limiter = RateLimiter(1, clock)
    decide(limiter, 1)
    for number in range(MAX_PEOPLE):
        decide(limiter, 1, f"p{number}")
    assert len(limiter._allowances) == MAX_PEOPLE
    assert decide(limiter, 1) == ["allowed"]
