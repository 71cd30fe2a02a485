"""Recognize the shell in which a person works, by what they pasted or wrote."""

from __future__ import annotations

from knowledge.commands.placeholders import Shell
from knowledge.patterns import define_text_pattern

MAX_CHARS = 20_000
"""How much of a text is read: a pasted command output starts with the command."""
_POWERSHELL = define_text_pattern(
    # a prompt
    rb"(?im)^PS [A-Z/~][^\n>]{0,200}>|"
    # a cmdlet that is called, that reports an error, or that a person speaks of
    rb"(?:^|[\s(|=`'])(?:Get|New|Set|Start|Stop|Update|Remove|Invoke|Add|Register|Test|Connect)-Az[A-Z]{3,60}(?:[\s:|).,`';?]|$)|"
    # the modules, and what they print
    rb"\bMicrosoft\.Azure\.(?:PowerShell|Commands)\.|"
    rb"^(?:LastRunStatusRun(?:Sub)?State|BuildTimeoutInMinute|ProvisioningErrorMessage) +: "
)


def detect_shell(text: str) -> Shell | None:
    """Return PowerShell if the text shows that the person uses it; None if it shows nothing.

    In double quotes, as in a template's JSON, a cmdlet is part of a script and says nothing of the person.
    """
    return "PowerShell" if _POWERSHELL.search(text[:MAX_CHARS].encode("utf-8", "replace")) else None
