"""How Azure Support reports refusals, and which errors prove that no ticket was created."""

from __future__ import annotations

import aiohttp
from azure.core.exceptions import AzureError, HttpResponseError, IncompleteReadError, ServiceRequestError

from bot.azure.clients.refusals import ErrorRules, MessageRule, build_refused_error
from bot.azure.credentials.scoped_credential import NoTokenError
from dialogs.model.azure_refusal import AzureRefusal
from knowledge.patterns import compile_pattern

HTTP_OK = 200
"""The status of the response in which Azure reports that a long-running operation has failed."""
_WHOLE_MESSAGE = compile_pattern(r"(?s)^(.+)$")
SUPPORT = ErrorRules(
    by_code={
        "invalidsupportplan": "no-plan",
        "missingsubscriptionregistration": "not-registered",
        "subscriptionnotregistered": "not-registered",
        "quotaexceeded": "quota",
        "invalidauthenticationtokentenant": "other-tenant",
        "subscriptionnotfound": "not-found",
    },
    by_message=(
        MessageRule("severity", compile_pattern("severity"), frozenset({HTTP_OK, 202, 400, 403})),
        MessageRule("no-plan", compile_pattern("support plan")),
    ),
    by_status={
        400: "rejected",
        401: "unauthorized",
        403: "no-permission",
        404: "not-found",
        409: "name-taken",
        422: "rejected",
        429: "busy",
    },
    otherwise="azure-trouble",
    roles={"no-permission": "Support Request Contributor"},
    details={
        "no-plan": compile_pattern(r"support plan type is ([\w .-]{1,40}?)\.(?:\s|$)"),
        "rejected": _WHOLE_MESSAGE,
        "azure-trouble": _WHOLE_MESSAGE,
    },
)


def build_refusal(error: BaseException) -> AzureRefusal:
    """Build the refusal for an error that the Support client or the credential raised."""
    return build_refused_error(error, rules=SUPPORT).refusal


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


def _was_never_sent(error: BaseException) -> bool:
    """Tell whether the connection failed to open.

    azure-core raises the same error if the connection breaks later, so the aiohttp error behind it decides.
    """
    cause = error.__cause__
    return isinstance(error, ServiceRequestError) and isinstance(
        cause, (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
    )
