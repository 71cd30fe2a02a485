"""The context in which log steps run: the log that they write, and the generated names of one run."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.sandbox.builds.log_writer import BuildLogWriter
from bot.sandbox.builds.scenario import TemplateSpec

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_HASH_MULTIPLIER = 2654435761  # Knuth's multiplicative hash: pseudo-random, but the same at every start


@dataclass
class LogContext:
    """One log of one run of a template.

    Attributes:
        log: The log being written.
        template: The template.
        cycle: The number of the run, which makes its generated names differ from those of other runs.
        started_at: The time of the log's first line.
    """

    log: BuildLogWriter
    template: TemplateSpec
    cycle: int
    started_at: datetime

    def fill_placeholders(self, text: str) -> str:
        """Replace `{staging}`, `{subscription}` and the other placeholders in `text` with the run's names."""
        return fill_placeholders(text, self.template, self.cycle)

    def derive_name(self, purpose: str, length: int = 10) -> str:
        """Return a short name that is always the same for this run and `purpose`."""
        return self.template.derive_guid(purpose, self.cycle).replace("-", "")[:length]

    @property
    def vm_suffix(self) -> str:
        """Return the suffix that Packer gives to all resources of the run."""
        return self.derive_name("vm")

    @property
    def elapsed(self) -> str:
        """Return how long the log has been written, as Packer words it: `3 minutes 1 second`."""
        minutes, seconds = divmod(round((self.log.now - self.started_at).total_seconds()), 60)
        hours, minutes = divmod(minutes, 60)
        parts = [(hours, "hour"), (minutes, "minute"), (seconds, "second")]
        return " ".join(f"{count} {unit}{'s' if count != 1 else ''}" for count, unit in parts if count)[:60]

    def write_request(self, method: str, path: str) -> None:
        """Write the Azure plugin's note of a request to Resource Manager; `path` starts below the staging group."""
        group = f"subscriptions/{self.template.subscription}/resourceGroups/{self.template.staging_group}"
        self.log.write_debug(f"[DEBUG] {method} https://management.azure.com/{group}{path}?[REDACTED]")

    def write_script_output(self, output: str | Iterable[Any], seconds: float, script: str = "") -> None:
        """Write what a script prints, evenly spread over `seconds`.

        Args:
            output: A text, or a list of items. An item is a text, `{wait: s}` for a pause, or `{repeat: n, every: s,
                lines: […]}` with the placeholders `{n}` and `{mark}` in its lines.
            seconds: How long the script runs; pauses and repetitions take additional time.
            script: The path of the script, which replaces `{script}`.
        """
        items = output.splitlines() if isinstance(output, str) else list(output)
        pause = seconds / (len(items) + 1)
        for item in items:
            self.log.wait(pause)
            if isinstance(item, str):
                lines = item.splitlines() or [""]
                self.log.write_output(*(self.fill_placeholders(line.replace("{script}", script)) for line in lines))
            elif "repeat" in item:
                self._write_repeated(item["lines"], item["repeat"], item.get("every", 0))
            else:
                self.log.wait(item["wait"])
        self.log.wait(pause)

    def _write_repeated(self, lines: list[str], count: int, pause: float) -> None:
        for number in range(1, count + 1):
            line = lines[number % len(lines)]
            mark = f"{number * _HASH_MULTIPLIER % 2**32:08x}"
            self.log.wait(pause).write_output(line.replace("{n}", str(number)).replace("{mark}", mark))


def fill_placeholders(text: str, template: TemplateSpec, cycle: int) -> str:
    """Replace the placeholders in `text` with the names of a run of `template`; other braces stay as they are."""
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
        # the service's two ways to say where the log is
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
    return _PLACEHOLDER.sub(lambda match: names.get(match[1], match[0]), text)
