"""Translate whatever an Azure SDK raises into a refusal that the conversation can explain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    IncompleteReadError,
    ServiceRequestError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
)

from bot.azure.arm.request_policy import ForeignAddressError
from bot.azure.arm.retry_after import get_response_headers, parse_retry_after
from bot.azure.credentials.scoped_credential import NoTokenError
from bot.azure.credentials.sign_in_errors import build_token_refusal
from dialogs.model.azure_refusal import AzureRefusal, AzureRefusalReason
from dialogs.model.errors import AzureRefusedError
from knowledge.patterns import compile_pattern
from knowledge.redaction.redact import redact

READ_BLOBS_ACTION = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"
MAX_TEXT_CHARS = 400

_MAX_MESSAGE_BYTES = 8_000
_NOT_AUTHORIZED = compile_pattern(
    r"perform action '([\w./*-]{3,200})'(?: over scope '([\w./()%@ -]{1,600})')?",
)


@dataclass(frozen=True, slots=True)
class MessageRule:
    """The reason for responses whose code or message matches `pattern`, with one of `statuses` unless that is empty."""

    reason: AzureRefusalReason
    pattern: Any
    statuses: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class ErrorRules:
    """How an Azure service reports refusals. Codes outrank messages, and messages outrank statuses.

    Attributes:
        by_code: Reasons by the service's error code, in lower case.
        by_message: Reasons by what the message says; the first matching rule counts.
        by_status: Reasons by HTTP status.
        otherwise: The reason for any other response, and for an SDK error without one.
        roles: Reasons that mean a missing permission, with the built-in role that includes it.
        action: The missing permission if the message doesn't name it.
        details: Reasons for which the message is shown, as far as the pattern's first group matches it.
    """

    by_code: Mapping[str, AzureRefusalReason]
    by_status: Mapping[int, AzureRefusalReason]
    otherwise: AzureRefusalReason
    roles: Mapping[AzureRefusalReason, str]
    by_message: tuple[MessageRule, ...] = ()
    action: str = ""
    details: Mapping[AzureRefusalReason, Any] = field(default_factory=dict)

    def find_reason(self, status: int, code: str, message: bytes) -> AzureRefusalReason:
        """Return the reason for an error response."""
        if reason := self.by_code.get(code.lower()):
            return reason
        text = code.encode() + b"\n" + message
        for rule in self.by_message:
            if (not rule.statuses or status in rule.statuses) and rule.pattern.search(text):
                return rule.reason
        return self.by_status.get(status) or ("azure-trouble" if status >= 500 else self.otherwise)


_STATUS_REASONS: Mapping[int, AzureRefusalReason] = {
    401: "unauthorized", 403: "denied", 404: "not-found", 408: "too-slow", 409: "conflict", 429: "busy",
}  # fmt: skip
RESOURCE_MANAGER = ErrorRules(
    by_code={
        "invalidauthenticationtokentenant": "other-tenant",
        "authorizationfailed": "denied",
        "linkedauthorizationfailed": "denied",
        "missingsubscriptionregistration": "conflict",
    },
    by_status=_STATUS_REASONS,
    otherwise="unexpected",
    roles={"denied": "Reader"},
)
STORAGE = ErrorRules(
    by_code={
        "authorizationpermissionmismatch": "no-data-role",
        "insufficientaccountpermissions": "no-data-role",
        "authorizationfailure": "firewall",
        "authorizationsourceipmismatch": "firewall",
        "keybasedauthenticationnotpermitted": "keys-disabled",
        "authenticationfailed": "unauthorized",
        "invalidauthenticationinfo": "unauthorized",
        "noauthenticationinformation": "unauthorized",
        "containernotfound": "no-log",
        "containerbeingdeleted": "log-gone",
        "blobnotfound": "no-log",
        "serverbusy": "busy",
    },
    by_status=_STATUS_REASONS,
    otherwise="unexpected",
    roles={"denied": "Storage Blob Data Reader", "no-data-role": "Storage Blob Data Reader"},
    action=READ_BLOBS_ACTION,
)


def build_refused_error(
    error: BaseException, target: str = "", rules: ErrorRules = RESOURCE_MANAGER, scope: str = ""
) -> AzureRefusedError:
    """Build the refusal for `error`, raised while `target` (a resource id or a name) was read from a service.

    `scope` is the resource id where a missing role would have to be assigned. An `AzureRefusedError` is returned
    unchanged.
    """
    if isinstance(error, AzureRefusedError):
        return error
    if isinstance(error, NoTokenError):
        return AzureRefusedError(build_token_refusal(error.cause, target))
    if isinstance(error, ForeignAddressError):
        return _build_error("suspicious", target)
    if isinstance(error, (TimeoutError, ServiceResponseTimeoutError)):
        return _build_error("too-slow", target)
    if isinstance(error, (ServiceRequestError, ServiceResponseError, IncompleteReadError)):
        return _build_error("no-network", target)
    if isinstance(error, HttpResponseError) and error.response is not None:
        return AzureRefusedError(_build_response_refusal(error, target, rules, scope))
    if isinstance(error, ClientAuthenticationError):
        return AzureRefusedError(build_token_refusal(error, target))
    if isinstance(error, AzureError):
        return _build_error(rules.otherwise, target, code=type(error).__name__)
    return _build_error("unexpected", target)


def _build_error(reason: AzureRefusalReason, target: str, code: str = "") -> AzureRefusedError:
    return AzureRefusedError(AzureRefusal(reason, redact(target), code=code))


def _build_response_refusal(error: HttpResponseError, target: str, rules: ErrorRules, scope: str) -> AzureRefusal:
    status, headers = error.status_code or 0, get_response_headers(error)
    code, message = _extract_code(error), _extract_message(error)
    # a conditional access policy answers 401 with a claims challenge; only signing in again helps
    is_challenge = status == 401 and "claims=" in headers.get("WWW-Authenticate", "")
    reason = "conditional-access" if is_challenge else rules.find_reason(status, code, message)
    action = ""
    if reason in rules.roles:
        match = _NOT_AUTHORIZED.search(message or (error.message or "").encode("utf-8", "replace")[:_MAX_MESSAGE_BYTES])
        action = match[1].decode() if match else rules.action
        scope = (match[2] or b"").decode() if match else scope
    detail = rules.details[reason].search(message) if reason in rules.details else None
    return AzureRefusal(
        reason,
        redact(target),
        action=_sanitize(action),
        scope=_sanitize(scope) if reason in rules.roles else "",
        role=rules.roles.get(reason, ""),
        code=_sanitize(code),
        retry_after=parse_retry_after(headers) if reason in ("busy", "azure-trouble") else None,
        detail=_sanitize(detail[1].decode("utf-8", "replace")) if detail else "",
    )


def _extract_code(error: HttpResponseError) -> str:
    """Return Azure's error code, from the body's `error` or, if there is no body, from a header."""
    code = getattr(error, "error_code", None) or getattr(error.error, "code", None)
    code = code or get_response_headers(error).get("x-ms-error-code")
    code = str(getattr(code, "value", code) or "")
    # the code is shown to people: anything that isn't a plain identifier is dropped
    return code[:100] if code.replace(".", "").replace("_", "").isalnum() else ""


def _extract_message(error: HttpResponseError) -> bytes:
    message = getattr(error.error, "message", None)
    return message.encode("utf-8", "replace")[:_MAX_MESSAGE_BYTES] if isinstance(message, str) else b""


def _sanitize(text: str) -> str:
    # Azure's message may quote what was sent. Redact before cutting: half a secret wouldn't be recognized as one.
    return redact(text)[:MAX_TEXT_CHARS]
