"""Write build logs line by line as the service's Packer does, with a simulated clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Self

LogFormat = Literal["new", "old"]
"""The prefix of the lines: today's, or that of older builds with the streams OUT and ERR and with telemetry lines."""

_BUILDER = "azure-arm"
_AZURE_PLUGIN = "packer-plugin-azure_v2.5.1_x5.0_linux_amd64"


@dataclass
class BuildLogWriter:
    """A log being written. Its methods return the writer itself, so that calls can be chained.

    Attributes:
        log_format: The format of the lines.
        operation_id: The id of the build, which the prefix of each line repeats.
        now: The simulated time in UTC; only `wait` moves it.
        lines: The lines so far.
        line_times: The time of each line.
    """

    log_format: LogFormat
    operation_id: str
    now: datetime
    lines: list[str] = field(default_factory=list)
    line_times: list[datetime] = field(default_factory=list)

    def wait(self, seconds: float) -> Self:
        """Move the clock forward."""
        self.now += timedelta(seconds=seconds)
        return self

    def write_ui(self, text: str, error: bool = False) -> Self:
        """Write a line that Packer or a script printed; the old format has an error on both streams."""
        if self.log_format == "new":
            self._write_with_prefix(f"{'ui error' if error else 'ui'}: ==> {_BUILDER}: {text}")
        else:
            self._write_with_prefix(f"==> {_BUILDER}: {text}", stream="OUT", timed=False)
            if error:
                self._write_with_prefix(f"==> {_BUILDER}: {text}", stream="ERR", timed=False)
        return self

    def write_heading(self, text: str, error: bool = False) -> Self:
        """Write a message of Packer that starts with a line break, so its text is on a line without a time."""
        if self.log_format != "new":
            return self.write_verdict(f"==> {text}", error)
        self._write_with_prefix(f"{'ui error' if error else 'ui'}: ")
        self._write_line(f"[{self.operation_id}] PACKER ==> {text}")
        return self

    def write_section(self, text: str) -> Self:
        """Write the start of a cleanup step, which has the same line break as a heading."""
        if self.log_format != "new":
            return self.write_ui(text)
        self.write_ui("")
        self._write_line(f"[{self.operation_id}] PACKER ==> {_BUILDER}: {text}")
        return self

    def write_output(self, *texts: str) -> Self:
        """Write lines that a script printed."""
        for text in texts:
            if self.log_format == "new":
                self.write_ui(text)
            else:
                self._write_with_prefix(f"    {_BUILDER}: {text}", stream="OUT", timed=False)
        return self

    def write_debug(self, text: str) -> Self:
        """Write a line of the Azure plugin's debug log, which has its own timestamp."""
        timestamp = self.now.strftime("%Y/%m/%d %H:%M:%S")
        self._write_with_prefix(f"{_AZURE_PLUGIN} plugin: {timestamp} {text}" if self.log_format == "new" else text)
        return self

    def write_core(self, text: str) -> Self:
        """Write a line of Packer's core, which names no component."""
        self._write_with_prefix(text)
        return self

    def write_verdict(self, text: str, error: bool = True) -> Self:
        """Write a line of the verdict at the end, such as `Build 'azure-arm' errored …`."""
        if self.log_format == "new":
            self._write_with_prefix(f"{'ui error' if error else 'ui'}: {text}")
        else:
            self._write_with_prefix(text, stream="ERR" if error else "OUT", timed=False)
        return self

    def write_source(self, plugin: str, *texts: str) -> Self:
        """Write the source lines of an inline script, which its plugin echoes."""
        for index, text in enumerate(texts):
            if self.log_format == "new":
                label = "Found command: " if index == 0 else ""
                self._write_with_prefix(f"{plugin} plugin: {label}{text}")
            else:
                self._write_with_prefix(f"Found command: {text}")
        return self

    def write_telemetry(self, text: str) -> Self:
        """Write a telemetry line; do nothing in the new format, which doesn't have any."""
        if self.log_format == "old":
            self._write_with_prefix(f"[INFO] (telemetry) {text}")
        return self

    def _write_with_prefix(self, body: str, stream: Literal["OUT", "ERR"] = "ERR", timed: bool = True) -> None:
        # the old format has no time on what Packer printed, only on what it logged
        timestamp = self.now.strftime("%Y/%m/%d %H:%M:%S ") if timed else ""
        stream_label = "" if self.log_format == "new" else f"{stream} "
        self._write_line(f"[{self.operation_id}] PACKER {stream_label}{timestamp}{body}")

    def _write_line(self, line: str) -> None:
        self.lines.append(line)
        self.line_times.append(self.now)
