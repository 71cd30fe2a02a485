"""Plain values for reading Azure: image templates, their last run, and their build log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from dialogs.model.stored import Stored
from knowledge.model.diagnosis import Diagnosis
from knowledge.template.image_template import ImageTemplate
from knowledge.template.run import Run
from knowledge.template.template_id import TemplateId

AccessMode = Literal["off", "user", "bot", "local", "sandbox"]
"""Whose credentials read Azure: none, the user's, the bot's identity, a local `az login`, or the fake Azure."""


@dataclass(frozen=True, slots=True)
class TemplateSearchResult:
    """The templates that match a query, best first, those with similar names, and the subscriptions searched.

    `searched_subscriptions` and `denied_subscriptions` hold names, or ids if the name is unknown. With `has_more`,
    there were more templates than could be scanned within the turn. `subscription_names` maps ids to names.
    """

    exact_matches: tuple[TemplateId, ...]
    similar_matches: tuple[TemplateId, ...] = ()
    searched_subscriptions: tuple[str, ...] = ()
    denied_subscriptions: tuple[str, ...] = ()
    has_more: bool = False
    subscription_names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunOutput:
    """One output of a run: its name, the artifact's resource id or URI ("" if none), and its provisioning state."""

    name: str
    artifact: str
    state: str


@dataclass(frozen=True, slots=True)
class TemplateStatus:
    """An image template with its last run, as Resource Manager reports them, and the run's outputs.

    Redacted and of bounded size: of the template's content, only what `dialogs.state` can store is kept.
    """

    template_id: TemplateId
    template: ImageTemplate
    outputs: tuple[RunOutput, ...] = ()

    @property
    def run(self) -> Run:
        """The last run."""
        return self.template.run


@dataclass(frozen=True, slots=True)
class FailedTemplates:
    """Every template that Azure rejected or whose last run failed, newest first, and those that are running now.

    `template_count` is how many templates were read in total. The other fields are as in `TemplateSearchResult`.
    """

    templates: tuple[TemplateStatus, ...]
    searched_subscriptions: tuple[str, ...] = ()
    denied_subscriptions: tuple[str, ...] = ()
    has_more: bool = False
    running: tuple[TemplateStatus, ...] = ()
    template_count: int = 0


LogFile = Literal["customization.log", "validation.log"]


@dataclass(frozen=True, slots=True)
class LogTail:
    """The end of a build log. `text` is raw: diagnose it, and redact it before showing any of it.

    `bytes_read` and `size` are in bytes. `growing`: the run that writes the log hasn't ended.
    """

    file: LogFile
    text: str
    bytes_read: int
    size: int
    folder: str = ""
    growing: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether the log was read from its first byte."""
        return self.bytes_read >= self.size


@dataclass(frozen=True, slots=True)
class LogDiagnosis:
    """The diagnosis of a whole build log, read as a stream. `size` is in bytes."""

    file: LogFile
    diagnosis: Diagnosis
    size: Annotated[int, Stored(max_value=10**15)]
    folder: str = ""
    growing: bool = False
