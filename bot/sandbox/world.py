"""Everything that the sandbox shows, found by the names that a request gives; Azure compares them without case."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot.sandbox.refusals import no_group, no_resource, no_subscription, not_permitted, other_tenant
from bot.sandbox.runs import History, MadeRun
from bot.sandbox.scenario import Scenario, Template

TEMPLATES = "Microsoft.VirtualMachineImages/imageTemplates"


class World:
    """The scenario as it stands at a moment. `clock` gives UTC; the moment of making it is when the sandbox started."""

    def __init__(self, scenario: Scenario, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self.start = clock()
        self.subscriptions = scenario.subscriptions
        self._elsewhere = scenario.elsewhere
        self._histories = {_key(t): History(t, self.start) for t in scenario.templates}
        self._accounts = {t.account: t for t in scenario.templates}
        self._readings: dict[tuple[str, str, str], int] = {}

    def warm(self) -> None:
        """Plays what every template needs for its times; raises `StartError` for one that cannot be used."""
        for history in self._histories.values():
            history.runs(self.start)

    def subscription(self, subscription: str) -> str:
        """The id of a subscription as it is spelt. Raises `Refused`: 404 without one, 401 for another tenant's."""
        found = subscription.lower()
        if found in self._elsewhere:
            raise other_tenant(self._elsewhere[found])
        if found not in self.subscriptions:
            raise no_subscription(subscription)
        return found

    def templates(self, subscription: str, group: str | None = None) -> list[Template]:
        """The templates of a subscription or a resource group that may be seen. Raises `Refused`."""
        subscription = self.subscription(subscription)
        if group is not None:
            self.check_group(subscription, group, f"{TEMPLATES}/read")
        return [
            history.template
            for history in self._histories.values()
            if history.template.subscription == subscription
            and not history.template.denied
            and (group is None or history.template.group.lower() == group.lower())
        ]

    def template(self, subscription: str, group: str, name: str) -> Template:
        """A template that may be read. Raises `Refused`: 404, 403, 429."""
        self.check_group(self.subscription(subscription), group, f"{TEMPLATES}/read", f"/providers/{TEMPLATES}/{name}")
        history = self._histories.get((subscription.lower(), group.lower(), name.lower()))
        if history is None:
            raise no_resource(TEMPLATES, name, group)
        return history.template

    def throttles(self, template: Template) -> bool:
        """Counts a reading of the template; whether it is one of those that are refused."""
        self._readings[_key(template)] = self._readings.get(_key(template), 0) + 1
        return template.throttled and self._readings[_key(template)] % 2 == 1

    def check_group(self, subscription: str, group: str, action: str, within: str = "") -> Template | None:
        """The template whose staging group it is, None for another group. Raises `Refused`: 404, 403."""
        wanted, own = group.lower(), None
        known = [h.template for h in self._histories.values() if h.template.subscription == subscription]
        for template in known:
            if template.staging.lower() == wanted and template.storage != "group-deleted":
                own = template
                break
        else:
            if all(template.group.lower() != wanted for template in known):
                raise no_group(group)
        those = [own] if own else [template for template in known if template.group.lower() == wanted]
        if all(template.denied for template in those):
            raise not_permitted(action, f"/subscriptions/{subscription}/resourceGroups/{group}{within}")
        return own

    def groups(self, subscription: str) -> dict[str, Template | None]:
        """The resource groups that may be seen: by name, the template that a staging group belongs to."""
        found: dict[str, Template | None] = {}
        for template in self.templates(subscription):
            found[template.group] = None
            if template.storage != "group-deleted":
                found[template.staging] = template
        return found

    def runs(self, template: Template) -> list[MadeRun]:
        """The runs of a template by now, the newest first."""
        return self._histories[_key(template)].runs(self.clock())

    def owner(self, account: str) -> Template | None:
        """The template whose staging group holds a storage account."""
        found = self._accounts.get(account)
        return found if found and found.storage != "group-deleted" else None


def _key(template: Template) -> tuple[str, str, str]:
    return template.subscription.lower(), template.group.lower(), template.name.lower()
