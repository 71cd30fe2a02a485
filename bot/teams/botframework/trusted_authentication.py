"""Replace the Bot Framework SDK's own checks with the outcome of `bot.auth.request_authenticator`."""

from __future__ import annotations

from botbuilder.schema import Activity
from botframework.connector.auth import BotFrameworkAuthentication, ClaimsIdentity
from botframework.connector.auth.authenticate_request_result import AuthenticateRequestResult

from bot.teams.botframework.connector import ConnectorTransport, TrustedConnectorFactory


class TrustedAuthentication(BotFrameworkAuthentication):
    """The SDK's authentication, for requests that are already authenticated.

    The SDK's own checks answer forged tokens with 500, accept a token that never expires, and fetch keys and tokens in
    the event loop.
    """

    def __init__(self, transport: ConnectorTransport, app_id: str) -> None:
        self._transport = transport
        self._app_id = app_id

    def build_result(self, service_url: str) -> AuthenticateRequestResult:
        """Build what the SDK accepts as the outcome of its checks, for a request from a trusted service."""
        result = AuthenticateRequestResult()
        result.claims_identity = self.build_identity(service_url)
        result.connector_factory = self.create_connector_factory(result.claims_identity)
        return result

    def build_identity(self, service_url: str) -> ClaimsIdentity:
        """Build the bot's identity at a service; with it the SDK continues a conversation there."""
        return ClaimsIdentity({"aud": self._app_id, "serviceurl": service_url}, True)

    def create_connector_factory(self, claims_identity: ClaimsIdentity) -> TrustedConnectorFactory:
        """Create the factory that the SDK asks for connectors to the identity's service."""
        return self._transport.create_trusted_factory(claims_identity.get_claim_value("serviceurl") or "")

    async def create_user_token_client(self, claims_identity: ClaimsIdentity) -> None:
        """Return None: the SDK doesn't sign anyone in here."""

    async def authenticate_request(self, activity: Activity, auth_header: str) -> AuthenticateRequestResult:
        """Refuse: requests are authenticated before the SDK sees them."""
        raise PermissionError("requests are authenticated by bot.auth.request_authenticator, before they come here")

    async def authenticate_streaming_request(
        self, auth_header: str, channel_id_header: str
    ) -> AuthenticateRequestResult:
        """Refuse: this bot has no streaming endpoint."""
        raise PermissionError("this bot accepts activities in HTTP requests only")
