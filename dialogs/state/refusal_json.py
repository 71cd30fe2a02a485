"""A refusal as plain JSON, as the result of a job holds it."""

from __future__ import annotations

from dialogs.model.azure_refusal import AzureRefusal
from dialogs.state.codec import StoredField, build_codec

REFUSAL_CODEC = build_codec(AzureRefusal, usual=StoredField(max_chars=600))
