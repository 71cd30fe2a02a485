"""`app.py doctor`: looks at an installation and says what is wrong."""

from __future__ import annotations

import asyncio
import logging
import os
import sys

from bot.doctor.checks import run_checks
from bot.doctor.findings import Finding

_STATE_LABELS = {"good": "ok     ", "warning": "look at", "fault": "FAULT  "}


def run_doctor() -> int:
    """Print a line a finding; returns the exit status: 0 without faults, 1 with one or more."""
    # what goes wrong is said once, by the finding
    logging.disable(logging.CRITICAL)
    try:
        faults = asyncio.run(_print_findings())
    finally:
        logging.disable(logging.NOTSET)
    told = "No faults found." if not faults else f"{faults} fault{'s' if faults > 1 else ''} found."
    print(told)
    return 1 if faults else 0


async def _print_findings() -> int:
    faults = 0
    async for finding in run_checks(os.environ):
        print(format_finding(finding))
        sys.stdout.flush()
        faults += finding.state == "fault"
    return faults


def format_finding(finding: Finding) -> str:
    """A finding as a line to read."""
    return f"{_STATE_LABELS[finding.state]}  {finding.subject:<12}  {' '.join(finding.message.split())}"
