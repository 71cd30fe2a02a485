"""Recognises what kind of text an input is, from its lines."""

from __future__ import annotations

import re2

from knowledge.model.diagnosis import Kind
from knowledge.text.indexed_text import Passage
from knowledge.text.patterns import compiled

_STATUS = compiled(
    r"lastRunStatus|\brunState\b|\brunSubState\b|\bprovisioningState\b|provisioningError|"
    r"image build log location|Packer build logs are at location|Microservice has failed|waiting for packerizer|"
    r"Failed in (?:building|customizing|distributing|optimizing|validating)"
)
_TASK = compiled(
    r"##\[(?:error|section|warning|debug|command)\]|starting (?:put|run|post) template|"
    r"template call failed for template|"
    r"Task\s+: Azure VM Image Builder|::error::"
)
_DEPLOYMENT = compiled(
    r'"?code"?\s*[:=]\s*"?[A-Z]\w+|StatusCode=\d|\bStatus=\d{3}\b|^\(\w+\) |Correlation ID:|Deployment failed|'
    r"\b(?:New|Get|Set|Remove|Start|Stop|Update|Invoke)-Az\w+\s*:|\bThe client '|\bERROR: |Code: [A-Z]\w+|"
    r"RequestDisallowedByPolicy|/subscriptions/|Validation failed:|Not authorized to access|\bfailed with message\b"
)
_LONGEST_QUESTION = 1_500


_SOURCES_OF_BUILDS = frozenset(("output", "verdict", "debug"))


def kind_of(passage: Passage) -> Kind:
    """The kind of the text: a build log by its lines, else by the words that only such a text has."""
    if not _SOURCES_OF_BUILDS.isdisjoint([line.source for line in passage.lines]):
        return "build-log"
    flat = passage.flat
    if _TASK.search(flat):
        return "task-log"
    if _STATUS.search(flat):
        return "status"
    if _DEPLOYMENT.search(flat):
        return "deployment-error"
    return "question" if _reads_like_words(flat) else "unknown"


def may_be_words(passage: Passage) -> bool:
    """Whether a text of no known kind could be somebody's words all the same: short, and mostly letters."""
    return _reads_like_words(passage.flat, least=0.6)


def _reads_like_words(flat: bytes, least: float = 0.8) -> bool:
    """Whether a text is short and made of words, as a person writes to another; `least` is the share of letters."""
    if not 0 < len(flat) <= _LONGEST_QUESTION:
        return False
    text = flat.decode("utf-8", "replace")
    letters = sum(character.isalpha() or character in " '?,.!-" for character in text)
    return letters >= least * len(text)


FOREIGN_TOOLS: re2._Regexp[bytes] = compiled(
    r"\bamazon-(?:ebs|instance|chroot)\b|\bgooglecompute\b|\bvsphere-iso\b|\bvmware-iso\b|\bvirtualbox-iso\b|\bqemu\.|"
    r"EC2 Image Builder|\bInvalidAMIID|\bkubectl\b|CrashLoopBackOff|\bImagePullBackOff\b|\[builder \d+/\d+\]|"
    r"failed to solve: process|\bdocker(?:file| build| push)\b|\bterraform (?:plan|apply|init)\b|\bon \w+\.tf line \d+|"
    r"\bhelm (?:install|upgrade)\b|\bansible-playbook\b|\bpulumi\b|\bCloudFormation\b|\b(?:remote|local)-exec\b|"
    r"\bnull_resource\b|to be managed via Terraform|\bpodman (?:build|push)\b|\bbuildah\b|\bkaniko\b|\bvagrant up\b|"
    r"\baz acr build\b|\bpacker (?:init|validate|plugins? (?:install|required))\b|"
    r"Failed getting the \S+ plugin"
)
_OTHER_BUILDERS = (
    r"amazon|googlecompute|vsphere|vmware|virtualbox|hyperv|qemu|proxmox|parallels|docker|podman|openstack|nutanix|"
    r"oracle-\w+|alicloud|tencentcloud|huaweicloud|yandex|digitalocean|hcloud|linode|vultr|scaleway|ibmcloud|outscale|"
    r"exoscale|cloudstack|xenserver|ovirt|kubevirt|lxc|lxd|vagrant|tart|anka|utm|null|triton|ncloud|ucloud|profitbricks"
)
BUILDER_OF_ANOTHER: re2._Regexp[bytes] = compiled(
    rf"(?:==> |--> |\bBuild '|\bui:\s+|^)(?:[\w-]+\.)?(?:{_OTHER_BUILDERS})(?:-[\w-]+)?(?:\.[\w.-]+)?[:'] |"
    rf"(?:==> |--> |\bBuild ')(?:[\w-]+\.)?(?:{_OTHER_BUILDERS})(?:-[\w-]+)?(?:\.[\w.-]+)?'?:? |"
    rf"[\s`>](?:[\w-]+\.)?(?:{_OTHER_BUILDERS})-[\w-]+(?:\.[\w.-]+)?: |"
    rf"packer-(?:builder|plugin)-(?:{_OTHER_BUILDERS})|PACKER_BUILDER_TYPE='(?:{_OTHER_BUILDERS})"
)
"""Packer at work for a platform that is not Azure: its prefix, its verdict or its plugin's name."""
OWN_MARKS: re2._Regexp[bytes] = compiled(
    r"azure-arm|VirtualMachineImages|imageTemplates?\b|packerizer|packerlogs|azvmimagebuilder|vmimagebuilder|"
    r"\bPACKER (?:OUT|ERR)\b|azure (?:vm )?image builder|\bAIB\b"
)


