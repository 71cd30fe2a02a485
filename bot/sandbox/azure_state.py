"""The resources that the sandbox shows, looked up by the names in a request. Azure ignores the case of names."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot.sandbox.azure_errors import (
    build_group_not_found_error,
    build_not_authorized_error,
    build_resource_not_found_error,
    build_subscription_not_found_error,
    build_wrong_tenant_error,
)
from bot.sandbox.builds.run_history import RunHistory, TemplateRun
from bot.sandbox.builds.scenario import Scenario, TemplateSpec

TEMPLATE_TYPE = "Microsoft.VirtualMachineImages/imageTemplates"


class FakeAzureState:
    """A scenario that progresses over time: its runs start and end, and their logs grow.

    Args:
        scenario: The subscriptions and templates to show.
        clock: Returns the current time in UTC. Its first value counts as the start of the sandbox.
    """

    def __init__(self, scenario: Scenario, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self.started_at = clock()
        self.subscriptions = scenario.subscriptions
        self._foreign_subscriptions = scenario.foreign_subscriptions
        self._run_histories = {_build_key(t): RunHistory(t, self.started_at) for t in scenario.templates}
        self._templates_by_account = {t.storage_account: t for t in scenario.templates}
        self._read_counts: dict[tuple[str, str, str], int] = {}

    def warm_up(self) -> None:
        """Compute the times of every run, so that a template file with an invalid step stops the start.

        Raises:
            StartError: A template file can't be used.
        """
        for history in self._run_histories.values():
            history.list_runs(self.started_at)

    def find_subscription(self, subscription: str) -> str:
        """Return the id of a subscription as the scenario spells it.

        Raises:
            FakeAzureError: There is none (404), or it belongs to another tenant (401).
        """
        subscription_id = subscription.lower()
        # Azure knows a subscription of another tenant, and names that tenant
        if subscription_id in self._foreign_subscriptions:
            raise build_wrong_tenant_error(self._foreign_subscriptions[subscription_id])
        if subscription_id not in self.subscriptions:
            raise build_subscription_not_found_error(subscription)
        return subscription_id

    def list_templates(self, subscription: str, group: str | None = None) -> list[TemplateSpec]:
        """Return the visible templates of a subscription, or of one of its resource groups.

        Raises:
            FakeAzureError: The subscription or the group can't be read.
        """
        subscription = self.find_subscription(subscription)
        if group is not None:
            self.check_group(subscription, group, f"{TEMPLATE_TYPE}/read")
        # like Azure, leave out what the caller can't read instead of refusing the whole list
        return [
            history.template
            for history in self._run_histories.values()
            if history.template.subscription == subscription
            and not history.template.denied
            and (group is None or history.template.group.lower() == group.lower())
        ]

    def find_template(self, subscription: str, group: str, name: str) -> TemplateSpec:
        """Return the template with this name.

        Raises:
            FakeAzureError: There is none (404), or the caller has no role for it (403).
        """
        self.check_group(
            self.find_subscription(subscription), group, f"{TEMPLATE_TYPE}/read", f"/providers/{TEMPLATE_TYPE}/{name}"
        )
        history = self._run_histories.get((subscription.lower(), group.lower(), name.lower()))
        if history is None:
            raise build_resource_not_found_error(TEMPLATE_TYPE, name, group)
        return history.template

    def should_throttle(self, template: TemplateSpec) -> bool:
        """Count a request for the template, and return whether to refuse it: every other one, the first included."""
        key = _build_key(template)
        self._read_counts[key] = self._read_counts.get(key, 0) + 1
        return template.throttled and self._read_counts[key] % 2 == 1

    def check_group(self, subscription: str, group: str, action: str, resource_path: str = "") -> TemplateSpec | None:
        """Check that a resource group exists and can be read; return the template whose staging group it is, if any.

        Args:
            subscription: The id as the scenario spells it.
            group: The name of the resource group.
            action: The permission that a refusal mentions.
            resource_path: The part of the resource id after the group, for the scope that a refusal mentions.

        Raises:
            FakeAzureError: The group doesn't exist (404), or all its templates are denied (403).
        """
        wanted = group.lower()
        templates = [h.template for h in self._run_histories.values() if h.template.subscription == subscription]
        staging_owner = next(
            (t for t in templates if t.staging_group.lower() == wanted and t.storage_access != "group-deleted"), None
        )
        # groups don't have their own roles here: a group can be read if one of its templates can
        members = [staging_owner] if staging_owner else [t for t in templates if t.group.lower() == wanted]
        if not members:
            raise build_group_not_found_error(group)
        if all(template.denied for template in members):
            scope = f"/subscriptions/{subscription}/resourceGroups/{group}{resource_path}"
            raise build_not_authorized_error(action, scope)
        return staging_owner

    def list_groups(self, subscription: str) -> dict[str, TemplateSpec | None]:
        """Return the visible resource groups by name, each staging group with the template that it belongs to."""
        groups: dict[str, TemplateSpec | None] = {}
        for template in self.list_templates(subscription):
            groups[template.group] = None
            if template.storage_access != "group-deleted":
                groups[template.staging_group] = template
        return groups

    def list_runs(self, template: TemplateSpec) -> list[TemplateRun]:
        """Return the runs of a template that have started so far, newest first."""
        return self._run_histories[_build_key(template)].list_runs(self.clock())

    def find_run(self, template: TemplateSpec, operation_id: str) -> TemplateRun | None:
        """Return the run that the operation with this id performs, if it's one of the template's last runs."""
        runs = self.list_runs(template)
        return next((run for run in runs if template.derive_guid("operation", run.cycle) == operation_id), None)

    def find_account_owner(self, account: str) -> TemplateSpec | None:
        """Return the template whose staging group has the storage account, if the group still exists."""
        owner = self._templates_by_account.get(account)
        return owner if owner and owner.storage_access != "group-deleted" else None


def _build_key(template: TemplateSpec) -> tuple[str, str, str]:
    return template.subscription.lower(), template.group.lower(), template.name.lower()
