"""Packer's own builds for Azure are read like those of Image Builder, whatever they are called; others stay foreign."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from knowledge.text.builder_name import find_azure_build_names, unify_builder_name
from knowledge.text.normalization import normalize_text
from knowledge.text.text_lines import collect_lines
from tests.packer_logs import AWS_START, AZURE_START, packer_log
from tests.shipped_knowledge import DIAGNOSER

AZURE_NAMES = [
    "azure-arm",
    "azure-arm.ubuntu",
    "win2022.azure-arm.image",
    "golden",
    "my_image.v2",
    "ubuntu-azure",
    "arm",
    "img-2026-01",
]
OTHER_NAMES = [
    "amazon-ebs",
    "amazon-ebs.ubuntu",
    "golden.amazon-ebs.image",
    "vsphere-iso.win",
    "vsphere-clone.base",
    "docker.ubuntu",
    "googlecompute",
    "null.azure",
    "qemu.azure",
    "virtualbox-iso.azure",
    "proxmox-iso.base",
    "hyperv-iso.app",
    "hcloud.base",
    "oracle-oci.base",
]
FAILURE = ["Reading package lists...", "E: Unable to locate package contoso-agent"]


@pytest.mark.parametrize("name", AZURE_NAMES)
def test_a_build_for_azure_is_read_like_one_of_image_builder(name: str) -> None:
    log = packer_log(name, FAILURE, start=AZURE_START)
    diagnosis = DIAGNOSER.diagnose(log)
    assert (diagnosis.kind, diagnosis.outcome, diagnosis.phase, diagnosis.tool) == (
        "build-log",
        "failed",
        "customize",
        "packer",
    )
    assert [run.provisioner for run in diagnosis.timeline] == ["shell"]
    assert diagnosis.matches[0].entry == "script-nonzero-exit"
    assert diagnosis.finding is not None
    assert (diagnosis.finding.id, diagnosis.finding.values["package"]) == ("package-not-found", "contoso-agent")
    assert diagnosis.finding.place is not None
    reference = DIAGNOSER.diagnose(packer_log("azure-arm", FAILURE, start=AZURE_START))
    assert [line.line for line in diagnosis.excerpt] == [line.line for line in reference.excerpt]


@pytest.mark.parametrize("name", AZURE_NAMES)
def test_the_lines_shown_keep_the_name_of_the_build(name: str) -> None:
    log = packer_log(name, FAILURE, start=AZURE_START)
    lines = log.splitlines()
    diagnosis = DIAGNOSER.diagnose(log)
    shown = [line for match in diagnosis.matches for line in match.evidence] + list(diagnosis.excerpt)
    assert any(f"Build '{name}' errored" in line.text for line in shown)
    assert all(line.text in lines[line.line - 1] for line in shown)


@pytest.mark.parametrize("start", [AWS_START, AZURE_START[:1]], ids=["of another platform", "of no platform"])
@pytest.mark.parametrize("name", OTHER_NAMES)
def test_a_build_for_another_platform_is_foreign(name: str, start: list[str]) -> None:
    output = ["copying /srv/azure-images/azure.img to /opt", "E: Could not get lock /var/lib/dpkg/lock-frontend"]
    diagnosis = DIAGNOSER.diagnose(packer_log(name, output, start=start))
    assert diagnosis.matches == ()
    assert diagnosis.finding is None


def test_a_build_for_another_platform_is_foreign_under_any_name() -> None:
    output = ["wget https://contoso.blob.core.windows.net/tools/agent.deb", "E: Could not get lock /var/lib/dpkg/lock"]
    assert DIAGNOSER.diagnose(packer_log("golden", output, start=AWS_START)).matches == ()


def test_a_name_counts_only_with_a_mark_of_azure() -> None:
    lines = packer_log("golden", FAILURE, start=AZURE_START[:1]).splitlines()
    assert find_azure_build_names(lines) == ()
    assert find_azure_build_names([*lines, "==> golden:  -> ComputeName : 'pkrvma1b2c3d4e5'"]) == ("golden",)
    assert find_azure_build_names([line.replace("golden", "golden-azure") for line in lines]) == ("golden-azure",)


def test_every_form_of_a_line_is_unified() -> None:
    texts = ["==> golden: a", "    golden: b", "--> golden: c", "==> golden:", "2026/01/12 08:00:00 ui: ==> golden: d"]
    texts.append("==> golden: Creating Azure Resource Manager (ARM) client ...")
    unified = unify_builder_name(collect_lines(enumerate(texts, 1)))
    assert [line.text for line in unified] == [text.replace("golden", "azure-arm") for text in texts]


COLORS = [("\x1b[1;32m", "\x1b[0m"), ("[1;32m", "[0m"), ("^[[1;32m", "^[[0m"), ("\x1b[1m\x1b[31m", "\x1b[0m\x1b[K")]


@pytest.mark.parametrize(("color", "reset"), COLORS, ids=["as it is", "without escape", "spelled out", "two at once"])
def test_colors_hide_nothing(color: str, reset: str) -> None:
    log = packer_log("golden", FAILURE, start=AZURE_START)
    colored = "\n".join(f"{color}{line}{reset}" if line else line for line in log.splitlines())
    assert [line.text for line in normalize_text(colored)] == [line for line in log.splitlines() if line]
    assert DIAGNOSER.diagnose(colored).matches == DIAGNOSER.diagnose(log).matches


PIECES = st.sampled_from(
    [
        "==> ",
        "--> ",
        "    ",
        "golden",
        "azure-arm",
        "x.azure",
        ": ",
        ":",
        "Build '",
        "' errored after",
        "pkrvma1b2c3d4e5",
    ]
)


@example(["==> goldenazure-arm: "])
@given(st.lists(st.lists(PIECES | st.text(max_size=5), max_size=6).map("".join), max_size=12))
def test_any_lines_keep_their_numbers_and_what_follows_the_name(texts: list[str]) -> None:
    lines = collect_lines(enumerate(texts, 1))
    unified = unify_builder_name(lines)
    assert [line.number for line in unified] == [line.number for line in lines]
    for before, after in zip(lines, unified, strict=True):
        if after != before:
            mark, name, rest = after.text.partition("azure-arm")
            assert name
            assert before.text.startswith(mark)
            assert before.text.endswith(rest)
