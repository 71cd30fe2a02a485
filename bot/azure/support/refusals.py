"""Ticket refusals, built from the errors of the Azure Support API and of the sign-in."""

from __future__ import annotations

from typing import Any, get_args

import aiohttp
from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    IncompleteReadError,
    ServiceRequestError,
    ServiceResponseError,
)

from bot.azure.arm.request_policy import ForeignAddressError
from bot.azure.arm.retry_after import get_response_headers, parse_retry_after
from bot.azure.credentials.scoped_credential import NoTokenError
from bot.azure.credentials.sign_in_errors import build_token_refusal
from dialogs.model.azure import AzureRefusal
from dialogs.model.errors import AzureRefusedError, TicketRefusedError
from dialogs.model.support import TicketRefusal, TicketRefusalReason
from knowledge.patterns import compile_pattern
from knowledge.redaction.redact import redact

SUPPORT_ROLE = "Support Request Contributor"
MAX_TEXT_CHARS = 400
HTTP_OK = 200
"""The status of the response in which Azure reports that a long-running operation has failed."""
_REASON_BY_CODE: dict[str, TicketRefusalReason] = {
    "invalidsupportplan": "no-plan",
    "missingsubscriptionregistration": "not-registered",
    "subscriptionnotregistered": "not-registered",
    "quotaexceeded": "quota",
    "invalidauthenticationtokentenant": "other-tenant",
    "subscriptionnotfound": "not-found",
}
_REASON_BY_STATUS: dict[int, TicketRefusalReason] = {
    400: "rejected",
    401: "unauthorized",
    403: "no-permission",
    404: "not-found",
    409: "name-taken",
    422: "rejected",
    429: "busy",
}
_PLAN_PATTERN = compile_pattern(r"support plan type is ([\w .-]{1,40}?)\.(?:\s|$)")
_ACTION_PATTERN = compile_pattern(r"perform action '([^']{1,200})'")
_SCOPE_PATTERN = compile_pattern(r"over scope '([^']{1,300})'")


def build_refusal(error: BaseException) -> TicketRefusal:
    """Build the refusal for an error that the Support client or the credential raised."""
    if isinstance(error, TicketRefusedError):
        return error.refusal
    if isinstance(error, (AzureRefusedError, NoTokenError)):
        return _convert_azure_refusal(
            error.refusal if isinstance(error, AzureRefusedError) else build_token_refusal(error.cause, "")
        )
    if isinstance(error, ForeignAddressError):
        return TicketRefusal("suspicious")
    if isinstance(error, TimeoutError):
        return TicketRefusal("too-slow")
    if isinstance(error, (ServiceRequestError, ServiceResponseError, IncompleteReadError)):
        return TicketRefusal("no-network")
    if isinstance(error, HttpResponseError):
        return _build_response_refusal(error)
    return TicketRefusal("azure-trouble" if isinstance(error, AzureError) else "unexpected")


def is_request_refused(error: AzureError) -> bool:
    """Tell whether `error`, raised by the request that creates a ticket, proves that no ticket was created."""
    if isinstance(error, NoTokenError) or _was_never_sent(error):
        return True
    has_response = isinstance(error, HttpResponseError) and not isinstance(error, IncompleteReadError)
    return has_response and build_refusal(error).reason not in ("azure-trouble", "name-taken", "unexpected")


def has_operation_failed(error: AzureError) -> bool:
    """Tell whether `error`, raised while an accepted request was polled, is a known failure of the operation itself.

    Any other error may have stopped only the polling; the ticket may still be created.
    """
    is_operation_result = isinstance(error, HttpResponseError) and error.status_code == HTTP_OK
    return is_operation_result and build_refusal(error).reason != "azure-trouble"


def _convert_azure_refusal(refusal: AzureRefusal) -> TicketRefusal:
    """Convert a refusal of the sign-in, which template lookups and tickets share."""
    reason: Any = refusal.reason if refusal.reason in get_args(TicketRefusalReason) else "unexpected"
    return TicketRefusal(reason, code=refusal.code, retry_after=refusal.retry_after)


def _was_never_sent(error: BaseException) -> bool:
    """Tell whether the connection failed to open.

    azure-core raises the same error if the connection breaks later, so aiohttp's error behind it has to decide.
    """
    cause = error.__cause__
    return isinstance(error, ServiceRequestError) and isinstance(
        cause, (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
    )


def _build_response_refusal(error: HttpResponseError) -> TicketRefusal:
    status, code, message = error.status_code or 0, _extract_code(error), _extract_message(error)
    raw_message = message.encode("utf-8", "replace")
    reason = _find_response_reason(error, status, code, message)
    detail = ""
    if reason == "no-plan":
        detail = _extract_match(_PLAN_PATTERN, raw_message)
    elif reason in ("rejected", "azure-trouble"):
        detail = message
    return TicketRefusal(
        reason,
        detail=_sanitize(detail),
        action=_sanitize(_extract_match(_ACTION_PATTERN, raw_message)),
        scope=_sanitize(_extract_match(_SCOPE_PATTERN, raw_message)),
        role=SUPPORT_ROLE if reason == "no-permission" else "",
        code=_sanitize(code),
        retry_after=parse_retry_after(get_response_headers(error)) if reason == "busy" else None,
    )


def _find_response_reason(error: HttpResponseError, status: int, code: str, message: str) -> TicketRefusalReason:
    # a conditional access policy answers 401 with a claims challenge; only signing in again helps
    if status == 401 and "claims=" in get_response_headers(error).get("WWW-Authenticate", ""):
        return "conditional-access"
    if reason := _REASON_BY_CODE.get(code.lower()):
        return reason
    mentions_severity = "severity" in message.lower()
    if "support plan" in message.lower() and not mentions_severity:
        return "no-plan"
    if status in (200, 202, 400, 403) and (mentions_severity or "severity" in code.lower()):
        return "severity"
    return _REASON_BY_STATUS.get(status, "azure-trouble")


def _extract_code(error: HttpResponseError) -> str:
    code = getattr(error.error, "code", None)
    return code if isinstance(code, str) else ""


def _extract_message(error: HttpResponseError) -> str:
    message = getattr(error.error, "message", None)
    return message if isinstance(message, str) else ""


def _extract_match(pattern: Any, raw_message: bytes) -> str:
    match = pattern.search(raw_message)
    return match[1].decode("utf-8", "replace") if match else ""


def _sanitize(text: str) -> str:
    # Azure's message may quote what was sent. Redact before cutting: half a secret would not be recognized as one.
    return redact(text)[:MAX_TEXT_CHARS]
