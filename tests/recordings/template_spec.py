"""The sandbox's template that represents a recorded one, so that both can be asked for with the same request."""

from __future__ import annotations

from typing import Any

from bot.sandbox.builds.scenario import RunOutputSpec, RunSpec, Scenario, TemplateSpec, TriggerSpec
from tests.recordings.exchange import SUBSCRIPTION, Exchange

_COMPUTED = frozenset(
    {"provisioningState", "provisioningError", "lastRunStatus", "exactStagingResourceGroup", "buildTimeoutInMinutes"}
)
"""What the sandbox works out itself."""
_IMAGE = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Compute/images/img_1"
_DEFAULT_VM = {"vmSize": "", "osDiskSizeGB": 0}
_IDENTITY_KINDS = {"UserAssigned": "assigned", "None": "removed", None: "missing"}


def build_scenario(exchange: Exchange) -> Scenario:
    """Build a scenario with the templates of a recorded answer; for an answer about something else, one that has it."""
    templates = tuple(_build_template_spec(found) for found in exchange.templates) or (_build_owner_spec(exchange),)
    return Scenario({SUBSCRIPTION: "Recorded"}, templates)


def _build_template_spec(found: dict[str, Any]) -> TemplateSpec:
    properties = {key: value for key, value in found["properties"].items() if key not in _COMPUTED}
    if properties.get("vmProfile") == _DEFAULT_VM:
        del properties["vmProfile"]
    if not properties.get("stagingResourceGroup"):
        properties.pop("stagingResourceGroup", None)
    error = found["properties"].get("provisioningError")
    return TemplateSpec(
        subscription=SUBSCRIPTION,
        group=found["id"].split("/")[4],
        name=found["name"],
        location=found["location"],
        properties=properties,
        provisioning={"state": found["properties"]["provisioningState"]}
        | ({"code": error["provisioningErrorCode"], "message": error["message"]} if error else {}),
        storage_access="open",
        last_run=_build_run_spec(found["properties"].get("lastRunStatus")),
        identity=_IDENTITY_KINDS[found.get("identity", {}).get("type")],  # type: ignore[arg-type]
        tags=found["tags"],
    )


def _build_run_spec(status: dict[str, str] | None) -> RunSpec | None:
    """Build a run that is now where the recorded one was."""
    if status is None:
        return None
    run = {"Running": (10, 0.1, "Succeeded", ""), "Canceling": (10, 9.9, "Canceled", "The build was canceled")}
    minutes, started_minutes_ago, state, message = run[status["runState"]]
    return RunSpec(
        state,
        message,
        duration_minutes=minutes,
        started_minutes_ago=started_minutes_ago,
        repeat_minutes=600,
    )


def _build_owner_spec(exchange: Exchange) -> TemplateSpec:
    """Build the template of a run output, a trigger, or an operation."""
    parts = exchange.path.split("/")
    is_operation = "operations" in parts
    has_failed = is_operation and exchange.body["status"] == "Failed"
    is_in_progress = is_operation and exchange.body["status"] == "InProgress"
    timing = {"started_minutes_ago": 1, "repeat_minutes": 600} if is_in_progress else {}
    return TemplateSpec(
        subscription=SUBSCRIPTION,
        group="rg" if is_operation else parts[4],
        name="template01" if is_operation else parts[8],
        location=parts[parts.index("locations") + 1] if is_operation else "westus",
        properties={"source": {"type": "PlatformImage"}, "distribute": []},
        provisioning={"state": "Failed", "code": "Unauthorized", "message": exchange.body["error"]["message"]}
        if has_failed
        else {"state": "Succeeded"},
        storage_access="open",
        last_run=None
        if has_failed
        else RunSpec(
            "Succeeded",
            "",
            duration_minutes=10,
            outputs=(RunOutputSpec("img_1", _IMAGE),),
            **timing,  # type: ignore[arg-type]
        ),
        triggers=(TriggerSpec("trigger"),),
    )
