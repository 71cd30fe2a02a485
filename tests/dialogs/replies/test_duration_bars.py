"""A timeline drawn with characters: in proportion, marked, hatched, and aligned at any width."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogs.model.duration_bars import DurationBar, DurationBars
from dialogs.replies.duration_bars import MAX_BAR_CHARS, build_bar_rows, render_bar_lines
from dialogs.texts.catalog import get_texts

STEPS = DurationBars(
    (
        DurationBar("Create build VM", 119, is_own=True),
        DurationBar("1 install-runtimes", 45),
        DurationBar(
            "2 install-the-line-of-business-applications", 6_900, "stopped", silent_from=60, silent_seconds=6_840
        ),
        DurationBar("3 last-restart", None, "pending"),
        DurationBar("Time limit", 7_200, "stopped", is_own=True, limit_seconds=7_200),
    )
)


def english(key: str) -> str:
    return get_texts().get(key, "en")


@pytest.mark.parametrize(
    ("bar", "longest", "drawn"),
    [
        (DurationBar("a", 100), 100, "▇▇▇▇▇▇▇▇▇▇"),
        (DurationBar("a", 50), 100, "▇▇▇▇▇"),
        (DurationBar("a", 1), 100, "▇"),
        (DurationBar("a", 0), 100, ""),
        (DurationBar("a", 0, "failed"), 100, "▇"),
        (DurationBar("a", None, "failed"), 100, ""),
        (DurationBar("a", 50, is_own=True), 100, "▂▂▂▂▂"),
        (DurationBar("a", 100, silent_from=50, silent_seconds=30), 100, "▇▇▇▇▇░░░▇▇"),
        (DurationBar("a", 100, silent_seconds=100), 100, "░░░░░░░░░░"),
        (DurationBar("a", 1, silent_seconds=1), 100, "░"),
        (DurationBar("a", 60, limit_seconds=120), 100, "▇▇▇▇·····┊"),
        (DurationBar("a", 1, limit_seconds=14_400), 100, "▇········┊"),
        (DurationBar("a", 500, limit_seconds=120), 100, "▇▇▇▇▇▇▇▇▇┊"),
    ],
)
def test_how_a_bar_is_drawn(bar: DurationBar, longest: int, drawn: str) -> None:
    rows = build_bar_rows(DurationBars((bar, DurationBar("longest", longest))), english)
    assert [row.bar for row in rows] == [drawn, "▇▇▇▇▇▇▇▇▇▇"]


def test_a_wide_timeline() -> None:
    assert [line.text for line in render_bar_lines(STEPS, english)] == [
        "  Create build VM                              ▂           1 min 59 s",
        "  1 install-runtimes                           ▇           45 s",
        "✖ 2 install-the-line-of-business-applications  ░░░░░░░░░░  1 h 55 min, stopped",
        "                                               ░ silent for 1 h 54 min",
        "  3 last-restart                               not reached",
        "✖ Time limit                                   ▇▇▇▇▇▇▇▇▇┊  2 h of 2 h",
        "                                               stopped at the limit",
    ]


def test_a_narrow_timeline() -> None:
    assert [line.text for line in render_bar_lines(STEPS, english, 60)] == [
        "  Create build VM            ▂           1 min 59 s",
        "  1 install-runtimes         ▇           45 s",
        "✖ 2 install-the-line-of-     ░░░░░░░░░░  1 h 55 min, stopped",
        "    business-applications    ░ silent for 1 h 54 min",
        "  3 last-restart             not reached",
        "✖ Time limit                 ▇▇▇▇▇▇▇▇▇┊  2 h of 2 h",
        "                             stopped at the limit",
    ]


def test_a_very_narrow_timeline_has_each_name_above_its_bar() -> None:
    assert [line.text for line in render_bar_lines(STEPS, english, 40)] == [
        "  Create build VM",
        "    ▂           1 min 59 s",
        "  1 install-runtimes",
        "    ▇           45 s",
        "✖ 2 install-the-line-of-business-",
        "    applications",
        "    ░░░░░░░░░░  1 h 55 min, stopped",
        "    ░ silent for 1 h 54 min",
        "  3 last-restart",
        "    not reached",
        "✖ Time limit",
        "    ▇▇▇▇▇▇▇▇▇┊  2 h of 2 h",
        "    stopped at the limit",
    ]


@given(
    st.lists(
        st.builds(
            DurationBar,
            st.text("ab -é/", min_size=1, max_size=70),
            st.none() | st.integers(0, 10**6),
            st.sampled_from(["ended", "failed", "stopped", "running", "pending", "waiting", "unseen"]),
            st.booleans(),
            st.integers(0, 10**6),
            st.integers(0, 10**6),
            st.sampled_from([0, 3600, 14_400]),
        ),
        max_size=6,
    ),
    st.integers(44, 120),
)
def test_no_line_is_too_long_and_all_bars_are_in_one_column(bars: list[DurationBar], width: int) -> None:
    for row in build_bar_rows(DurationBars(tuple(bars)), english):
        assert len(row.bar) <= MAX_BAR_CHARS
    lines = [line.text for line in render_bar_lines(DurationBars(tuple(bars)), english, width)]
    assert all(len(line) <= width for line in lines)
    starts = {min(at for at, char in enumerate(line) if char in "▇▂░") for line in lines if set(line) & set("▇▂░")}
    assert len(starts) <= 1
