"""Everything that the sandbox shows, found by the names that a request gives; Azure compares them without case."""

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
    """The scenario as it stands at a moment. `clock` gives UTC; the moment of making it is when the sandbox started."""

    def __init__(self, scenario: Scenario, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self.started_at = clock()
        self.subscriptions = scenario.subscriptions
        self._foreign_subscriptions = scenario.foreign_subscriptions
        self._run_histories = {_build_key(t): RunHistory(t, self.started_at) for t in scenario.templates}
        self._templates_by_account = {t.storage_account: t for t in scenario.templates}
        self._read_counts: dict[tuple[str, str, str], int] = {}

    def warm_up(self) -> None:
        """Plays what every template needs for its times; raises `StartError` for one that cannot be used."""
        for history in self._run_histories.values():
            history.list_runs(self.started_at)

    def find_subscription(self, subscription: str) -> str:
        """The id of a subscription as it is spelt. Raises `Refused`: 404 without one, 401 for another tenant's."""
        found = subscription.lower()
        if found in self._foreign_subscriptions:
            raise build_wrong_tenant_error(self._foreign_subscriptions[found])
        if found not in self.subscriptions:
            raise build_subscription_not_found_error(subscription)
        return found

    def list_templates(self, subscription: str, group: str | None = None) -> list[TemplateSpec]:
        """The templates of a subscription or a resource group that may be seen. Raises `Refused`."""
        subscription = self.find_subscription(subscription)
        if group is not None:
            self.check_group(subscription, group, f"{TEMPLATE_TYPE}/read")
        return [
            history.template
            for history in self._run_histories.values()
            if history.template.subscription == subscription
            and not history.template.denied
            and (group is None or history.template.group.lower() == group.lower())
        ]

    def find_template(self, subscription: str, group: str, name: str) -> TemplateSpec:
        """A template that may be read. Raises `Refused`: 404, 403, 429."""
        self.check_group(
            self.find_subscription(subscription), group, f"{TEMPLATE_TYPE}/read", f"/providers/{TEMPLATE_TYPE}/{name}"
        )
        history = self._run_histories.get((subscription.lower(), group.lower(), name.lower()))
        if history is None:
            raise build_resource_not_found_error(TEMPLATE_TYPE, name, group)
        return history.template

    def should_throttle(self, template: TemplateSpec) -> bool:
        """Counts a reading of the template; whether it is one of those that are refused."""
        self._read_counts[_build_key(template)] = self._read_counts.get(_build_key(template), 0) + 1
        return template.throttled and self._read_counts[_build_key(template)] % 2 == 1

    def check_group(self, subscription: str, group: str, action: str, resource_path: str = "") -> TemplateSpec | None:
        """The template whose staging group it is, None for another group. Raises `Refused`: 404, 403."""
        wanted, own = group.lower(), None
        known = [h.template for h in self._run_histories.values() if h.template.subscription == subscription]
        for template in known:
            if template.staging_group.lower() == wanted and template.storage_access != "group-deleted":
                own = template
                break
        else:
            if all(template.group.lower() != wanted for template in known):
                raise build_group_not_found_error(group)
        those = [own] if own else [template for template in known if template.group.lower() == wanted]
        if all(template.denied for template in those):
            raise build_not_authorized_error(
                action, f"/subscriptions/{subscription}/resourceGroups/{group}{resource_path}"
            )
        return own

    def list_groups(self, subscription: str) -> dict[str, TemplateSpec | None]:
        """The resource groups that may be seen: by name, the template that a staging group belongs to."""
        found: dict[str, TemplateSpec | None] = {}
        for template in self.list_templates(subscription):
            found[template.group] = None
            if template.storage_access != "group-deleted":
                found[template.staging_group] = template
        return found

    def list_runs(self, template: TemplateSpec) -> list[TemplateRun]:
        """The runs of a template by now, the newest first."""
        return self._run_histories[_build_key(template)].list_runs(self.clock())

    def find_account_owner(self, account: str) -> TemplateSpec | None:
        """The template whose staging group holds a storage account."""
        found = self._templates_by_account.get(account)
        return found if found and found.storage_access != "group-deleted" else None


def _build_key(template: TemplateSpec) -> tuple[str, str, str]:
    return template.subscription.lower(), template.group.lower(), template.name.lower()
