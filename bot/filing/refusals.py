"""Why Azure made no ticket of a draft: its errors, and those of the sign-in, as refusals."""

from __future__ import annotations

from typing import Any

import aiohttp
from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    IncompleteReadError,
    ServiceRequestError,
    ServiceResponseError,
)

from bot.looking.scoped import NoToken
from bot.looking.waiting import retry_after_of
from bot.looking.wire import ForeignAddress
from dialogs.errors import FilingRefused, LookRefused
from dialogs.filings import FilingReason, FilingRefusal
from knowledge.patterns import compiled
from knowledge.redaction import redact

ROLE = "Support Request Contributor"
MOST = 400
_CODES: dict[str, FilingReason] = {
    "invalidsupportplan": "no-plan",
    "missingsubscriptionregistration": "not-registered",
    "subscriptionnotregistered": "not-registered",
    "quotaexceeded": "quota",
    "invalidauthenticationtokentenant": "other-tenant",
    "subscriptionnotfound": "not-found",
}
_STATUSES: dict[int, FilingReason] = {
    400: "rejected",
    401: "unauthorized",
    403: "no-permission",
    404: "not-found",
    409: "name-taken",
    422: "rejected",
    429: "busy",
}
_SAME = {"sign-in", "consent", "conditional-access", "not-allowed", "other-tenant", "unauthorized", "no-network"}
_PLAN = compiled(r"support plan type is ([\w .-]{1,40}?)\.(?:\s|$)")
_ACTION = compiled(r"perform action '([^']{1,200})'")
_SCOPE = compiled(r"over scope '([^']{1,300})'")
_NEEDS_PERSON = (b"aadsts50076", b"aadsts50079", b"aadsts50158", b"aadsts530", b"insufficient_claims")
_NEEDS_CONSENT = (b"aadsts65001", b"aadsts65004", b"aadsts90094")


def refusal_of(error: BaseException) -> FilingRefusal:
    """What `error`, raised by the Support client or by the credential, says to the person."""
    if isinstance(error, FilingRefused):
        return error.refusal
    if isinstance(error, LookRefused):
        refusal = error.refusal
        reason: Any = refusal.reason if refusal.reason in _SAME else "unexpected"
        return FilingRefusal(reason, code=refusal.code, retry_after=refusal.retry_after)
    if isinstance(error, NoToken):
        return _without_token(error.cause)
    if isinstance(error, ForeignAddress):
        return FilingRefusal("suspicious")
    if isinstance(error, TimeoutError):
        return FilingRefusal("too-slow")
    if isinstance(error, (ServiceRequestError, ServiceResponseError, IncompleteReadError)):
        return FilingRefusal("no-network" if _unsent(error) else "unsure")
    if isinstance(error, HttpResponseError):
        return _answered(error)
    return FilingRefusal("azure-trouble" if isinstance(error, AzureError) else "unexpected")


def final(error: BaseException) -> bool:
    """Whether `error`, which asking for a ticket ended with, means that no ticket came of it."""
    if isinstance(error, NoToken) or _unsent(error):
        return True
    if not isinstance(error, HttpResponseError) or isinstance(error, IncompleteReadError):
        return False
    return refusal_of(error).reason not in ("azure-trouble", "name-taken", "unexpected")


def _unsent(error: BaseException) -> bool:
    """Whether the connection was never made. The client says the same of one that broke while it waited."""
    cause = error.__cause__
    return isinstance(error, ServiceRequestError) and isinstance(
        cause, (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
    )


def _answered(error: HttpResponseError) -> FilingRefusal:
    status, code, message = error.status_code or 0, _code(error), _message(error)
    raw = message.encode("utf-8", "replace")
    reason = _CODES.get(code.lower())
    if reason is None and "support plan" in message.lower() and "severity" not in message.lower():
        reason = "no-plan"
    if reason is None and status in (200, 202, 400, 403) and "severity" in f"{code} {message}".lower():
        reason = "severity"
    if reason is None:
        # an operation that failed is reported with 200
        reason = _STATUSES.get(status, "azure-trouble")
    detail = _found(_PLAN, raw) if reason == "no-plan" else message if reason in ("rejected", "azure-trouble") else ""
    headers: Any = getattr(error.response, "headers", {})
    return FilingRefusal(
        reason,
        detail=_safe(detail),
        action=_safe(_found(_ACTION, raw)),
        scope=_safe(_found(_SCOPE, raw)),
        role=ROLE if reason == "no-permission" else "",
        code=_safe(code),
        retry_after=retry_after_of(headers) if reason == "busy" else None,
    )


def _without_token(cause: BaseException) -> FilingRefusal:
    if isinstance(cause, LookRefused):
        return refusal_of(cause)
    said = str(cause).encode("utf-8", "replace").lower()
    if any(code in said for code in _NEEDS_CONSENT):
        return FilingRefusal("consent")
    if any(code in said for code in _NEEDS_PERSON):
        return FilingRefusal("conditional-access")
    return FilingRefusal("sign-in")


def _code(error: HttpResponseError) -> str:
    code = getattr(error.error, "code", None)
    return code if isinstance(code, str) else ""


def _message(error: HttpResponseError) -> str:
    message = getattr(error.error, "message", None)
    return message if isinstance(message, str) else ""


def _found(pattern: Any, raw: bytes) -> str:
    found = pattern.search(raw)
    return found[1].decode("utf-8", "replace") if found else ""


def _safe(text: str) -> str:
    # Azure's words may quote what was sent
    return redact(text[: 4 * MOST])[:MOST]
