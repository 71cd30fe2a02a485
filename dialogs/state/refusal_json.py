"""A refusal as plain JSON, as in a job's result."""

from __future__ import annotations

from dialogs.model.azure_refusal import AzureRefusal
from dialogs.model.stored import Stored
from dialogs.state.codec import build_codec

REFUSAL_CODEC = build_codec(AzureRefusal, usual=Stored(max_chars=600))
