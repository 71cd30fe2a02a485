"""What the dialogs work with: the ports to the outside."""

from __future__ import annotations

from dataclasses import dataclass

from dialogs.model.ports import AttachmentReader, AzureReader, Clock, DiagnoseText, TicketFiler


@dataclass(frozen=True, slots=True)
class DialogResources:
    """The ports, the same for every turn. One is None where the operator didn't set it up."""

    diagnose: DiagnoseText
    clock: Clock
    azure_reader: AzureReader | None = None
    ticket_filer: TicketFiler | None = None
    attachment_reader: AttachmentReader | None = None
