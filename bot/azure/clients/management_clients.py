"""The SDK's clients for one lookup: Resource Manager and Storage, both read-only, over one connection pool."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from azure.core.credentials_async import AsyncTokenCredential
from azure.core.pipeline import policies
from azure.core.pipeline.transport import AioHttpTransport
from azure.core.rest import HttpRequest
from azure.mgmt.core.policies import AsyncARMChallengeAuthenticationPolicy
from azure.mgmt.imagebuilder.aio import ImageBuilderClient
from azure.storage.blob.aio import ContainerClient

from bot.azure.arm.allowed_requests import LOG_RULES, LOOKUP_RULES, PREFLIGHT_RULES, AllowRule
from bot.azure.arm.request_policy import (
    Deadline,
    RequestPolicy,
    ResourceManagerPolicy,
    RetryRule,
    StoragePolicy,
)
from bot.azure.clients.refusals import build_refused_error
from bot.azure.credentials.scoped_credential import ScopedCredential
from knowledge.azure_clouds import AzureCloud
from knowledge.template.image_template import ImageTemplate
from knowledge.template.parsing import parse_template
from knowledge.template.template_id import TemplateId

USER_AGENT = "image-medic"
CONNECT_SECONDS = 3
READ_SECONDS = 6
RETRY_PAUSE_SECONDS = 0.2
SUBSCRIPTIONS_VERSION = "2022-12-01"
GROUPS_VERSION = "2022-09-01"
ACCOUNTS_VERSION = "2023-05-01"
TEMPLATES_VERSION = "2025-10-01"
"""The version that has all properties of a template; the SDK's clients use the same one."""
BLOB_VERSION = "2023-11-03"
"""Old enough for every cloud and for Azurite; reading doesn't need anything newer."""
LOG_CONTAINER = "packerlogs"
MAX_GET_BYTES = 4 << 20
_ANY_SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"


