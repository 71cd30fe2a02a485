"""The doctor's checks of an installation. Each returns a finding that says what to do.

The checks change nothing, except for a document in the state store that they write and delete. No finding contains a
secret.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from email.utils import parsedate_to_datetime
from importlib import metadata
from pathlib import Path

from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector

from bot.auth.channel_auth import build_channel_auth
from bot.auth.json_client import JsonClient
from bot.auth.request_authenticator import LEEWAY_SECONDS
from bot.doctor.azure_checks import check_azure_access
from bot.doctor.checkup import PUBLIC_ENVIRONMENT, CheckState, Checkup, DoctorEnvironment
from bot.errors import ServiceUnreachableError, SettingsError, StartError, StoreError, TokenUnavailableError
from bot.host.open_store import open_store
from bot.host.settings import Settings, read_settings
from bot.settings.setting import SettingReader
from bot.settings.table import TELEMETRY
from bot.telemetry.opentelemetry import open_telemetry
from knowledge.catalog.loading import load_entries
from knowledge.model.errors import KnowledgeError

REQUIREMENTS_PATH = Path(__file__).resolve().parents[2] / "requirements.txt"
PROBE_KEY = "doctor"
"""The key of the test document. It can't collide with a conversation's key, which has separators."""
_PINNED_VERSION = re.compile(r"([a-z0-9-]+)==([0-9][0-9a-z.]*)(?: ; .+?)?(?: \\)?")
_HOST_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,62}\.)+[a-z]{2,63}(?::\d{1,5})?", re.IGNORECASE)


async def run_checks(
    environ: Mapping[str, str], environment: DoctorEnvironment = PUBLIC_ENVIRONMENT
) -> AsyncIterator[Checkup]:
    """Check the installation that the variables in `environ` describe, and yield the findings as they are made.

    If the settings are invalid, the checks that need them are skipped.
    """
    yield _check_packages()
    yield await asyncio.to_thread(_check_knowledge)
    try:
        settings = read_settings(environ)
    except SettingsError as error:
        for fault in error.faults:
            yield Checkup("settings", "fault", fault)
        return
    yield _check_credentials(settings)
    yield await _check_store(settings)
    if settings.credentials:
        yield await _check_token(settings, environment)
        async for finding in _check_service(environment):
            yield finding
        yield await _check_endpoint(environ.get("BOT_DOMAIN", "").strip(), environment)
    yield await check_azure_access(settings, environment)
    yield _check_telemetry(environ)


def _check_packages() -> Checkup:
    """Check that the installed packages have the versions that the project was tested with."""
    if not REQUIREMENTS_PATH.is_file():
        return Checkup(
            "packages", "warning", "Not checked: there's no requirements.txt here, as in the container image."
        )
    problems = []
    for line in REQUIREMENTS_PATH.read_text("utf-8").splitlines():
        pin = _PINNED_VERSION.fullmatch(line.strip())
        # lines with a marker apply only to certain platforms or Python versions
        if pin and " ; " not in line:
            try:
                installed = metadata.version(pin[1])
            except metadata.PackageNotFoundError:
                problems.append(f"{pin[1]} is missing")
                continue
            if installed != pin[2]:
                problems.append(f"{pin[1]} is {installed}, not {pin[2]}")
    if not problems:
        return Checkup("packages", "good", "The pinned versions are installed.")
    is_missing = any(problem.endswith("missing") for problem in problems)
    listing = "; ".join(problems[:5]) + ("; …" if len(problems) > 5 else "")
    return Checkup(
        "packages", "fault" if is_missing else "warning", f"{listing}. Install them: pip install -r requirements.txt"
    )


def _check_knowledge() -> Checkup:
    try:
        entries = load_entries()
    except KnowledgeError as error:
        return Checkup("knowledge", "fault", f"{error} Install the files again, or run: python app.py entries check")
    return Checkup("knowledge", "good", f"{len(entries)} entries.")


def _check_credentials(settings: Settings) -> Checkup:
    credentials = settings.credentials
    if credentials is None:
        local_only = "No credentials: the bot serves this machine only."
        return Checkup(
            "settings", "warning", f"{local_only} To serve Teams, set MicrosoftAppId and its related settings."
        )
    tenants = len(credentials.allowed_tenants)
    return Checkup(
        "settings", "good", f"A {credentials.app_type} bot for {tenants} tenant{'s' if tenants > 1 else ''}."
    )


async def _check_store(settings: Settings) -> Checkup:
    """Check that state can be read, written, and deleted."""
    try:
        store = await open_store(settings)
    except StoreError as error:
        return Checkup("state", "fault", str(error))
    try:
        stored = await store.load(PROBE_KEY)
        await store.commit(PROBE_KEY, stored.etag if stored else None, {"doctor": True})
        await store.forget(PROBE_KEY)
    except StoreError as error:
        return Checkup("state", "fault", str(error))
    finally:
        await store.close()
    place = settings.state_blob_url or settings.state_path
    limitation = "" if settings.state_blob_url else " It works for one instance, on a local disk."
    return Checkup("state", "good", f"{place} can be read and written.{limitation}")


async def _check_token(settings: Settings, environment: DoctorEnvironment) -> Checkup:
    """Check that the bot gets a token with its credentials."""
    auth = build_channel_auth(settings.credentials, environment.cloud, environment.tls)
    try:
        assert auth.tokens is not None
        await auth.tokens.get()
    except TokenUnavailableError as error:
        return Checkup("credentials", "fault", str(error))
    finally:
        await auth.close()
    return Checkup("credentials", "good", "The bot can get its token.")


async def _check_service(environment: DoctorEnvironment) -> AsyncIterator[Checkup]:
    """Check that the Bot Framework's signing keys can be fetched, and that this machine's clock agrees with it."""
    client = JsonClient(environment.tls)
    try:
        openid_metadata = await client.get(environment.cloud.metadata_url)
        if not isinstance(openid_metadata.get("jwks_uri"), str):
            raise ServiceUnreachableError("The metadata has no address for the signing keys.")
    except ServiceUnreachableError as error:
        yield Checkup(
            "signing keys",
            "fault",
            f"{error} The bot must be able to reach {environment.cloud.metadata_url}: "
            "check the network's outbound rules.",
        )
        return
    finally:
        await client.close()
    yield Checkup("signing keys", "good", "The service's metadata can be fetched.")
    skew = await _measure_clock_skew(environment)
    if skew is not None and abs(skew) > LEEWAY_SECONDS / 2:
        state: CheckState = "fault" if abs(skew) > LEEWAY_SECONDS else "warning"
        direction = "fast" if skew > 0 else "slow"
        message = f"This machine's clock is {abs(skew):.0f} s {direction}: tokens will be refused. Set it."
        yield Checkup("clock", state, message)
    elif skew is not None:
        yield Checkup("clock", "good", "It matches the service's clock.")


async def _measure_clock_skew(environment: DoctorEnvironment) -> float | None:
    """Return how many seconds this machine is ahead of the service, or None if the service sends no time."""
    return await _send_request(environment, environment.cloud.metadata_url, _read_clock_skew, environment.clock())


async def _read_clock_skew(session: ClientSession, url: str, now: float) -> float | None:
    async with session.get(url, allow_redirects=False) as response:
        date = response.headers.get("Date", "")
    try:
        return now - parsedate_to_datetime(date).timestamp()
    except ValueError:
        return None


async def _check_endpoint(domain: str, environment: DoctorEnvironment) -> Checkup:
    """Check that the public endpoint leads to this bot, by sending a message without a token."""
    if not domain:
        return Checkup("endpoint", "warning", "Not checked: set BOT_DOMAIN to the bot's public host name to check it.")
    if not _HOST_NAME.fullmatch(domain):
        return Checkup("endpoint", "fault", "BOT_DOMAIN isn't a host name. Leave out https:// and the path.")
    url = f"https://{domain}/api/messages"
    status = await _send_request(environment, url, _read_status_without_token, 0.0)
    if status is None:
        return Checkup(
            "endpoint",
            "fault",
            f"{url} doesn't answer over HTTPS: check the host name, its certificate, and that the TLS proxy forwards "
            "to the bot's port.",
        )
    if status == 401:
        return Checkup("endpoint", "good", f"{url} answers and refuses requests without a token.")
    reason = {
        201: "it accepts messages without a token, so it isn't this bot with its credentials",
        404: "something else is at that address, or the proxy drops the path",
        502: "the TLS proxy can't reach the bot: is it running, on the port that the proxy forwards to?",
        503: "the TLS proxy can't find a running bot",
    }.get(int(status), "this bot would answer 401 to a message without a token")
    return Checkup("endpoint", "fault", f"{url} answers {status:.0f}: {reason}.")


async def _read_status_without_token(session: ClientSession, url: str, _: float) -> float | None:
    async with session.post(url, json={"type": "message"}, allow_redirects=False) as response:
        return float(response.status)


async def _send_request(
    environment: DoctorEnvironment,
    url: str,
    send: Callable[[ClientSession, str, float], Awaitable[float | None]],
    now: float,
) -> float | None:
    connector = TCPConnector(ssl=environment.tls or True)
    async with ClientSession(connector=connector, timeout=ClientTimeout(total=10)) as session:
        try:
            return await send(session, url, now)
        except (ClientError, TimeoutError, OSError):
            return None


def _check_telemetry(environ: Mapping[str, str]) -> Checkup:
    try:
        observer = open_telemetry(environ)
    except StartError as error:
        return Checkup("telemetry", "fault", str(error))
    observer.close()
    is_configured = any(map(SettingReader(environ).is_set, TELEMETRY))
    return Checkup("telemetry", "good", "It can be set up." if is_configured else "Not configured.")
