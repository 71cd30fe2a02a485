"""Stand in for `az` with its extension `support`, which is on no registry; run by the CLI's own interpreter.

It sends the extension's requests to the server in `SUPPORT_BASE`, and treats what comes back as the CLI does: an item's
properties are next to its id, `--query` is JMESPath, and `tsv` is printed by the CLI's own library.
"""

from __future__ import annotations

import json
import os
import ssl
import sys
import urllib.error
import urllib.request
from itertools import pairwise
from pathlib import Path
from typing import Any

VERSION = "api-version=2024-04-01"
PROVIDER = "/providers/Microsoft.Support"
CONTACT = {
    "first-name": "firstName", "last-name": "lastName", "method": "preferredContactMethod",
    "email": "primaryEmailAddress", "timezone": "preferredTimeZone", "country": "country",
    "language": "preferredSupportLanguage",
}  # fmt: skip


def send(method: str, url: str, body: Any = None) -> tuple[Any, Any]:
    """Return the body and the headers of the answer."""
    headers = {"Authorization": f"Bearer {os.environ['SUPPORT_TOKEN']}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers, method=method)
    context = ssl.create_default_context(cafile=os.environ["SUPPORT_CA"])
    with urllib.request.urlopen(request, context=context) as response:
        return json.loads(response.read() or "null"), response.headers


def read_items(path: str) -> list[dict[str, Any]]:
    listed, _ = send("GET", f"{os.environ['SUPPORT_BASE']}{path}?{VERSION}")
    return [flatten(item) for item in listed["value"]]


def flatten(item: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in item.items() if key != "properties"} | item["properties"]


def create_ticket(options: dict[str, str]) -> dict[str, Any]:
    base = f"{os.environ['SUPPORT_BASE']}/subscriptions/{options['--subscription']}{PROVIDER}"
    name, topic = options["--ticket-name"], options["--problem-classification"]
    asked = {"name": name, "type": "Microsoft.Support/supportTickets"}
    answer, _ = send("POST", f"{base}/checkNameAvailability?{VERSION}", asked)
    if not answer["nameAvailable"]:
        sys.exit(f"ERROR: {answer['message']}")
    description = options["--description"]
    if description.startswith("@"):
        description = Path(description[1:]).read_text("utf-8")
    properties = {
        "advancedDiagnosticConsent": options["--advanced-diagnostic-consent"],
        "contactDetails": {key: options[f"--contact-{option}"] for option, key in CONTACT.items()},
        "description": description,
        "problemClassificationId": topic,
        "problemStartTime": options.get("--start-time"),
        "serviceId": topic.partition("/problemClassifications/")[0],
        "severity": options["--severity"],
        "title": options["--title"],
    }
    ticket = f"{base}/supportTickets/{name}?{VERSION}"
    _, headers = send("PUT", ticket, {"properties": properties})
    while send("GET", headers["Azure-AsyncOperation"])[0]["status"] == "InProgress":
        pass
    return flatten(send("GET", ticket)[0])


def carry_out(call: list[str]) -> Any:
    end = next((index for index, word in enumerate(call) if word.startswith("--")), len(call))
    options = dict(pairwise(call[end:]))
    match call[:end]:
        case ["extension", "add"]:
            return None
        case ["support", "services", "list"]:
            found: Any = read_items(f"{PROVIDER}/services")
        case ["support", "services", "problem-classifications", "list"]:
            found = read_items(f"{PROVIDER}/services/{options['--service-name']}/problemClassifications")
        case ["support", "in-subscription", "tickets", "create"]:
            found = create_ticket(options)
        case _:
            sys.exit(f"ERROR: no such command: {call}")
    if "--query" in options:
        import jmespath

        found = jmespath.search(options["--query"], found)
    return print_result(found, options.get("--output", "json"))


def print_result(found: Any, output: str) -> None:
    from knack.output import CommandResultItem, format_json, format_tsv

    if found is not None:
        item = CommandResultItem(found)
        sys.stdout.write(format_tsv(item) if output == "tsv" else format_json(item))


if __name__ == "__main__":
    try:
        carry_out(sys.argv[1:])
    except urllib.error.HTTPError as error:
        sys.exit(f"ERROR: {error.read().decode()}")