def is_foreign(passage: Passage) -> bool:
    """Whether the text speaks of another tool's build and nothing in it of Azure VM Image Builder."""
    flat = passage.flat
    return bool(FOREIGN_TOOLS.search(flat) or BUILDER_OF_ANOTHER.search(flat)) and not OWN_MARKS.search(flat)


_BUILD_MARKS = compiled(
    r"azure-arm|VirtualMachineImages|imageTemplates?\b|packer|customization\.log|azvmimagebuilder|image[ _-]?builder|"
    r"image[ -]?templates?|\bimage build|build\w* (?:(?:an?|the|our|my|your) )?(?:\w+ )?image|(?:custom|golden) image|"
    r"\bAIB|lastRunStatus|runSubState|run ?Output|provisioningErrorCode|\bIT_[\w.()-]{3,}|"
    r"\bpkr(?:vm|dp|kv|os|ni|ip|sn|vn|sg)\w+|\baibpls|proxyVm|staging ?(?:resource ?)?group|"
    r"(?:run|put|post) template|\[Distribute \d|customizer|sysprep|syspr|AVD_IMAGE|modell[oi] (?:di |dell')immagin|"
    r"immagine personalizzata|Azure VM Image|Azure Compute Gallery|shared image gallery|provisioner|provisioning step|"
    r"Script exited with|Allowed exit codes|ERROR:\s+-> "
)


_OF_ANY_MACHINE = b"sourcedfromamarketplaceimage"
"""How Azure goes on after "a custom image" when it creates a virtual machine, whoever asked for it; without blanks."""
_REST_OF_SENTENCE = 50


def speaks_of_build(passage: Passage) -> bool:
    """Whether anything in the text belongs to an image build: the service's, Packer's or its resources' names."""
    lower = passage.lower
    return any(
        not lower[mark.end() : mark.end() + _REST_OF_SENTENCE].replace(b" ", b"").startswith(_OF_ANY_MACHINE)
        for mark in _BUILD_MARKS.finditer(lower)
    )


_PERSON = compiled(
    r"\b(?:i|i'm|i've|my|our|me|why|how|what's|anyone|someone|somebody|please|thanks|help|can't|cant|cannot get|"
    r"doesn't|doesnt|don't|dont|won't|wont|isn't|isnt|didn't|didnt|keeps?|stuck|hangs?|forever|always|never|still|again|"
    r"since|every (?:time|night|build|run)|all day|suddenly|though|but|even|just|only)\b|\?|"
    r"\b(?:non|ho|abbiamo|mi|ci|mio|mia|miei|nostr[oaie]|perch[e\xc3]\S*|come|quando|cosa|sempre|mai|ancora|resta|rimane|"
    r"dopo|dice|anche|ma|alla|della|nella|sulla|il|gli|una|che|qualcuno|aiuto)\b"
)


_PRINTED = compiled(
    r"^\W*(?-i:[A-Z])[\s\S]*(?:\.\W*$|'[^']{1,80}'|\"[^\"]{1,80}\"|(?-i:\b[A-Z][a-z]+[A-Z][a-z]+)|: )|"
    r"^\W*\"|^\W*(?:error|warning|fatal)\b[^:]{0,60}:"
)
_MEANING = compiled(
    r"\b(?:what (?:does|do|is|are)|cosa (?:significa|vuol|vuole)|che cos\S{1,3}|stand for|meaning of|significato)\b"
)
_FAILS = compiled(
    r"\b(?:fails?|failed|failing|error|errore|fallisce|stuck|hangs?|bloccat\w|times? out|timeout|denied|negato)\b"
)


def asks_for_a_meaning(passage: Passage) -> bool:
    """Whether a text only asks what a word means, and tells of nothing that went wrong."""
    return _MEANING.search(passage.flat) is not None and _FAILS.search(passage.flat) is None


def sounds_printed(passage: Passage) -> bool:
    """Whether a short text reads like a sentence that a program printed rather than like somebody's own words."""
    return _PRINTED.search(passage.flat) is not None and _PERSON.search(passage.flat) is None
