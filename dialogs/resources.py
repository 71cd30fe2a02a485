"""What the dialogs work with: the ports to the outside, and the knowledge that isn't part of a turn's context."""

from __future__ import annotations

from dataclasses import dataclass

from dialogs.model.ports import AttachmentReader, AzureReader, Clock, DiagnoseText, TicketFiler
from knowledge.catalog.fact_rules import FactRules


@dataclass(frozen=True, slots=True)
class DialogResources:
    """Ports and knowledge, the same for every turn. A port is None where the operator didn't set it up."""

    diagnose: DiagnoseText
    clock: Clock
    fact_rules: FactRules
    azure_reader: AzureReader | None = None
    ticket_filer: TicketFiler | None = None
    attachment_reader: AttachmentReader | None = None
