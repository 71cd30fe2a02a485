"""`python app.py doctor`: checks an installation and prints what's wrong with it."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from argparse import ArgumentParser, Namespace

from bot.cli.help_text import add_epilog
from bot.doctor.checks import run_checks
from bot.doctor.checkup import Checkup

_STATE_LABELS = {"good": "ok     ", "warning": "look at", "fault": "FAULT  "}


def add_arguments(parser: ArgumentParser) -> None:
    """Define only the help: there are no options, since the settings say what to check."""
    add_epilog(
        parser,
        examples=("doctor",),
        statuses=("0  nothing is broken, though there may be warnings", "1  something is broken"),
    )


def run(options: Namespace) -> int:
    """Print one line per finding. Return the exit status: 1 if there are faults, else 0."""
    # the findings already say what failed; log lines would just repeat it
    logging.disable(logging.CRITICAL)
    try:
        faults = asyncio.run(_print_findings())
    finally:
        logging.disable(logging.NOTSET)
    print("No faults found." if not faults else f"{faults} fault{'s' if faults > 1 else ''} found.")
    return 1 if faults else 0


async def _print_findings() -> int:
    faults = 0
    async for finding in run_checks(os.environ):
        print(format_finding(finding))
        sys.stdout.flush()
        faults += finding.state == "fault"
    return faults


def format_finding(finding: Checkup) -> str:
    """Format a finding as one line."""
    return f"{_STATE_LABELS[finding.state]}  {finding.subject:<12}  {' '.join(finding.message.split())}"
