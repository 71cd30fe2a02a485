"""What an operator can rely on, determined from outside: settings, commands, metrics, IDs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.upgrade.installation import SECONDS, Chat, Json, Service, running

COMMANDS = ("serve", "chat", "diagnose", "draft", "entries", "package", "score", "doctor", "report")
LOG = "\n".join(
    (
        "[0f1e2d3c-4b5a-4697-8879-aabbccddeeff] PACKER OUT ==> azure-arm: Provisioning with Powershell...",
        '[0f1e2d3c-4b5a-4697-8879-aabbccddeeff] PACKER OUT ==> azure-arm: The string is missing the terminator: ".',
        "[0f1e2d3c-4b5a-4697-8879-aabbccddeeff] PACKER OUT Build 'azure-arm' errored after 6 minutes 12 seconds: "
        "Script exited with non-zero exit status: 1. Allowed exit codes are: [0]",
    )
)
GUID = "4f1c0a52-8d3e-4b7a-9c61-2e5d7f80b394"
WRONG_SETTINGS: tuple[dict[str, str], ...] = (
    {
        "BIND_ADDRESS": "0.0.0.0", "PORT": "x", "STATE_PATH": ".", "STATE_BLOB_URL": "x", "STATE_KEEP_DAYS": "x",
        "LOG_LEVEL": "x", "LOG_FORMAT": "x", "PLAYGROUND_PORT": "x", "AZURE_LOOK": "x", "AZURE_CLOUD": "x",
        "AZURE_SUBSCRIPTIONS": "x", "AZURE_PEOPLE": "x", "AZURE_LOOK_CLIENT_ID": "x", "OAUTH_CONNECTION": "!",
        "SUPPORT_FILING": "x",
    },
    {"MicrosoftAppId": "x", "MicrosoftAppType": "x", "MicrosoftAppTenantId": "x", "ALLOWED_TENANTS": "x"},
    {"MicrosoftAppId": GUID, "MicrosoftAppType": "SingleTenant", "MicrosoftAppTenantId": GUID},
    {
        "MicrosoftAppId": GUID, "MicrosoftAppType": "UserAssignedMSI", "MicrosoftAppTenantId": GUID,
        "AZURE_LOOK": "user", "OAUTH_CONNECTION": "entra", "OAUTH_APP_ID": "x",
    },
    {"APPLICATIONINSIGHTS_CONNECTION_STRING": "x"},
)  # fmt: skip
PACKAGE = {
    "BOT_ID": GUID, "BOT_DOMAIN": "medic.example.com", "WEBSITE_URL": "https://example.com/medic",
    "PRIVACY_URL": "https://example.com/privacy", "TERMS_URL": "https://example.com/terms",
    "DEVELOPER_NAME": "Contoso", "TEAMS_APP_ID": "0b8e1e2a-4f4d-4f0e-8f55-2d6a3c1b9d10", "OAUTH_APP_ID": GUID,
}  # fmt: skip

_SETTING = re.compile(r"\b(?:[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|PORT|MicrosoftApp\w+)\b")
_OPTION = re.compile(r"--[a-z][a-z-]+")


async def promises(root: Path, service: Service) -> Json:
    """All that can be found out of the installation in `root`."""
    return {
        "settings": wrong_settings(root),
        "package": app_package(root),
        "options": options(root),
        "entries": entry_ids(root),
        **outputs(root),
        **await telemetry(root, service),
    }


def run(root: Path, *arguments: str, text: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the installation."""
    return subprocess.run(
        [sys.executable, "app.py", *arguments],
        cwd=root, env={**os.environ, **environ}, input=text, capture_output=True, text=True, timeout=SECONDS,
    )  # fmt: skip


def wrong_settings(root: Path) -> list[str]:
    """The settings that are named when they are wrong."""
    named: set[str] = set()
    for environ in WRONG_SETTINGS:
        told = run(root, "serve", **environ)
        assert told.returncode == 1, told
        named |= set(_SETTING.findall(told.stderr)) & {*environ, "MicrosoftAppPassword"}
    return sorted(named)


