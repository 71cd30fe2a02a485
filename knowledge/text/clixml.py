"""Decode CLIXML, the XML that PowerShell writes its streams in when another program started it."""

from __future__ import annotations

from knowledge.patterns import define_text_pattern

_CLIXML_HEADER = "#< CLIXML"
_ROOT_START = "<Objs "
_ROOT_END = "</Objs>"
_ERROR_ELEMENT = define_text_pattern(r'(?is)<S S="(?:error|warning)">(.*?)(?:</S>|$)')
_ENCODED_CHARACTER = define_text_pattern(r"_x([0-9A-Fa-f]{4})_")


def decode_clixml(text: str) -> str:
    """Return the errors and warnings in a line of CLIXML as one line, and any other line unchanged.

    Progress records, which make up most of such a line, are dropped; a line with nothing else becomes empty.
    """
    root_start = text.find(_ROOT_START)
    if root_start < 0:
        return "" if text.strip() == _CLIXML_HEADER else text
    import html  # its tables are large, and few texts need it

    before = text[:root_start].replace(_CLIXML_HEADER, "").strip()
    _, _, after = text[root_start:].rpartition(_ROOT_END)
    # If the line was cut at the maximum length, the root's end is missing and nothing follows.
    after = after if _ROOT_END in text else ""
    errors = "".join(_ERROR_ELEMENT.findall(text[root_start:]))
    decoded = _ENCODED_CHARACTER.sub(lambda match: chr(int(match[1], 16)), html.unescape(errors))
    return " ".join(f"{before} {decoded} {after}".split())
