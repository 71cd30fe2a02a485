"""Recognizes text of another tool's build, which says nothing about Azure VM Image Builder."""

from __future__ import annotations

from knowledge.input.input_kind import PERSONAL_WORDS
from knowledge.patterns import define_pattern
from knowledge.text.builder_name import BUILDER, OTHER_PLATFORM_MARKS
from knowledge.text.indexed_text import IndexedText

_FOREIGN_PLATFORMS = define_pattern(
    r"\bamazon-(?:ebs|instance|chroot)\b|\bgooglecompute\b|\bvsphere-iso\b|\bvmware-iso\b|\bvirtualbox-iso\b|\bqemu\.|"
    r"EC2 Image Builder|\bInvalidAMIID|\braspberry ?pi\b|\brasp(?:bian|ios)\b|\bpacker-(?:builder|plugin)-arm\b|"
    rf"{OTHER_PLATFORM_MARKS}"
)
_FOREIGN_TOOLS = define_pattern(
    r"\bkubectl(?: -\S+)* [a-z]|^error from server|CrashLoopBackOff|\bImagePullBackOff\b|\[builder \d+/\d+\]|"
    r"failed to solve: process|\bdocker(?:file| build| push)\b|\bterraform (?:plan|apply|init)\b|"
    r"\bon [\w./\\-]+\.tf line \d+|"
    r"\bhelm (?:install|upgrade)\b|\bansible-playbook\b|\bpulumi\b|\bCloudFormation\b|\b(?:remote|local)-exec\b|"
    r"\bnull_resource\b|to be managed via Terraform|\bpodman (?:build|push)\b|\bbuildah\b|\bkaniko\b|\bvagrant up\b|"
    r"\baz acr build\b|\bThe command '.{1,300}' returned a non-zero code|\bexecutor failed running\b"
    r"|\bbotocore\b|\bboto3\b|\(gcloud\.|\bgoogleapi: |\bgitlab-runner\b|\bhudson\.plugins|\breact-scripts\b|"
    r"\borg\.(?:springframework|hibernate|apache\.(?:spark|kafka|hadoop))\.|\bdjango\.|"
    r"\bMicrosoft\.Azure\.(?:Cosmos|WebJobs)|"
    r"acquiring the state lock|Provider produced inconsistent|\bUPGRADE FAILED\b|\bBack-off restarting|"
    r"\bdefault-scheduler\b|"
    r"\bpods? is forbidden\b|\bsshd\[\d+\]|\bnginx\[\d+\]|\bCORS policy\b|\bSQLSTATE\b|\bORA-\d{5}\b|\bWin32App\b|"
    r"\bsmsts\b|ContainerServicesClient|\blisa\.[a-z]\w+|\bLisaException\b|\bdefault: ==> |"
    r"\bcontainer service '|Microsoft\.(?:ContainerService|Web|Sql|DBfor\w+|DocumentDB)/"
)
"""Tools that people use on their own, but also in image build scripts."""
_PACKER_START = define_pattern(
    r"\bpacker (?:init|validate|plugins? (?:install|required))\b|Failed getting the \S+ plugin"
)
"""What Packer says or is told before it starts a build, on any platform."""
_PACKER_MISSING = define_pattern(
    r"\bpacker: (?:command )?not found|'packer' is not recognized|\bpacker:\W{1,3}The term 'packer' is not"
)
"""What a shell says where Packer isn't installed, whatever a script around it says to its user."""
_AZURE = define_pattern(
    r"azure|\baz\b|\bpkr(?:vm|dp|kv|os|ni|ip|sn|vn|sg)\w+|\bmanaged_image_|shared_image_gallery|\bplan_info\b|"
    r"\bimage_(?:publisher|offer|sku)\b|\b(?:build_resource_group|temp_resource_group)_name\b|"
    r"\bgithub\.com/(?:rgl/windows-update|hashicorp/(?:ansible|puppet|chef|salt|inspec))\b"
)
"""What only Azure's builder has, or what runs in a build for any platform, as the plugins of provisioners do."""
_OTHER_BUILDERS = (
    r"amazon|googlecompute|vsphere|vmware|virtualbox|hyperv|qemu|proxmox|parallels|docker|podman|openstack|nutanix|"
    r"oracle-\w+|alicloud|tencentcloud|huaweicloud|yandex|digitalocean|hcloud|linode|vultr|scaleway|ibmcloud|outscale|"
    r"exoscale|upcloud|civo|ionoscloud|jdcloud|equinix|incus|libvirt|cloudstack|xenserver|ovirt|kubevirt|lxc|lxd|vagrant|"
    r"tart|anka|utm|null|triton|ncloud|ucloud|profitbricks"
)
_OTHER_PLATFORM_BUILDERS = define_pattern(
    rf"(?:==> |--> |\bBuild '|\bui:\s+)(?:[\w-]+\.)?(?:{_OTHER_BUILDERS})(?:-[\w-]+)?(?:\.[\w.-]+)?[:'] |"
    rf"^(?:[\w-]+\.)?(?:{_OTHER_BUILDERS})(?:-[\w-]+|\.[\w.-]+)+[:'] |"
    rf"^(?:{_OTHER_BUILDERS}): output will be in this color|"
    rf"(?:==> |--> |\bBuild ')(?:[\w-]+\.)?(?:{_OTHER_BUILDERS})(?:-[\w-]+)?(?:\.[\w.-]+)?'?:? |"
    rf"[\s`>](?:[\w-]+\.)?(?:{_OTHER_BUILDERS})-[\w-]+(?:\.[\w.-]+)?: |"
    rf"packer-(?:builder|plugin)-(?:{_OTHER_BUILDERS})|PACKER_BUILDER_TYPE='(?:{_OTHER_BUILDERS})"
)
"""Packer building for a platform other than Azure, recognized by line prefix, verdict, or plugin name."""
_BUILDER_NAME = BUILDER.encode()
_IMAGE_BUILDER_TERMS = define_pattern(
    rf"{BUILDER}|VirtualMachineImages|imageTemplates?\b|packerizer|packerlogs|azvmimagebuilder|vmimagebuilder|"
    r"\bPACKER (?:OUT|ERR)\b|azure (?:vm )?image builder|\bAIB\b|hashicorp/azure\b|packer-(?:plugin|builder)-azure|"
    r"\bGalleryImageNotFound\b|Target=\"(?:galleryImageVersion|imageReference)|"
    r"\bpacker\b.{0,80}\bazure\b|\bazure\b.{0,80}\bpacker\b|\bazapi\b.{0,200}\bimage templates?\b"
)


def is_foreign(indexed_text: IndexedText) -> bool:
    """Whether a text comes from another tool's build and doesn't mention Azure VM Image Builder."""
    flat = indexed_text.flat
    # nearly every log has the builder's name, which is found at once
    if _BUILDER_NAME in indexed_text.lower or _IMAGE_BUILDER_TERMS.search(flat) is not None:
        return False
    if any(pattern.search(flat) is not None for pattern in (_FOREIGN_PLATFORMS, _OTHER_PLATFORM_BUILDERS)):
        return True
    if "output" in indexed_text.sources:
        return False  # a line of an Azure build, no matter which tool its script calls
    if _FOREIGN_TOOLS.search(flat) is not None:
        return True
    if _AZURE.search(flat) is not None:
        return False
    # Somebody who asks here about Packer in their own words means Azure.
    is_packer_alone = _PACKER_START.search(flat) is not None and PERSONAL_WORDS.search(flat) is None
    return is_packer_alone or _PACKER_MISSING.search(flat) is not None
