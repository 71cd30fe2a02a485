"""What is wrong with an installation, in the operator's words: one finding a check, each with what to do.

Nothing is changed but a document of its own in the state store, which is removed again. No value of a secret is told.
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
from bot.doctor.azure_checks import AzureReaderFactory, check_azure_access
from bot.doctor.findings import DoctorEnvironment, Finding, FindingState
from bot.errors import ServiceUnreachableError, SettingsError, StartError, StoreError, TokenUnavailableError
from bot.host.open_store import open_store
from bot.host.settings import Settings, read_settings
from bot.telemetry.opentelemetry import open_telemetry
from knowledge.catalog.loading import load_entries
from knowledge.model.errors import KnowledgeError

REQUIREMENTS_PATH = Path(__file__).resolve().parents[2] / "requirements.txt"
PROBE_KEY = "doctor"
"""The key of the document that is written and removed; a conversation's has separators."""
_PINNED_VERSION = re.compile(r"([a-z0-9-]+)==([0-9][0-9a-z.]*)(?: ; .+)?")
_HOST_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,62}\.)+[a-z]{2,63}(?::\d{1,5})?", re.IGNORECASE)


async def run_checks(
    environ: Mapping[str, str],
    environment: DoctorEnvironment | None = None,
    reader_factory: AzureReaderFactory | None = None,
) -> AsyncIterator[Finding]:
    """What is found out about the installation that `environ` describes, one after the other.

    `opening`: how the bot's identity looks, where it is not the usual way.
    """
    where = environment or DoctorEnvironment()
    yield _check_packages()
    yield await asyncio.to_thread(_check_knowledge)
    try:
        settings = read_settings(environ)
    except SettingsError as error:
        for fault in error.faults:
            yield Finding("settings", "fault", fault)
        return
    yield _check_credentials(settings)
    yield await _check_store(settings)
    if settings.credentials:
        yield await _check_token(settings, where)
        async for finding in _check_service(settings, where):
            yield finding
        yield await _check_endpoint(environ.get("BOT_DOMAIN", "").strip(), where)
    yield await check_azure_access(settings, where, reader_factory)
    yield _check_telemetry(environ)


def _check_packages() -> Finding:
    """Whether what is installed is what was tested."""
    if not REQUIREMENTS_PATH.is_file():
        return Finding("packages", "warning", "Not looked at: requirements.txt is not here, as in the container image.")
    wrong = []
    for line in REQUIREMENTS_PATH.read_text("utf-8").splitlines():
        pin = _PINNED_VERSION.fullmatch(line.strip())
        if pin and " ; " not in line:
            try:
                found = metadata.version(pin[1])
            except metadata.PackageNotFoundError:
                wrong.append(f"{pin[1]} is missing")
                continue
            if found != pin[2]:
                wrong.append(f"{pin[1]} is {found}, not {pin[2]}")
    if not wrong:
        return Finding("packages", "good", "The pinned versions are installed.")
    missing = any(item.endswith("missing") for item in wrong)
    told = "; ".join(wrong[:5]) + ("; …" if len(wrong) > 5 else "")
    return Finding(
        "packages", "fault" if missing else "warning", f"{told}. Install them: pip install -r requirements.txt"
    )


def _check_knowledge() -> Finding:
    try:
        entries = load_entries()
    except KnowledgeError as error:
        return Finding("knowledge", "fault", f"{error} Install the files again, or run: python app.py entries check")
    return Finding("knowledge", "good", f"{len(entries)} entries.")


def _check_credentials(settings: Settings) -> Finding:
    own = settings.credentials
    if own is None:
        alone = "No credentials: the bot serves this machine only."
        return Finding("settings", "warning", f"{alone} To serve Teams set MicrosoftAppId and what belongs to it.")
    tenants = len(own.allowed_tenants)
    return Finding("settings", "good", f"A {own.app_type} bot for {tenants} tenant{'s' if tenants > 1 else ''}.")


async def _check_store(settings: Settings) -> Finding:
    """Whether state can be read, written and removed."""
    try:
        store = await open_store(settings)
    except StoreError as error:
        return Finding("state", "fault", str(error))
    try:
        stored = await store.load(PROBE_KEY)
        await store.commit(PROBE_KEY, stored.etag if stored else None, {"doctor": True})
        await store.forget(PROBE_KEY)
    except StoreError as error:
        return Finding("state", "fault", str(error))
    finally:
        await store.close()
    place = settings.state_blob_url or settings.state_path
    shared = "" if settings.state_blob_url else " It is for one instance on a local disk."
    return Finding("state", "good", f"{place} can be read and written.{shared}")


