"""Make the lines of any Packer build for Azure look like Image Builder's, whatever the build's name.

Packer starts each line with the build's name, `==> NAME: ` or four blanks and `NAME: `. Image Builder's is always
`azure-arm`; people's own templates use `azure-arm.ubuntu`, `win2022.azure-arm.image`, or any name at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from knowledge.patterns import define_text_pattern
from knowledge.text.text_lines import TextLines

BUILDER = "azure-arm"
_MAX_NAMES = 8
_MIN_NAMED_LINES = 2
_HEAD_LINES, _TAIL_LINES = 400, 100
_MAX_PREFIX_CHARS = 200
_MARKS = (("==> ", ": "), ("==> ", ":"), ("--> ", ": "), ("    ", ": "))
_KNOWN_NAME = f" {BUILDER}: "
_SERVICE_MARK = "] PACKER "
"""Part of the prefix that the service gives each line of a log."""
_SERVICE_LINES = 20
_NAMED_LINE = define_text_pattern(
    r"(?:^|ui: |ui error: |\d\dZ? |\d ui: )(?:==> |--> |    )(?P<name>[A-Za-z][\w.-]{1,60}):(?: |$)"
)
_VERDICT = define_text_pattern(r"(?:^|\s)Build '(?P<name>[\w.-]{2,60})' (?:errored|finished)")
_AZURE_MARK = define_text_pattern(
    r"azure-arm|Azure Resource Manager \(ARM\) client|\bpkr(?:vm|dp|kv|os|ni|ip|sn|vn|sg)\w{5,}|"
    r"packer-plugin-azure|Microsoft\.(?:Compute|Network|KeyVault)/|\.vault\.azure\.net|core\.windows\.net|"
    r"\b(?:packer|pkr)-Resource-Group-"
)
_AZURE_NAME = define_text_pattern(r"(?i)azure|\b(?:vhd|sig|avd|aib)\b")
"""A builder's name that says what is built, such as `vhd` or `sig-ubuntu-2204`, which only Azure has."""
_OTHER_BUILDER = define_text_pattern(
    r"(?i)(?:^|[._-])(?:amazon|googlecompute|vsphere|vmware|virtualbox|hyperv|qemu|proxmox|parallels|docker|podman|"
    r"openstack|nutanix|oracle|alicloud|tencentcloud|digitalocean|hcloud|linode|vagrant|null|lxc|lxd)\b"
)

OTHER_PLATFORM_MARKS = (
    r"Launching a source AWS instance|Prevalidating (?:any provided VPC|AMI Name)|Found Image ID: ami-|\bAMI: ami-|"
    r"Starting docker container|Creating a temporary directory for sharing data|Retrieving ISO|"
    r"Starting HTTP server on port \d|Checking image does not exist|Creating temporary RSA SSH key for instance|"
    r"\barn:aws[\w-]*:"
)
"""What only builders for other platforms say, whatever the build's name."""
_OTHER_PLATFORM = define_text_pattern(OTHER_PLATFORM_MARKS)


def unify_builder_name(lines: TextLines) -> TextLines:
    """Return `lines` with the names of Azure builds replaced by `azure-arm`; other builds keep theirs."""
    names = find_azure_build_names(lines.texts)
    if not names:
        return lines
    prefixes = tuple((mark + name + end, mark + BUILDER + end) for name in names for mark, end in _MARKS)
    return TextLines(lines.numbers, [_replace_name(text, prefixes) for text in lines.texts])


def find_azure_build_names(texts: Sequence[str]) -> tuple[str, ...]:
    """Return the names, other than `azure-arm` itself, under which `texts` log a Packer build for Azure.

    A name that says so counts by itself. Any other needs a mark of Azure in the text, and no other builder's name.
    """
    if any(_SERVICE_MARK in text for text in texts[:_SERVICE_LINES]):
        return ()  # the service always calls its builds `azure-arm`
    # Every Packer log names its build in its first lines and again in its verdict.
    searched = texts if len(texts) <= _HEAD_LINES + _TAIL_LINES else [*texts[:_HEAD_LINES], *texts[-_TAIL_LINES:]]
    counts: Counter[str] = Counter()
    for text in searched:
        # Checking for what a named line must have is much faster than the pattern, and most lines don't have it.
        if _KNOWN_NAME in text or not ("==> " in text or "    " in text or "--> " in text or "Build '" in text):
            continue
        line = text[:_MAX_PREFIX_CHARS].encode("utf-8", "replace").decode()
        if match := _NAMED_LINE.search(line):
            counts[str(match[1])] += 1
        elif match := _VERDICT.search(line):
            counts[str(match[1])] += _MIN_NAMED_LINES
    names = [name for name, _ in counts.most_common(_MAX_NAMES) if _is_unknown_name(name)]
    if not names:
        return ()
    readable = [text.encode("utf-8", "replace").decode() for text in searched]
    has_azure_mark = any(map(_AZURE_MARK.search, readable)) and not any(map(_OTHER_PLATFORM.search, readable))
    return tuple(
        name for name in names if _AZURE_NAME.search(name) or (has_azure_mark and counts[name] >= _MIN_NAMED_LINES)
    )


def _is_unknown_name(name: str) -> bool:
    """Return whether it's neither the name that the line reader already knows, nor another platform's builder."""
    return name != BUILDER and not name.startswith(f"{BUILDER}.") and not _OTHER_BUILDER.search(name)


def _replace_name(text: str, prefixes: Sequence[tuple[str, str]]) -> str:
    for old, new in prefixes:
        position = text.find(old, 0, _MAX_PREFIX_CHARS)
        if position >= 0:
            return text[:position] + new + text[position + len(old) :]
    return text
