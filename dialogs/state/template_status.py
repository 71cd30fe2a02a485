"""The status of a template, redacted and of a bounded size, and its codec for the results of jobs.

Of a template, only what a status card, the fact rules, and a support case need is kept.
"""

from __future__ import annotations

from dataclasses import replace

from dialogs.model.azure import RunOutput, TemplateStatus
from dialogs.model.stored import Stored
from dialogs.state.azure_state import TEMPLATE_ID_CODEC
from dialogs.state.codec import Layout, build_codec
from dialogs.state.json_fields import clean_text
from dialogs.state.value_codecs import Codec
from knowledge.azure_times import format_time
from knowledge.redaction.redact import redact
from knowledge.template.image_template import (
    Distributor,
    ErrorHandling,
    ImageSource,
    ImageTemplate,
    Network,
    Provisioning,
    TemplateStep,
    VmProfile,
)
from knowledge.template.run import Run
from knowledge.template.template_id import TemplateId

MAX_MESSAGE_CHARS = 4000
MAX_TEXT_CHARS = 400
MAX_CUSTOMIZERS = 200
MAX_OUTPUTS = 10
MAX_DISTRIBUTORS = 100
MAX_SCRIPT_LINES = 100
MAX_IDENTITIES = 100

_WITH_MESSAGE = Layout({"message": Stored(max_chars=MAX_MESSAGE_CHARS)})
_STATUS_CODEC = build_codec(
    TemplateStatus,
    {
        ImageTemplate: Layout({"customizers": Stored(max_items=MAX_CUSTOMIZERS)}),
        Provisioning: _WITH_MESSAGE,
        Run: _WITH_MESSAGE,
        TemplateId: TEMPLATE_ID_CODEC,
    },
)


def _without_scripts(status: TemplateStatus) -> TemplateStatus:
    customizers = tuple(replace(step, inline=()) for step in status.template.customizers)
    return replace(status, template=replace(status.template, customizers=customizers))


STATUS_CODEC = Codec(lambda status: _STATUS_CODEC.encode(_without_scripts(status)), _STATUS_CODEC.decode)
"""How a status is stored: without the customizers' scripts, which are for showing alone."""


def sanitize_status(status: TemplateStatus) -> TemplateStatus:
    """Return `status` as it may be shown and stored: every text redacted and of a bounded length."""
    template = status.template
    provisioning, run, vm = template.provisioning, template.run, template.vm
    shown = ImageTemplate(
        template_id=status.template_id,
        name=status.template_id.name,
        location=_sanitize_text(template.location),
        # only how many they are is shown
        identities=("",) * min(len(template.identities), MAX_IDENTITIES),
        provisioning=Provisioning(
            _sanitize_text(provisioning.state),
            _sanitize_text(provisioning.code),
            _sanitize_message(provisioning.message),
        ),
        run=Run(
            _sanitize_text(run.state),
            _sanitize_text(run.sub_state),
            format_time(run.started),
            format_time(run.ended),
            _sanitize_message(run.message),
        ),
        source=ImageSource(image=_sanitize_text(template.source.describe())),
        customizers=tuple(
            TemplateStep(
                index, _sanitize_text(step.type), _sanitize_text(step.name), inline=_sanitize_script(step.inline)
            )
            for index, step in enumerate(template.customizers[:MAX_CUSTOMIZERS])
        ),
        # how many there are, and what the validators are called
        validators=tuple(
            TemplateStep(index, _sanitize_text(step.type), _sanitize_text(step.name))
            for index, step in enumerate(template.validators[:MAX_CUSTOMIZERS])
        ),
        distributors=tuple(
            Distributor(index, _sanitize_text(distributor.type))
            for index, distributor in enumerate(template.distributors[:MAX_DISTRIBUTORS])
        ),
        optimizes_boot=template.optimizes_boot,
        vm=VmProfile(_sanitize_text(vm.size), vm.os_disk_gb, Network() if vm.network else None),
        staging_group=_sanitize_text(template.staging_group),
        build_timeout_minutes=template.build_timeout_minutes,
        error_handling=ErrorHandling(_sanitize_text(template.error_handling.on_customizer_error)),
        os=template.os,
    )
    outputs = tuple(
        RunOutput(_sanitize_text(output.name), _sanitize_text(output.artifact), _sanitize_text(output.state))
        for output in status.outputs[:MAX_OUTPUTS]
    )
    return TemplateStatus(status.template_id, shown, outputs)


def _sanitize_script(lines: tuple[str, ...]) -> tuple[str, ...]:
    """Redact a script as a whole, since a secret may span lines, and keep its first lines, each on one line."""
    redacted = redact("\n".join(lines)).split("\n") if lines else []
    return tuple(clean_text(line, MAX_TEXT_CHARS) for line in redacted[:MAX_SCRIPT_LINES])


def _sanitize_text(value: str) -> str:
    return clean_text(redact(value), MAX_TEXT_CHARS)


def _sanitize_message(message: str) -> str:
    """Redact a message and cut the middle of a long one: its end names the log."""
    half = MAX_MESSAGE_CHARS // 2 - 10
    message = redact(message)
    return clean_text(
        message if len(message) <= MAX_MESSAGE_CHARS else f"{message[:half]} … {message[-half:]}", MAX_MESSAGE_CHARS
    )
