"""Logs of builds that people run with Packer themselves, under any name and for any platform."""

from __future__ import annotations

from collections.abc import Sequence

AZURE_START = [
    "Running builder ...",
    "Creating Azure Resource Manager (ARM) client ...",
    "Getting source image id for the deployment ...",
    " -> ResourceGroupName : 'pkr-Resource-Group-a1b2c3d4e5'",
    "Deploying deployment template ...",
]
AWS_START = [
    "Prevalidating any provided VPC information",
    "Found Image ID: ami-0a1b2c3d4e5f60718",
    "Launching a source AWS instance...",
]


def packer_log(
    name: str,
    output: Sequence[str],
    code: int = 100,
    start: Sequence[str] = (),
    script: str = "./scripts/install.sh",
) -> str:
    """The log of a build called `name` whose only script printed `output` and ended with `code`; 0 for a success."""
    lines = [f"{name}: output will be in this color.", ""]
    lines += [f"==> {name}: {line}" for line in start]
    lines += [f"==> {name}: Waiting for SSH to become available...", f"==> {name}: Connected to SSH!"]
    lines.append(f"==> {name}: Provisioning with shell script: {script}")
    lines += [f"    {name}: {line}" for line in output]
    if code == 0:
        lines += [f"Build '{name}' finished after 4 minutes 3 seconds.", "", f"--> {name}: Azure.ResourceManagement"]
        return "\n".join(lines)
    error = f"Script exited with non-zero exit status: {code}. Allowed exit codes are: [0]"
    lines.append(f"==> {name}: Provisioning step had errors: Running the cleanup provisioner, if present...")
    lines += [f"==> {name}: Deleting individual resources ...", f"Build '{name}' errored after 4 minutes: {error}", ""]
    lines += ["==> Wait completed after 4 minutes", "", "==> Some builds didn't complete successfully and had errors:"]
    return "\n".join([*lines, f"--> {name}: {error}", "", "==> Builds finished but no artifacts were created."])
