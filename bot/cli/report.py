"""`python app.py report`: which failures recur, which weren't recognized, and which diagnoses people called wrong."""

from __future__ import annotations

import asyncio
import os
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

from bot.cli.error_output import print_error
from bot.cli.help_text import add_epilog
from bot.errors import SettingsError, StoreError
from bot.host.open_store import open_store
from bot.host.settings import Settings, read_settings
from bot.state.usage_counts import read_daily_counts
from dialogs.solution.usage_events import UsageEvent

MAX_DAYS = 366


def add_arguments(parser: ArgumentParser) -> None:
    """Define the options of the command."""
    parser.add_argument("--days", type=int, default=30, metavar="N", help="days to include (default: %(default)s)")
    add_epilog(
        parser,
        examples=("report --days 7",),
        statuses=("0  the report was printed", "2  there's no state to read"),
    )


def run(options: Namespace) -> int:
    """Print the report of the last days. Return the exit status: 2 if there is nothing to read, else 0."""
    days = options.days
    if not 1 <= days <= MAX_DAYS:
        print_error(f"--days is {days}: use a number from 1 to {MAX_DAYS}.")
        return 2
    try:
        counts = asyncio.run(_read_counts(read_settings(os.environ), days))
    except (SettingsError, StoreError) as error:
        print_error(f"The counts cannot be read:\n{error}")
        return 2
    print("\n".join(format_report(counts, days)))
    return 0


async def _read_counts(settings: Settings, days: int) -> Counter[UsageEvent]:
    if not settings.state_blob_url and not settings.state_path.exists():
        raise StoreError(
            f"There is no state at {settings.state_path} yet. Has the bot run here? STATE_PATH says where it is."
        )
    store = await open_store(settings)
    try:
        return await read_daily_counts(store, days, datetime.now(UTC))
    finally:
        await store.close()


def format_report(counts: Counter[UsageEvent], days: int) -> Iterator[str]:
    """Yield the lines of the report."""
    by_entry: dict[str, Counter[str]] = {}
    for event, count in counts.items():
        # "really" counts the entry that a person named instead of the one shown; it has a section below
        if event.entry and event.kind != "really":
            by_entry.setdefault(event.entry, Counter())[event.kind] += count
    recognized = sum(count for event, count in counts.items() if event.kind == "recognised")
    missed = sum(count for event, count in counts.items() if event.kind == "unrecognised")
    yield f"Last {days} days: {recognized} failures recognized, {missed} not."
    yield ""
    yield f"{'recognized':>10}  {'solved':>6}  {'right':>5}  {'wrong':>5}  entry"
    for entry, row in sorted(by_entry.items(), key=lambda item: (-item[1]["recognised"], item[0])):
        yield f"{row['recognised']:>10}  {row['solved']:>6}  {row['right']:>5}  {row['wrong']:>5}  {entry}"
    yield from _format_section(
        "Judged wrong: what was shown, and what it really was",
        {f"{event.detail} -> {event.entry}": count for event, count in counts.items() if event.kind == "really"},
    )
    yield from _format_section(
        "Not recognized: kind of the text, and the phase that the build reached",
        {event.detail or "unknown": count for event, count in counts.items() if event.kind == "unrecognised"},
    )


def _format_section(title: str, rows: dict[str, int]) -> Iterator[str]:
    if rows:
        yield ""
        yield title
        for name, count in sorted(rows.items(), key=lambda item: (-item[1], item[0])):
            yield f"{count:>10}  {name}"
