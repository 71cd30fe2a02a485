"""The commands of the CLI's extension `support` that are shown, with the options that Microsoft's reference gives them.

Version 2.0.1, read on 2026-11-28.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_GLOBAL = frozenset(
    {"--debug", "--help", "--only-show-errors", "--output", "-o", "--query", "--subscription", "--verbose"}
)
_CONTACT = (
    "--contact-country", "--contact-email", "--contact-first-name", "--contact-language", "--contact-last-name",
    "--contact-method", "--contact-timezone",
)  # fmt: skip


@dataclass(frozen=True)
class _Options:
    required: frozenset[str]
    optional: frozenset[str] = frozenset()


_COMMANDS: Mapping[tuple[str, ...], _Options] = {
    ("services", "list"): _Options(frozenset()),
    ("services", "problem-classifications", "list"): _Options(frozenset({"--service-name"})),
    ("in-subscription", "tickets", "create"): _Options(
        frozenset(
            {
                "--advanced-diagnostic-consent", "--description", "--problem-classification", "--severity",
                "--ticket-name", "--title", *_CONTACT,
            }
        ),
        frozenset(
            {
                "--contact-additional-emails", "--contact-phone-number", "--file-workspace", "--no-wait",
                "--require-24-by-7-response", "--secondary-consent", "--start-time", "--technical-resource",
            }
        ),
    ),
}  # fmt: skip


def find_fault(call: Sequence[str]) -> str:
    """Return what is wrong with a call that begins with `support`; "" if nothing is."""
    end = next((index for index, word in enumerate(call) if word.startswith("-")), len(call))
    options = _COMMANDS.get(tuple(call[1:end]))
    if options is None:
        return f"no such command: az {' '.join(call[:end])}"
    given = {word for word in call[end:] if word.startswith("--") or word == "-o"}
    unknown = given - options.required - options.optional - _GLOBAL
    if unknown:
        return f"has no {', '.join(sorted(unknown))}"
    missing = options.required - given
    return f"needs {', '.join(sorted(missing))}" if missing else ""
