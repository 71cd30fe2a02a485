"""Writes build logs as the service's Packer writes them, line by line, with a clock of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Self

LogFormat = Literal["new", "old", "bare"]

_AZURE_PLUGIN = "packer-plugin-azure_v2.5.1_x5.0_linux_amd64"


@dataclass
class BuildLogWriter:
    """A log being written. `form` is the prefix: today's, the older one with OUT and ERR, or none at all.

    `run` is the operation id that the prefix repeats. `now` is the log's clock, UTC; `times` holds it for every line.
    """

    log_format: LogFormat
    operation_id: str
    now: datetime
    builder: str = "azure-arm"
    lines: list[str] = field(default_factory=list)
    line_times: list[datetime] = field(default_factory=list)

    def wait(self, seconds: float) -> Self:
        """Lets time pass."""
        self.now += timedelta(seconds=seconds)
        return self

    def write_ui(self, text: str, error: bool = False) -> Self:
        """A line that Packer or a script printed; the older form repeats an error on its other stream."""
        if self.log_format == "new":
            self._write_with_prefix(f"{'ui error' if error else 'ui'}: ==> {self.builder}: {text}")
        else:
            self._write_with_prefix(f"==> {self.builder}: {text}", stream="OUT", timed=False)
            if error:
                self._write_with_prefix(f"==> {self.builder}: {text}", stream="ERR", timed=False)
        return self

    def write_heading(self, text: str, error: bool = False) -> Self:
        """A line of Packer that begins with a line break: its second half stands alone, without a time."""
        if self.log_format != "new":
            return self.write_verdict(f"==> {text}", error)
        self._write_with_prefix(f"{'ui error' if error else 'ui'}: ")
        self._write_line(f"[{self.operation_id}] PACKER ==> {text}")
        return self

    def write_section(self, text: str) -> Self:
        """A part of the clean-up begins, in the same way."""
        if self.log_format != "new":
            return self.write_ui(text)
        self.write_ui("")
        self._write_line(f"[{self.operation_id}] PACKER ==> {self.builder}: {text}")
        return self

    def write_output(self, *texts: str) -> Self:
        """What a script printed."""
        for text in texts:
            if self.log_format == "new":
                self.write_ui(text)
            else:
                self._write_with_prefix(f"    {self.builder}: {text}", stream="OUT", timed=False)
        return self

    def write_debug(self, text: str, plugin: str = f"{_AZURE_PLUGIN} plugin") -> Self:
        """A line of a plugin's debug log, the Azure plugin's as a rule."""
        stamp = self.now.strftime("%Y/%m/%d %H:%M:%S")
        self._write_with_prefix(f"{plugin}: {stamp} {text}" if self.log_format == "new" else text)
        return self

    def write_core(self, text: str) -> Self:
        """A line of Packer's core, without a component."""
        self._write_with_prefix(text)
        return self

    def write_verdict(self, text: str, error: bool = True) -> Self:
        """A line of the verdict at the end, `Build 'azure-arm' errored …`."""
        if self.log_format == "new":
            self._write_with_prefix(f"{'ui error' if error else 'ui'}: {text}")
        else:
            self._write_with_prefix(text, stream="ERR" if error else "OUT", timed=False)
        return self

    def write_source(self, plugin: str, *texts: str) -> Self:
        """Echoed source of an inline script."""
        for index, text in enumerate(texts):
            mark = "Found command: " if index == 0 else ""
            self._write_with_prefix(
                f"{plugin} plugin: {mark}{text}" if self.log_format == "new" else f"Found command: {text}"
            )
        return self

    def write_telemetry(self, text: str) -> Self:
        """A telemetry line, which only older logs have."""
        self._write_with_prefix(f"[INFO] (telemetry) {text}")
        return self

    def _write_with_prefix(self, body: str, stream: str = "ERR", timed: bool = True) -> None:
        stamp = self.now.strftime("%Y/%m/%d %H:%M:%S ") if timed else ""
        if self.log_format == "new":
            self._write_line(f"[{self.operation_id}] PACKER {stamp}{body}")
        elif self.log_format == "old":
            self._write_line(f"[{self.operation_id}] PACKER {stream} {stamp}{body}")
        else:
            self._write_line(body)

    def _write_line(self, line: str) -> None:
        self.lines.append(line)
        self.line_times.append(self.now)
