"""What the dialogs work with: the ports to the outside."""

from __future__ import annotations

from dataclasses import dataclass

from dialogs.model.ports import (
    AttachmentReader,
    AzureReader,
    CheckTemplate,
    Clock,
    DiagnoseText,
    FindMistakes,
    LookSharer,
    TicketFiler,
)


@dataclass(frozen=True, slots=True)
class DialogResources:
    """The ports, the same for every turn. A port is None if the operator didn't set it up.

    Without `azure_reader` people get the commands to run. Without `ticket_filer` they file tickets by hand, and without
    `attachment_reader` no attached file is opened. Without `look_sharer`, lookups stay in the private chat. Without
    `check_template`, a template is a text like any other, and without `find_mistakes`, nothing in one speaks for a
    diagnosis.
    """

    diagnose: DiagnoseText
    clock: Clock
    azure_reader: AzureReader | None = None
    ticket_filer: TicketFiler | None = None
    attachment_reader: AttachmentReader | None = None
    look_sharer: LookSharer | None = None
    check_template: CheckTemplate | None = None
    find_mistakes: FindMistakes | None = None