class ManagementClients:
    """The clients of one lookup. An async context manager that closes the connections at the end."""

    def __init__(self, cloud: AzureCloud, credential: AsyncTokenCredential, deadline: Deadline) -> None:
        self.cloud = cloud
        self.deadline = deadline
        # retrying without time for the response would only lose the first response
        self._retry = RetryRule(2, RETRY_PAUSE_SECONDS, lambda: deadline.remaining_seconds / 2)
        self._resource_manager_credential = ScopedCredential(credential, cloud.resource_scope)
        self._storage_credential = ScopedCredential(credential, cloud.storage_scope)
        self._transport = AioHttpTransport(
            connection_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            connection_verify=str(cloud.ca_file) if cloud.ca_file else True,
        )
        # shared by the clients of all subscriptions, so that a lookup fetches its token once
        self._authentication_policy = AsyncARMChallengeAuthenticationPolicy(
            self._resource_manager_credential, cloud.resource_scope
        )
        self._clients: dict[str, ImageBuilderClient] = {}
        self._preflight_client: ImageBuilderClient | None = None

    async def __aenter__(self) -> ManagementClients:
        await self._transport.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._transport.close()

    async def get_template(self, template_id: TemplateId) -> ImageTemplate:
        """Fetch the template from Resource Manager. Raise `AzureRefusedError`."""
        try:
            operations = self._get_client(template_id.subscription).virtual_machine_image_templates
            answer = await operations.get(template_id.resource_group, template_id.name)
            return parse_template(answer.as_dict())
        except Exception as error:
            raise build_refused_error(error, template_id.to_resource_id()) from error

    async def get_template_json(self, template_id: TemplateId) -> str:
        """Fetch the template as Resource Manager's JSON text, which may have secrets. Raise `AzureRefusedError`."""
        path = (
            f"/subscriptions/{template_id.subscription}/resourceGroups/{quote(template_id.resource_group)}"
            f"/providers/Microsoft.VirtualMachineImages/imageTemplates/{quote(template_id.name)}"
        )
        url = f"{path}?{urlencode({'api-version': TEMPLATES_VERSION})}"
        try:
            response = await self._get_client(template_id.subscription).send_request(HttpRequest("GET", url))
            response.raise_for_status()
            return response.text()
        except Exception as error:
            raise build_refused_error(error, template_id.to_resource_id()) from error

    async def list_templates(self, subscription: str) -> AsyncIterator[ImageTemplate]:
        """Yield the templates of a subscription, page by page. Raise `AzureRefusedError`."""
        try:
            async for template in self._get_client(subscription).virtual_machine_image_templates.list():
                yield parse_template(template.as_dict())
        except Exception as error:
            raise build_refused_error(error, f"/subscriptions/{subscription}") from error

    async def list_run_outputs(self, template_id: TemplateId) -> list[dict[str, Any]]:
        """Fetch the outputs of a template's runs, as JSON objects. Raise `AzureRefusedError`."""
        try:
            operations = self._get_client(template_id.subscription).virtual_machine_image_templates
            outputs = operations.list_run_outputs(template_id.resource_group, template_id.name)
            return [output.as_dict() async for output in outputs]
        except Exception as error:
            raise build_refused_error(error, template_id.to_resource_id()) from error

    async def list_subscriptions(self) -> list[dict[str, Any]]:
        """Fetch the subscriptions that the credential can read. Raise `AzureRefusedError`."""
        return await self._list_all("/subscriptions", SUBSCRIPTIONS_VERSION, "subscriptions")

    async def get_group_tags(self, subscription: str, group: str) -> dict[str, str]:
        """Fetch the tags of a resource group, their names in lower case. Raise `AzureRefusedError`."""
        path = f"/subscriptions/{subscription}/resourceGroups/{quote(group)}"
        resource_group = await self._get_json(f"{path}?{urlencode({'api-version': GROUPS_VERSION})}", path)
        tags = resource_group.get("tags")
        return {str(name).lower(): str(value) for name, value in tags.items()} if isinstance(tags, dict) else {}

    async def list_storage_accounts(self, subscription: str, group: str | None = None) -> list[dict[str, Any]]:
        """Fetch the storage accounts of a resource group, or of a whole subscription. Raise `AzureRefusedError`."""
        scope = f"/subscriptions/{subscription}" + (f"/resourceGroups/{quote(group)}" if group else "")
        return await self._list_all(f"{scope}/providers/Microsoft.Storage/storageAccounts", ACCOUNTS_VERSION, scope)

    async def look_up(self, path: str, query: Sequence[tuple[str, str]]) -> Any:
        """Fetch the JSON at a path that a preflight check asks for. Raise `AzureRefusedError`."""
        return await self._fetch_for_preflight(f"{quote(path)}?{urlencode(query)}", path)

    async def look_up_next(self, address: str) -> dict[str, Any]:
        """Fetch the next page of a list that a preflight check asked for. Raise `AzureRefusedError`."""
        body = await self._fetch_for_preflight(address, "")
        return body if isinstance(body, dict) else {}

    async def _fetch_for_preflight(self, url: str, target: str) -> Any:
        if self._preflight_client is None:
            self._preflight_client = self._build_client(_ANY_SUBSCRIPTION, PREFLIGHT_RULES)
        try:
            response = await self._preflight_client.send_request(HttpRequest("GET", url))
            response.raise_for_status()
            return response.json()
        except Exception as error:
            raise build_refused_error(error, target) from error

    def get_log_container(self, endpoint: str) -> ContainerClient:
        """Open the container of build logs at a storage account's endpoint, which the caller must have checked."""
        policy = StoragePolicy(RequestPolicy(f"{endpoint}/{LOG_CONTAINER}", LOG_RULES, self._retry))
        return ContainerClient(
            endpoint,
            LOG_CONTAINER,
            credential=self._storage_credential,
            transport=self._transport,
            retry_policy=policy,
            audience=self.cloud.storage_scope.removesuffix("/.default"),
            api_version=BLOB_VERSION,
            permit_redirects=False,
            max_single_get_size=MAX_GET_BYTES,
            max_chunk_get_size=MAX_GET_BYTES,
            user_agent=USER_AGENT,
        )

    async def _list_all(self, path: str, api_version: str, target: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        url: str | None = f"{path}?{urlencode({'api-version': api_version})}"
        while url:
            page = await self._get_json(url, target)
            values = page.get("value")
            items += [value for value in values if isinstance(value, dict)] if isinstance(values, list) else []
            next_link = page.get("nextLink")
            url = next_link if isinstance(next_link, str) else None
        return items

    async def _get_json(self, url: str, target: str) -> dict[str, Any]:
        try:
            response = await self._get_client(_ANY_SUBSCRIPTION).send_request(HttpRequest("GET", url))
            response.raise_for_status()
            body = response.json()
        except Exception as error:
            raise build_refused_error(error, target) from error
        return body if isinstance(body, dict) else {}

    def _get_client(self, subscription: str) -> ImageBuilderClient:
        """Return the client for a subscription, built on the first call."""
        if subscription not in self._clients:
            self._clients[subscription] = self._build_client(subscription, LOOKUP_RULES)
        return self._clients[subscription]

    def _build_client(self, subscription: str, rules: Sequence[AllowRule]) -> ImageBuilderClient:
        """Build a client that sends only requests that `rules` allow.

        The SDK's default policies would follow redirects, wait as long as a response asks, and register a missing
        resource provider, which is a change. So the list leaves those three out.
        """
        return ImageBuilderClient(
            self._resource_manager_credential,
            subscription,
            base_url=self.cloud.resource_manager,
            credential_scopes=[self.cloud.resource_scope],
            transport=self._transport,
            policies=[
                policies.RequestIdPolicy(),
                policies.HeadersPolicy(),
                policies.UserAgentPolicy(USER_AGENT),
                policies.ProxyPolicy(),
                policies.ContentDecodePolicy(),
                ResourceManagerPolicy(RequestPolicy(self.cloud.resource_manager, rules, self._retry)),
                self._authentication_policy,
            ],
        )
