"""Which image template is meant: its full id, or the part that a person or a text gave."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from knowledge.azure_clouds import CLOUDS, detect_cloud
from knowledge.azure_names import (
    GUID,
    get_last_segment,
    is_guid,
    is_resource_group_name,
    is_storage_account_name,
    is_template_name,
)

# Azure itself writes some of the names in lower case, such as `resourcegroups`
_RESOURCE_ID = (
    rf"(?i)/subscriptions/({GUID})/resourceGroups/([^/]+)"
    r"/providers/Microsoft\.VirtualMachineImages/imageTemplates/([^/]+)/?"
)


@dataclass(frozen=True, slots=True)
class TemplateId:
    """Where an image template is."""

    subscription: str
    resource_group: str
    name: str

    @classmethod
    def parse(cls, resource_id: str) -> TemplateId | None:
        """Return the template whose resource id is `resource_id`, in any case; None for any other text."""
        match = re.fullmatch(_RESOURCE_ID, resource_id)
        template_id = cls(match[1].lower(), match[2], match[3]) if match else None
        return template_id if template_id and template_id.is_valid else None

    @classmethod
    def from_args(cls, args: Mapping[str, object]) -> TemplateId | None:
        """Return the template that the arguments of a button or a job name; None unless all its names are valid."""
        return TemplateQuery.from_args(args).template_id

    @property
    def is_valid(self) -> bool:
        """Whether Azure allows all the names, so that they are safe in a URL."""
        return (
            is_guid(self.subscription) and is_resource_group_name(self.resource_group) and is_template_name(self.name)
        )

    def to_resource_id(self) -> str:
        """Return the template's full resource id."""
        return (
            f"/subscriptions/{self.subscription}/resourceGroups/{self.resource_group}"
            f"/providers/Microsoft.VirtualMachineImages/imageTemplates/{self.name}"
        )

    def build_portal_url(self, region: str = "") -> str:
        """Return the address of the template's page in the portal of the cloud that has `region`."""
        return f"{CLOUDS[detect_cloud(region)].portal}/#resource{self.to_resource_id()}/overview"

    def to_args(self) -> dict[str, str]:
        """Return the template as the arguments of a button or a job. Cards that were sent hold these keys."""
        return {"sub": self.subscription, "rg": self.resource_group, "name": self.name}

    def to_facts(self) -> dict[str, str]:
        """Return the names as facts, which also fill the placeholders of commands."""
        return {"template": self.name, "resource_group": self.resource_group, "subscription": self.subscription}


@dataclass(frozen=True, slots=True)
class TemplateQuery:
    """What is known about the template to find; a field is "" when unknown.

    `name` may be the short name that an Azure DevOps task generated (`t_…`). The staging group or the storage account
    alone is enough to find its template.
    """

    name: str = ""
    resource_group: str = ""
    subscription: str = ""
    staging_group: str = ""
    account: str = ""

    @classmethod
    def from_names(cls, **names: object) -> TemplateQuery:
        """Build a query from untrusted names, by field: "" for each that Azure doesn't allow."""
        texts = {field: value for field in _IS_VALID_BY_FIELD if isinstance(value := names.get(field), str)}
        return cls(**{field: value for field, value in texts.items() if _IS_VALID_BY_FIELD[field](value)})

    @classmethod
    def from_args(cls, args: Mapping[str, object]) -> TemplateQuery:
        """Build a query from a button's arguments, which are untrusted."""
        return cls.from_names(name=args.get("name"), resource_group=args.get("rg"), subscription=args.get("sub"))

    @classmethod
    def from_facts(cls, facts: Mapping[str, object]) -> TemplateQuery:
        """Build a query from the facts of a diagnosis."""
        names = {field: facts.get(fact) for field, fact in _FACT_BY_FIELD.items()}
        return cls.from_names(**{**names, "staging_group": get_last_segment(str(names["staging_group"] or ""))})

    @classmethod
    def for_template(cls, template_id: TemplateId) -> TemplateQuery:
        """Build the query that only this template fits."""
        return cls(template_id.name, template_id.resource_group, template_id.subscription)

    @property
    def template_id(self) -> TemplateId | None:
        """The template, when subscription, resource group and name are all known."""
        if self.subscription and self.resource_group and self.name:
            return TemplateId(self.subscription, self.resource_group, self.name)
        return None

    def to_args(self) -> dict[str, str]:
        """Return the query as the arguments of a button, under the keys of `TemplateId.to_args`."""
        return TemplateId(self.subscription, self.resource_group, self.name).to_args()

    def to_facts(self) -> dict[str, str]:
        """Return the known names as facts, which also fill the placeholders of commands."""
        return {fact: value for field, fact in _FACT_BY_FIELD.items() if (value := getattr(self, field))}


_IS_VALID_BY_FIELD = {
    "name": is_template_name,
    "resource_group": is_resource_group_name,
    "subscription": is_guid,
    "staging_group": is_resource_group_name,
    "account": is_storage_account_name,
}
_FACT_BY_FIELD: Mapping[str, str] = {
    "name": "template",
    "resource_group": "resource_group",
    "subscription": "subscription",
    "staging_group": "staging_resource_group",
    "account": "account",
}
