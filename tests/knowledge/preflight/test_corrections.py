"""A correction changes only what it must, and the rest of the file stays as it is."""

from __future__ import annotations

import pytest

from knowledge.preflight.corrections import apply_edits
from tests.knowledge.preflight.templates import check_text

HEAD = """{
  "type": "Microsoft.VirtualMachineImages/imageTemplates",
  "apiVersion": "2024-02-01",
  "properties": {
"""


def correct(properties: str) -> str:
    """The properties after all corrections."""
    text = f"{HEAD}{properties}\n  }}\n}}\n"
    edits = [edit for finding in check_text(text).findings for edit in finding.edits]
    corrected = apply_edits(text, edits)
    assert corrected.startswith(HEAD)
    return corrected.removeprefix(HEAD).removesuffix("\n  }\n}\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('    "buildTimeoutInMinutes": 1440 // a day', '    "buildTimeoutInMinutes": 960 // a day'),
        ('    "source": {},\n    "buildTimeoutInMinutes": 3', '    "source": {}'),
        ('    "buildTimeoutInMinutes": 3,\n    "source": {}', '    "source": {}'),
        (
            '    "customize": [{"type": "PowerShell", "runAsSystem": true, "inline": ["ls"]}]',
            '    "customize": [{"runElevated": true, "type": "PowerShell", "runAsSystem": true, "inline": ["ls"]}]',
        ),
        (
            '    "customize": [{"type": "Shell", "inline": ["echo \\"a\\" && sudo apt-get install x"]}]',
            '    "customize": [{"type": "Shell", "inline": ["echo \\"a\\" && sudo apt-get -y install x"]}]',
        ),
        ('    "optimize": {"vmboot": {"state": "Enabled"}}', '    "optimize": {"vmBoot": {"state": "Enabled"}}'),
    ],
)
def test_corrections(before: str, after: str) -> None:
    assert correct(before) == after
