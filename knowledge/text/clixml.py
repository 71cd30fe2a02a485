"""Undoes CLIXML, the XML in which PowerShell hands its streams to the program that started it."""

from __future__ import annotations

import html

import re2

_CLIXML_HEADER = "#< CLIXML"
_ROOT_TAG = "<Objs "
_ERROR_ELEMENT = re2.compile(r'(?is)<S S="(?:error|warning)">(.*?)(?:</S>|$)')
_ENCODED_CHARACTER = re2.compile(r"_x([0-9A-Fa-f]{4})_")


def decode_clixml(text: str) -> str:
    """The errors and warnings in a line of CLIXML, as one line; any other line as it is.

    Progress records, most of what such a line holds, are dropped: of a line with nothing else, nothing remains.
    """
    begins = text.find(_ROOT_TAG)
    if begins < 0:
        return "" if text.strip() == _CLIXML_HEADER else text
    before = text[:begins].replace(_CLIXML_HEADER, "").strip()
    _, _, after = text[begins:].rpartition("</Objs>")
    errors = "".join(_ERROR_ELEMENT.findall(text[begins:]))
    decoded = _ENCODED_CHARACTER.sub(lambda found: chr(int(found[1], 16)), html.unescape(errors))
    return " ".join(f"{before} {decoded} {after if '</Objs>' in text else ''}".split())
