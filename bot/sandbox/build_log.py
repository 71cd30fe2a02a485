"""Writes build logs as the service's Packer writes them, line by line, with a clock of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Self

Form = Literal["new", "old", "bare"]

_AZURE = "packer-plugin-azure_v2.5.1_x5.0_linux_amd64"


@dataclass
class BuildLog:
    """A log being written. `form` is the prefix: today's, the older one with OUT and ERR, or none at all.

    `run` is the operation id that the prefix repeats. `now` is the log's clock, UTC; `times` holds it for every line.
    """

    form: Form
    run: str
    now: datetime
    builder: str = "azure-arm"
    lines: list[str] = field(default_factory=list)
    times: list[datetime] = field(default_factory=list)

    def wait(self, seconds: float) -> Self:
        """Lets time pass."""
        self.now += timedelta(seconds=seconds)
        return self

    def ui(self, text: str, error: bool = False) -> Self:
        """A line that Packer or a script printed; the older form repeats an error on its other stream."""
        if self.form == "new":
            self._add(f"{'ui error' if error else 'ui'}: ==> {self.builder}: {text}")
        else:
            self._add(f"==> {self.builder}: {text}", stream="OUT", timed=False)
            if error:
                self._add(f"==> {self.builder}: {text}", stream="ERR", timed=False)
        return self

    def heading(self, text: str, error: bool = False) -> Self:
        """A line of Packer that begins with a line break: its second half stands alone, without a time."""
        if self.form != "new":
            return self.verdict(f"==> {text}", error)
        self._add(f"{'ui error' if error else 'ui'}: ")
        self._raw(f"[{self.run}] PACKER ==> {text}")
        return self

    def section(self, text: str) -> Self:
        """A part of the clean-up begins, in the same way."""
        if self.form != "new":
            return self.ui(text)
        self.ui("")
        self._raw(f"[{self.run}] PACKER ==> {self.builder}: {text}")
        return self

    def output(self, *texts: str) -> Self:
        """What a script printed."""
        for text in texts:
            if self.form == "new":
                self.ui(text)
            else:
                self._add(f"    {self.builder}: {text}", stream="OUT", timed=False)
        return self

    def debug(self, text: str, plugin: str = f"{_AZURE} plugin") -> Self:
        """A line of a plugin's debug log, the Azure plugin's as a rule."""
        stamp = self.now.strftime("%Y/%m/%d %H:%M:%S")
        self._add(f"{plugin}: {stamp} {text}" if self.form == "new" else text)
        return self

    def core(self, text: str) -> Self:
        """A line of Packer's core, without a component."""
        self._add(text)
        return self

    def verdict(self, text: str, error: bool = True) -> Self:
        """A line of the verdict at the end, `Build 'azure-arm' errored …`."""
        if self.form == "new":
            self._add(f"{'ui error' if error else 'ui'}: {text}")
        else:
            self._add(text, stream="ERR" if error else "OUT", timed=False)
        return self

    def source(self, plugin: str, *texts: str) -> Self:
        """Echoed source of an inline script."""
        for index, text in enumerate(texts):
            mark = "Found command: " if index == 0 else ""
            self._add(f"{plugin} plugin: {mark}{text}" if self.form == "new" else f"Found command: {text}")
        return self

    def telemetry(self, text: str) -> Self:
        """A telemetry line, which only older logs have."""
        self._add(f"[INFO] (telemetry) {text}")
        return self

    def _add(self, body: str, stream: str = "ERR", timed: bool = True) -> None:
        stamp = self.now.strftime("%Y/%m/%d %H:%M:%S ") if timed else ""
        if self.form == "new":
            self._raw(f"[{self.run}] PACKER {stamp}{body}")
        elif self.form == "old":
            self._raw(f"[{self.run}] PACKER {stream} {stamp}{body}")
        else:
            self._raw(body)

    def _raw(self, line: str) -> None:
        self.lines.append(line)
        self.times.append(self.now)
