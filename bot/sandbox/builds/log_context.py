"""What an act plays on: the log that it writes, and the made-up names of one run."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.sandbox.builds.log_writer import BuildLogWriter
from bot.sandbox.builds.scenario import TemplateSpec

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass
class LogContext:
    """The log of one run of a template. `began`: when the log begins; `cycle` tells the template's runs apart."""

    log: BuildLogWriter
    template: TemplateSpec
    cycle: int
    started_at: datetime

    def fill_placeholders(self, text: str) -> str:
        """`text` with the run's names for `{staging}`, `{subscription}` and the others; other braces stay."""
        return fill_placeholders(text, self.template, self.cycle)

    def derive_name(self, purpose: str, length: int = 10) -> str:
        """A short name that is always the same for a purpose."""
        return self.template.derive_guid(purpose, self.cycle).replace("-", "")[:length]

    @property
    def vm_suffix(self) -> str:
        """The end of the names of everything that Packer makes for the run."""
        return self.derive_name("vm")

    @property
    def elapsed(self) -> str:
        """How long the log has gone on, in Packer's words."""
        minutes, seconds = divmod(round((self.log.now - self.started_at).total_seconds()), 60)
        hours, minutes = divmod(minutes, 60)
        parts = [(hours, "hour"), (minutes, "minute"), (seconds, "second")]
        return " ".join(f"{count} {unit}{'s' if count != 1 else ''}" for count, unit in parts if count)[:60]

    def write_request(self, method: str, path: str) -> None:
        """A request to Resource Manager within the staging group, as the Azure plugin notes it."""
        group = f"subscriptions/{self.template.subscription}/resourceGroups/{self.template.staging_group}"
        self.log.write_debug(f"[DEBUG] {method} https://management.azure.com/{group}{path}?[REDACTED]")

    def write_script_output(self, output: str | Iterable[Any], seconds: float, script: str = "") -> None:
        """What a script prints in the course of `seconds`; `{script}` stands for its own path.

        An item is a text, `{wait: s}` for a silence, or `{repeat: n, every: s, lines: […]}` with `{n}` and `{mark}` in
        its lines; the time of waiting and repeating comes on top.
        """
        items = output.splitlines() if isinstance(output, str) else list(output)
        pause = seconds / (len(items) + 1)
        for item in items:
            self.log.wait(pause)
            if isinstance(item, str):
                self.log.write_output(
                    *(self.fill_placeholders(line.replace("{script}", script)) for line in item.splitlines() or [""])
                )
            elif "repeat" in item:
                for n in range(1, item["repeat"] + 1):
                    line = item["lines"][n % len(item["lines"])]
                    mark = f"{n * 2654435761 % 2**32:08x}"
                    self.log.wait(item.get("every", 0)).write_output(
                        line.replace("{n}", str(n)).replace("{mark}", mark)
                    )
            else:
                self.log.wait(item["wait"])
        self.log.wait(pause)


def fill_placeholders(text: str, template: TemplateSpec, cycle: int) -> str:
    """`text` with the made-up names of a run of `template`."""
    folder = template.derive_guid("folder", cycle)
    operation = template.derive_guid("operation", cycle)
    staging = f"/subscriptions/{template.subscription}/resourceGroups/{template.staging_group}"
    names = {
        "account": template.storage_account,
        "correlation": template.derive_guid("correlation", cycle),
        "folder": folder,
        "group": template.group,
        "id": template.id,
        "location": template.location,
        "name": template.name,
        "operation": operation,
        "staging": template.staging_group,
        "subscription": template.subscription,
        "see_log": "During the image build, a failure has occurred, please review the build log to identify which "
        "build/customization step failed. For more troubleshooting steps go to https://aka.ms/azvmimagebuilderts. "
        f"Image Build log location: https://{template.storage_account}.blob.core.windows.net/packerlogs/{folder}/"
        f"customization.log. OperationId: {operation}. Use this operationId to search packer logs.",
        "see_resource": "During the image build a failure has occurred. Packer build logs are at location "
        f"{staging}/providers/Microsoft.Storage/storageAccounts/{template.storage_account}/blobServices/default/containers/"
        f"packerlogs/{folder}/customization.log. Please navigate to this location using portal or other tools to "
        f"download logs for identifying which build/customization step failed. Use this operationId {operation} to "
        "search packer logs. For more troubleshooting steps go to https://aka.ms/azvmimagebuilderts.",
    }
    return _PLACEHOLDER.sub(lambda found: names.get(found[1], found[0]), text)