def app_package(root: Path) -> Json:
    """The ids and the values of the app package that its variables give."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "package.zip"
        told = run(root, "package", "--out", str(file), **PACKAGE)
        assert told.returncode == 0, told
        with zipfile.ZipFile(file) as package:
            manifest, italian = (json.loads(package.read(name)) for name in ("manifest.json", "it.json"))
    [bot], [extension] = manifest["bots"], manifest["composeExtensions"]
    return {
        "values": sorted(value for value in PACKAGE.values() if value in json.dumps(manifest)),
        "scopes": sorted(bot["scopes"]),
        "commands": sorted({one["title"] for scope in bot["commandLists"] for one in scope["commands"]}),
        "extensions": [f"{one['id']} {one['type']}" for one in extension["commands"]],
        "parameters": [each["name"] for one in extension["commands"] for each in one.get("parameters", ())],
        "italian": sorted({key.partition("[")[0].partition(".")[0] for key in italian}),
    }


def options(root: Path) -> dict[str, list[str]]:
    """The options of every command."""
    return {name: sorted(set(_OPTION.findall(run(root, name, "--help").stdout))) for name in COMMANDS}


def entry_ids(root: Path) -> list[str]:
    """The entries of the knowledge base."""
    return [line.split()[0] for line in run(root, "entries", "list").stdout.splitlines() if line.strip()]


def outputs(root: Path) -> Json:
    """What the commands of a pipeline write."""
    known = run(root, "diagnose", "--format", "json", "-", text=LOG)
    unknown = run(root, "diagnose", "--format", "json", "-", text="nothing in particular")
    missing = run(root, "diagnose", "no-such-file.log")
    draft = run(root, "draft", "--format", "json", "-", text=LOG)
    return {
        "exit": {"known": known.returncode, "unknown": unknown.returncode, "missing": missing.returncode},
        "diagnose": paths(json.loads(known.stdout)),
        "draft": paths(json.loads(draft.stdout)),
    }


async def telemetry(root: Path, service: Service) -> Json:
    """The names that telemetry and the log have for things: metrics, spans, their attributes, the audit's fields."""
    with tempfile.TemporaryDirectory() as folder:
        environ = {
            "STATE_PATH": f"{folder}/state.sqlite3", "OTEL_EXPORTER_OTLP_ENDPOINT": service.url, "LOG_FORMAT": "json",
            "LOG_LEVEL": "INFO",
        }  # fmt: skip
        async with running(service, environ, root=root) as bot:
            chat = Chat(bot, "telemetry")
            await chat.say(LOG)
            await chat.press("done")
            await chat.say("look at win11-golden")
            await chat.press("look-yes")
            await chat.press("draft")
            await chat.press("post", {"product": "windows"})
            await chat.press("ticket")
            await chat.press("ticket-preview", CONTACT)
            assert await bot.stop() == 0
            lines = [json.loads(line) for line in bot.lines if line.startswith("{")]
    names: set[str] = set()
    for body in service.collected["/v1/metrics"]:
        for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics:
            for metric in (one for scope in resource.scope_metrics for one in scope.metrics):
                points = [*metric.histogram.data_points, *metric.sum.data_points]
                keys = sorted({attribute.key for point in points for attribute in point.attributes})
                names.add(f"{metric.name} in {metric.unit} by {', '.join(keys)}")
            names |= {f"of {attribute.key}" for attribute in resource.resource.attributes}
    spans: set[str] = set()
    for body in service.collected["/v1/traces"]:
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for span in (one for scope in resource.scope_spans for one in scope.spans):
                spans |= {
                    f"{span.name} {attribute.key}={attribute.value.string_value}" for attribute in span.attributes
                }
    audit = {_shape(line["message"]) for line in lines if re.match(r"(look|filing) who=", line["message"])}
    return {
        "metrics": sorted(names),
        "spans": sorted(spans),
        "audit": sorted(audit),
        "log": sorted({key for line in lines for key in line}),
    }


CONTACT = {
    "subscription": "8e1f6a02-5c7d-4b39-9d14-f0a2c6e83b75", "first": "Ada", "last": "Lovelace",
    "email": "ada@example.com", "by": "email", "phone": "", "country": "ITA", "time_zone": "W. Europe Standard Time",
    "language": "en-us", "diagnostics": "no",
}  # fmt: skip
"""A contact form filled in, for the sandbox's subscription with a support plan."""


def paths(value: object, at: str = "") -> list[str]:
    """The places inside a JSON value that hold something else than objects and lists, without numbers of rows."""
    return sorted(set(_paths(value, at)))


def _paths(value: object, at: str) -> Iterator[str]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _paths(item, f"{at}.{key}")
    elif isinstance(value, list) and value:
        for item in value:
            yield from _paths(item, f"{at}[]")
    else:
        yield at


def stored(documents: Iterable[Json]) -> dict[str, list[str]]:
    """The keys of conversation documents, of pending work in them, and of each job's arguments."""
    found: dict[str, set[str]] = {}
    for document in documents:
        if "counts" in document:
            found.setdefault("counts", set()).update(name.partition("|")[0] for name in document["counts"])
            continue
        marks = {"done": dict.fromkeys(("mark",)), "answers": dict.fromkeys(("mark",))}
        found.setdefault("document", set()).update(
            paths({**document, **marks, "medic": None, "outbox": 0, "pending": 0})
        )
        if document["medic"]:
            found.setdefault("memory", set()).update(paths(_steady(document["medic"])))
        for row in document["outbox"]:
            found.setdefault("reply", set()).update(paths({**row, "message": dict.fromkeys(row["message"])}))
        for pending in document["pending"]:
            work = pending["work"]
            kind = f"job {work['do']}" if work else "turn"
            found.setdefault(kind, set()).update(paths({**pending, "message": None}))
    return {kind: sorted(keys) for kind, keys in sorted(found.items())}


def _steady(memory: Json) -> Json:
    """A conversation's memory without the keys that texts and buttons give it."""
    buttons = [{**one, "args": None} for one in memory["offered"]]
    return {**memory, "offered": buttons}


def broken(promised: object, kept: object, at: str = "") -> list[str]:
    """What of the promises is not kept; more than was promised is none of that."""
    if isinstance(promised, dict):
        now = kept if isinstance(kept, dict) else {}
        return [fault for key, value in promised.items() for fault in broken(value, now.get(key), f"{at}.{key}")]
    if isinstance(promised, list):
        now_listed: Iterable[object] = kept if isinstance(kept, list) else ()
        return [f"{at}: {one}" for one in promised if one not in now_listed]
    return [] if promised == kept else [f"{at}: {promised} is {kept}"]


def _shape(line: str) -> str:
    """An audit line without what differs from time to time."""
    return re.sub(r"(who|what|ms)=\S+", r"\1=", line)