async def _check_token(settings: Settings, environment: DoctorEnvironment) -> Finding:
    """Whether the bot can prove who it is."""
    access = build_channel_auth(settings.credentials, environment.cloud, environment.tls)
    try:
        assert access.tokens is not None
        await access.tokens.get()
    except TokenUnavailableError as error:
        return Finding("credentials", "fault", str(error))
    finally:
        await access.close()
    return Finding("credentials", "good", "The bot gets its token.")


async def _check_service(settings: Settings, environment: DoctorEnvironment) -> AsyncIterator[Finding]:
    """Whether the keys of the Bot Framework service can be had, and whether this machine's clock agrees."""
    client = JsonClient(environment.tls)
    try:
        found = await client.get(environment.cloud.metadata_url)
        if not isinstance(found.get("jwks_uri"), str):
            raise ServiceUnreachableError("The metadata names no address of keys.")
    except ServiceUnreachableError as error:
        yield Finding(
            "signing keys",
            "fault",
            f"{error} The bot must reach {environment.cloud.metadata_url} by HTTPS: check the network's outbound rules.",
        )
        return
    finally:
        await client.close()
    yield Finding("signing keys", "good", "The service's metadata can be fetched.")
    off = await _measure_clock_skew(environment)
    if off is not None and abs(off) > LEEWAY_SECONDS / 2:
        state: FindingState = "fault" if abs(off) > LEEWAY_SECONDS else "warning"
        said = (
            f"This machine's clock is {abs(off):.0f} s {'fast' if off > 0 else 'slow'}: tokens will be refused. Set it."
        )
        yield Finding("clock", state, said)
    elif off is not None:
        yield Finding("clock", "good", "It agrees with the service's.")


async def _measure_clock_skew(environment: DoctorEnvironment) -> float | None:
    """How many seconds this machine is ahead of the service; None where the service does not say the time."""
    return await _send_request(environment, environment.cloud.metadata_url, _read_clock_skew, environment.clock())


async def _read_clock_skew(session: ClientSession, url: str, now: float) -> float | None:
    async with session.get(url, allow_redirects=False) as answer:
        stamp = answer.headers.get("Date", "")
    try:
        return now - parsedate_to_datetime(stamp).timestamp()
    except ValueError:
        return None


async def _check_endpoint(domain: str, environment: DoctorEnvironment) -> Finding:
    """Whether the world reaches this bot where Teams would."""
    if not domain:
        return Finding(
            "endpoint", "warning", "Not looked at: set BOT_DOMAIN to the bot's public host name to have it looked at."
        )
    if not _HOST_NAME.fullmatch(domain):
        return Finding("endpoint", "fault", "BOT_DOMAIN is no host name: without https:// and without a path.")
    url = f"https://{domain}/api/messages"
    status = await _send_request(environment, url, _read_status_without_token, 0.0)
    if status is None:
        return Finding(
            "endpoint",
            "fault",
            f"{url} gives no answer by HTTPS: check the host name, its certificate, and that what ends TLS sends on to "
            "the bot's port.",
        )
    if status == 401:
        return Finding("endpoint", "good", f"{url} answers, and refuses who has no token.")
    why = {
        201: "it takes messages without a token: that is not this bot with its credentials",
        404: "there is something else at that address, or the path is lost on the way",
        502: "what ends TLS cannot reach the bot: is it running, on the port that is sent to?",
        503: "what ends TLS finds no running bot",
    }.get(int(status), "this bot would answer 401 to a message without a token")
    return Finding("endpoint", "fault", f"{url} answers {status:.0f}: {why}.")


async def _read_status_without_token(session: ClientSession, url: str, _: float) -> float | None:
    async with session.post(url, json={"type": "message"}, allow_redirects=False) as answer:
        return float(answer.status)


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


def _check_telemetry(environ: Mapping[str, str]) -> Finding:
    try:
        observer = open_telemetry(environ)
    except StartError as error:
        return Finding("telemetry", "fault", str(error))
    observer.close()
    asked = any(environ.get(name) for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "APPLICATIONINSIGHTS_CONNECTION_STRING"))
    return Finding("telemetry", "good", "It can be set up." if asked else "Not asked for.")
