"""The log shows whether the service or Packer itself ran the build."""

from __future__ import annotations

import pytest

from knowledge.text.build_tool import is_plain_packer
from tests.build_logs import LogFormat, begun, powershell, script_failed, shell
from tests.packer_logs import AZURE_START, packer_log
from tests.shipped_knowledge import DIAGNOSER


@pytest.mark.parametrize("form", ["new", "old"])
@pytest.mark.parametrize("windows", [True, False])
def test_a_log_of_the_service_is_image_builders(form: LogFormat, windows: bool) -> None:
    run = powershell if windows else shell
    log = script_failed(run(begun(form, windows), ["Setup failed"], code=1), 1)
    assert DIAGNOSER.diagnose(log.text()).tool == "image-builder"
    tail = "\n".join(log.lines[-12:])
    assert DIAGNOSER.diagnose(tail).tool == "image-builder"


@pytest.mark.parametrize("name", ["azure-arm", "azure-arm.base", "golden"])
def test_a_log_of_somebodys_own_build_is_packers(name: str) -> None:
    assert DIAGNOSER.diagnose(packer_log(name, ["Setup failed"], start=AZURE_START)).tool == "packer"


@pytest.mark.parametrize(
    "line",
    [
        "Error: on win11.pkr.hcl line 12",
        "$ packer build -var-file=x.pkrvars.hcl .",
        "azure-arm: output will be in this color.",
        "==> azure-arm: Provisioning with shell script: ./scripts/base.sh",
        r"==> azure-arm: Provisioning with powershell script: C:\build\base.ps1",
        "azure-arm.base: Setup failed",
    ],
)
def test_one_mark_of_packer_is_enough(line: str) -> None:
    assert is_plain_packer(["harmless", line])


@pytest.mark.parametrize(
    "line",
    [
        "[0f0e] PACKER OUT ==> azure-arm: Running builder ...",
        "Microsoft.VirtualMachineImages/imageTemplates/win11",
        "staging group IT_rg-images_win11_6f3f2b1c",
        "Azure VM Image Builder says no",
    ],
)
def test_a_mark_of_the_service_counts_more(line: str) -> None:
    assert not is_plain_packer(["azure-arm: output will be in this color.", line])


def test_a_text_without_any_mark_is_not_packers() -> None:
    assert not is_plain_packer(["Setup failed", "half a \ud800 pair", ""])
