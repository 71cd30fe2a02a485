"""Tell whether Image Builder or Packer itself wrote a log.

Image Builder is Packer with the builder `azure-arm`, so their messages are the same. The service prefixes each line and
generates its scripts' names; people's own Packer builds have other names, paths, and CI prefixes.
"""

from __future__ import annotations

from collections.abc import Sequence

from knowledge.patterns import define_text_pattern

_SERVICE = define_text_pattern(
    r"\bPACKER (?:OUT|ERR|\d{4}/)|packerlogs/|imageTemplates?\b|VirtualMachineImages|\bIT_[\w.()-]{3,}|"
    r"(?i:azure (?:vm )?image builder|packer build (?:command has failed|logs are at))|"
    r"lastRunStatus|DeprovisioningScript|packerizer"
)
_PACKER = define_text_pattern(
    r"\.pkr\.hcl|\bpacker build\b|azure-arm\.[\w-]+: |'azure-arm\.[\w-]+'|\bpacker-(?:builder|plugin)-azure|"
    r"created by Packer, not deleting|since it was created by Packer|output will be in this color|"
    r"Provisioning with \w+ script: (?:\./|[A-Za-z]:\\|[\w./-]*/scripts/)|packer-powershell-provisioner\d|"
    r"Press enter to continue|-on-error=|\(PACKER_COMMA\)"
)


_HEAD_LINES = 10
"""In these lines, a log of the service nearly always says that it is one."""


def is_plain_packer(texts: Sequence[str]) -> bool:
    """Return whether `texts` come from a person's own Packer build for Azure, with nothing from the service."""
    if _SERVICE.search(_join(texts[:_HEAD_LINES])) is not None:
        return False
    # All lines at once: most texts have no mark at all, and checking one line costs as much as checking many.
    text = _join(texts)
    return _SERVICE.search(text) is None and _PACKER.search(text) is not None


def _join(texts: Sequence[str]) -> str:
    text = "\n".join(texts)
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
