"""Why Azure made no ticket of a draft: its errors, and those of the sign-in, as refusals."""

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

from bot.azure.arm.read_only_policy import ForeignAddressError
from bot.azure.arm.retry_after import get_response_headers, parse_retry_after
from bot.azure.credentials.scoped_credential import NoTokenError
from bot.azure.credentials.sign_in_errors import build_token_refusal
from dialogs.model.azure import AzureRefusal
from dialogs.model.errors import AzureRefusedError, TicketRefusedError
from dialogs.model.support import TicketRefusal, TicketRefusalReason
from knowledge.redaction.redact import redact
from knowledge.text.patterns import compile_pattern

SUPPORT_ROLE = "Support Request Contributor"
MAX_TEXT_CHARS = 400
HTTP_OK = 200
"""The status under which an operation is reported to have failed."""
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
    """What `error`, raised by the Support client or by the credential, says to the person."""
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
    """Whether `error`, which the request for a ticket ended with, means that no ticket comes of it."""
    if isinstance(error, NoTokenError) or _was_never_sent(error):
        return True
    answered = isinstance(error, HttpResponseError) and not isinstance(error, IncompleteReadError)
    return answered and build_refusal(error).reason not in ("azure-trouble", "name-taken", "unexpected")


def has_operation_failed(error: AzureError) -> bool:
    """Whether `error`, which following an accepted request ended with, is the operation's own and known failure.

    Anything else may have stopped the following alone.
    """
    answered = isinstance(error, HttpResponseError) and error.status_code == HTTP_OK
    return answered and build_refusal(error).reason != "azure-trouble"


def _convert_azure_refusal(refusal: AzureRefusal) -> TicketRefusal:
    """What stopped a sign-in, for a look or for a ticket alike."""
    reason: Any = refusal.reason if refusal.reason in get_args(TicketRefusalReason) else "unexpected"
    return TicketRefusal(reason, code=refusal.code, retry_after=refusal.retry_after)


def _was_never_sent(error: BaseException) -> bool:
    """Whether the connection was never made. The client says the same of one that broke while it waited."""
    cause = error.__cause__
    return isinstance(error, ServiceRequestError) and isinstance(
        cause, (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
    )


def _build_response_refusal(error: HttpResponseError) -> TicketRefusal:
    status, code, message = error.status_code or 0, _extract_code(error), _extract_message(error)
    raw = message.encode("utf-8", "replace")
    reason = _REASON_BY_CODE.get(code.lower())
    if reason is None and "support plan" in message.lower() and "severity" not in message.lower():
        reason = "no-plan"
    if reason is None and status in (200, 202, 400, 403) and "severity" in f"{code} {message}".lower():
        reason = "severity"
    if reason is None:
        reason = _REASON_BY_STATUS.get(status, "azure-trouble")
    if status == 401 and "claims=" in get_response_headers(error).get("WWW-Authenticate", ""):
        reason = "conditional-access"
    detail = (
        _extract_match(_PLAN_PATTERN, raw)
        if reason == "no-plan"
        else message
        if reason in ("rejected", "azure-trouble")
        else ""
    )
    return TicketRefusal(
        reason,
        detail=_sanitize(detail),
        action=_sanitize(_extract_match(_ACTION_PATTERN, raw)),
        scope=_sanitize(_extract_match(_SCOPE_PATTERN, raw)),
        role=SUPPORT_ROLE if reason == "no-permission" else "",
        code=_sanitize(code),
        retry_after=parse_retry_after(get_response_headers(error)) if reason == "busy" else None,
    )


def _extract_code(error: HttpResponseError) -> str:
    code = getattr(error.error, "code", None)
    return code if isinstance(code, str) else ""


def _extract_message(error: HttpResponseError) -> str:
    message = getattr(error.error, "message", None)
    return message if isinstance(message, str) else ""


def _extract_match(pattern: Any, raw: bytes) -> str:
    found = pattern.search(raw)
    return found[1].decode("utf-8", "replace") if found else ""


def _sanitize(text: str) -> str:
    # Azure's words may quote what was sent; cut only afterwards, since half a secret would not be recognised as one
    return redact(text)[:MAX_TEXT_CHARS]
