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

from bot.azure.arm.read_only_policy import ForeignAddress
from bot.azure.arm.retry_after import headers_of, retry_after_of
from bot.azure.credentials.scoped_credential import NoToken
from bot.azure.credentials.sign_in_errors import refusal_of_token
from dialogs.model.azure import Refusal
from dialogs.model.errors import FilingRefused, LookRefused
from dialogs.model.support import FilingReason, FilingRefusal
from knowledge.redaction.redact import redact
from knowledge.text.patterns import compiled

ROLE = "Support Request Contributor"
MOST = 400
OK = 200
"""The status under which an operation is reported to have failed."""
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
_PLAN = compiled(r"support plan type is ([\w .-]{1,40}?)\.(?:\s|$)")
_ACTION = compiled(r"perform action '([^']{1,200})'")
_SCOPE = compiled(r"over scope '([^']{1,300})'")


def refusal_of(error: BaseException) -> FilingRefusal:
    """What `error`, raised by the Support client or by the credential, says to the person."""
    if isinstance(error, FilingRefused):
        return error.refusal
    if isinstance(error, (LookRefused, NoToken)):
        return _as_looks_say(error.refusal if isinstance(error, LookRefused) else refusal_of_token(error.cause, ""))
    if isinstance(error, ForeignAddress):
        return FilingRefusal("suspicious")
    if isinstance(error, TimeoutError):
        return FilingRefusal("too-slow")
    if isinstance(error, (ServiceRequestError, ServiceResponseError, IncompleteReadError)):
        return FilingRefusal("no-network")
    if isinstance(error, HttpResponseError):
        return _answered(error)
    return FilingRefusal("azure-trouble" if isinstance(error, AzureError) else "unexpected")


def refused_request(error: AzureError) -> bool:
    """Whether `error`, which the request for a ticket ended with, means that no ticket comes of it."""
    if isinstance(error, NoToken) or _unsent(error):
        return True
    answered = isinstance(error, HttpResponseError) and not isinstance(error, IncompleteReadError)
    return answered and refusal_of(error).reason not in ("azure-trouble", "name-taken", "unexpected")


def failed_operation(error: AzureError) -> bool:
    """Whether `error`, which following an accepted request ended with, is the operation's own and known failure.

    Anything else may have stopped the following alone.
    """
    answered = isinstance(error, HttpResponseError) and error.status_code == OK
    return answered and refusal_of(error).reason != "azure-trouble"


def _as_looks_say(refusal: Refusal) -> FilingRefusal:
    """What stopped a sign-in, for a look or for a ticket alike."""
    reason: Any = refusal.reason if refusal.reason in get_args(FilingReason) else "unexpected"
    return FilingRefusal(reason, code=refusal.code, retry_after=refusal.retry_after)


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
        reason = _STATUSES.get(status, "azure-trouble")
    if status == 401 and "claims=" in headers_of(error).get("WWW-Authenticate", ""):
        reason = "conditional-access"
    detail = _found(_PLAN, raw) if reason == "no-plan" else message if reason in ("rejected", "azure-trouble") else ""
    return FilingRefusal(
        reason,
        detail=_safe(detail),
        action=_safe(_found(_ACTION, raw)),
        scope=_safe(_found(_SCOPE, raw)),
        role=ROLE if reason == "no-permission" else "",
        code=_safe(code),
        retry_after=retry_after_of(headers_of(error)) if reason == "busy" else None,
    )


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
    # Azure's words may quote what was sent; cut only afterwards, since half a secret would not be recognised as one
    return redact(text)[:MOST]
