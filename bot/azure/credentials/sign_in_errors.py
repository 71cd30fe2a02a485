"""Translate the identity provider's errors (`AADSTS…` codes) into refusals that say what to do."""

from __future__ import annotations

from azure.core.exceptions import (
    ClientAuthenticationError,
    ServiceRequestError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
)
from azure.identity import CredentialUnavailableError

from bot.azure.arm.retry_after import get_response_headers, parse_retry_after
from dialogs.model.azure_refusal import AzureRefusal, AzureRefusalReason
from dialogs.model.errors import AzureRefusedError
from knowledge.patterns import compile_pattern
from knowledge.redaction.redact import redact

_CODE = compile_pattern(r"\bAADSTS(\d{4,8})\b")
_CLAIMS = compile_pattern(r"\bclaims\b|interaction_required")
_MAX_TEXT_CHARS = 20_000

_REASONS: tuple[tuple[AzureRefusalReason, frozenset[str]], ...] = (
    # neither the person nor an administrator has consented to the bot's permissions
    ("consent", frozenset({"65001", "65004", "90094", "90095"})),
    # Entra requires a second factor, a known device, an allowed location, or a recent sign-in
    (
        "conditional-access",
        frozenset(
            {"50072", "50074", "50076", "50078", "50079", "50097", "50158", "53000", "53001", "53002", "53003", "53004",
             "530031", "530034"}
        ),
    ),
    # the sign-in expired, was revoked, or its assertion is too old
    (
        "sign-in",
        frozenset(
            {"50013", "50132", "50133", "50173", "500133", "70008", "70043", "700082", "700084", "50058", "160021"}
        ),
    ),
    # the person isn't in the subscription's tenant
    ("other-tenant", frozenset({"50020", "90072", "50034", "90002"})),
    # the organization only allows assigned people to use the application
    ("not-allowed", frozenset({"50105"})),
)  # fmt: skip


def build_token_refusal(error: Exception, target: str) -> AzureRefusal:
    """Build the refusal for `error`, which a credential raised instead of returning a token for `target`."""
    if isinstance(error, AzureRefusedError):
        return error.refusal
    target = redact(target)
    if isinstance(error, (TimeoutError, ServiceResponseTimeoutError)):
        return AzureRefusal("too-slow", target)
    if isinstance(error, (ServiceRequestError, ServiceResponseError)):
        return AzureRefusal("no-network", target)
    text = f"{error} {_read_body(error)}"[:_MAX_TEXT_CHARS].encode("utf-8", "replace")
    match = _CODE.search(text)
    code = f"AADSTS{match[1].decode()}" if match else ""
    for reason, codes in _REASONS:
        if code.removeprefix("AADSTS") in codes:
            return AzureRefusal(reason, target, code=code)
    status = getattr(error, "status_code", None) or 0
    if status == 429 or status >= 500:
        outage: AzureRefusalReason = "busy" if status == 429 else "azure-trouble"
        return AzureRefusal(outage, target, code=code, retry_after=parse_retry_after(get_response_headers(error)))
    if _CLAIMS.search(text):
        return AzureRefusal("conditional-access", target, code=code)
    if isinstance(error, CredentialUnavailableError) or (isinstance(error, ClientAuthenticationError) and not code):
        return AzureRefusal("sign-in", target, code=type(error).__name__)
    return AzureRefusal("unexpected", target, code=code or type(error).__name__)


def _read_body(error: Exception) -> str:
    response = getattr(error, "response", None)
    try:
        return str(response.text()) if response is not None else ""
    except Exception:  # noqa: BLE001 - a body that was never read, or isn't text, has nothing to say
        return ""
