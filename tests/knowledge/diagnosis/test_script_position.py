"""Which script line a message is about: PowerShell's parser names it above the message, everything else below."""

from __future__ import annotations

import pytest

from knowledge.diagnosis.script_position import find_script_line
from knowledge.text.lines import LogLine

PARSER = (
    "Installing",
    r"At C:\Windows\Temp\script-c35c.ps1:5 char:14",
    '+ Write-Host "[VERIFY] Node.js: $(node --version)"',
    "+              ~",
    "Array index expression is missing or not valid.",
    r"At C:\Windows\Temp\script-c35c.ps1:7 char:36",
    '+     Write-Error "An error occurred: $_',
    "+                                       ~",
    'The string is missing the terminator: ".',
    r"At C:\Windows\Temp\script-c35c.ps1:2 char:5",
    "+ try {",
    "Missing closing '}' in statement block or type definition.",
)
RUNTIME = (
    "Copying",
    r"Copy-Item : Cannot find path 'C:\tools' because it does not exist.",
    r"At C:\Windows\Temp\script-c35c.ps1:12 char:1",
    "+ Copy-Item C:\\tools D:\\",
    "+ ~~~~~~~~~~~~~~~~~~~~~~",
)


def find(lines: tuple[str, ...], index: int) -> int | None:
    log = [LogLine(number, "output", body) for number, body in enumerate(lines, 10)]
    return find_script_line(lines[index], log, 10 + index)


@pytest.mark.parametrize(
    ("lines", "index", "script_line"),
    [
        (PARSER, 4, 5),
        (PARSER, 8, 5),
        (PARSER, 11, 5),
        ((*RUNTIME, "    + FullyQualifiedErrorId : PathNotFound", *PARSER[1:]), 13, 5),
        (RUNTIME, 1, 12),
        (("/tmp/script_1.sh: line 9: pgbench: command not found",), 0, 9),
        ((r"C:\Windows\Temp\script-1.ps1:114 char:3", "x"), 0, 114),
        (("Installer hash does not match", "At line:1 char:215"), 0, None),
        (("Unable to resolve package", r"At C:\Modules\PowerShellGet\PSModule.psm1:7455 char:8"), 0, None),
        (("nothing", "of", "a", "position"), 0, None),
        (("it broke", *["said later"] * 9, r"At C:\script.ps1:3 char:1"), 0, None),
        ((r"At C:\script.ps1:3 char:1", "Installing", "it broke"), 2, None),
    ],
)
def test_the_line_of_the_script_is_that_of_the_message(
    lines: tuple[str, ...], index: int, script_line: int | None
) -> None:
    assert find(lines, index) == script_line


def test_a_message_that_is_not_among_the_lines_has_only_what_it_says_itself() -> None:
    assert find_script_line("it broke at line 7", (), 3) == 7
    assert find_script_line("it broke", (), 3) is None
