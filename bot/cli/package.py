"""`python app.py package`: checks the operator's values, writes the Teams app package, and prints what to do next."""

from __future__ import annotations

import os
import re
import sys
import tomllib
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bot.cli.app_package import build_archive, build_package_files
from bot.cli.error_output import print_error
from bot.cli.help_text import add_epilog
from bot.errors import SettingsError
from dialogs.texts.catalog import get_texts
from dialogs.texts.languages import ENGLISH
from knowledge.azure_names import is_assigned_guid
from knowledge.model.errors import InvalidFilesError

ROOT = Path(__file__).resolve().parents[2]

EXAMPLE_COMMAND = (
    "python app.py package --bot-id 4f1c0a52-8d3e-4b7a-9c61-2e5d7f80b394 --domain medic.example.com "
    "--website https://example.com/medic --privacy https://example.com/privacy --terms https://example.com/terms"
)

_HOST_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")


def _is_host(text: str) -> bool:
    labels = text.lower().split(".")
    return (
        len(text) <= 253
        and len(labels) > 1
        and all(len(label) <= 63 and _HOST_LABEL.fullmatch(label) for label in labels)
        and not labels[-1].isdigit()
    )


def _is_public_url(text: str) -> bool:
    try:
        url = urlsplit(text)
        return (
            len(text) <= 2048
            and text.isprintable()
            and " " not in text
            and url.scheme == "https"
            and "@" not in url.netloc
            and _is_host(url.hostname or "")
            and (url.port is None or url.port > 0)
        )
    except ValueError:
        return False


def _is_developer_name(text: str) -> bool:
    return len(text) <= 32 and text.isprintable()


@dataclass(frozen=True, slots=True)
class PackageOption:
    """A value that the package needs.

    Attributes:
        flag: the command line option.
        variable: the environment variable, and the placeholder in the sources.
        metavar: what kind of value the help names.
        description: what the value is.
        is_valid: whether a text is a possible value.
        requirement: what to tell an operator whose value is not valid.
        required: whether the package cannot be built without it.
    """

    flag: str
    variable: str
    metavar: str
    description: str
    is_valid: Callable[[str], bool]
    requirement: str
    required: bool = True


_URL_REQUIREMENT = (
    "give an address that begins with https:// and that everyone can open, such as https://example.com/privacy"
)
OPTIONS = (
    PackageOption(
        "--bot-id",
        "BOT_ID",
        "GUID",
        "the bot's application (client) ID",
        is_assigned_guid,
        "give the GUID of the bot's registration",
    ),
    PackageOption(
        "--domain",
        "BOT_DOMAIN",
        "HOST",
        "the bot's public host name",
        _is_host,
        "give the host name alone, such as medic.example.com, without https://, port, path, wildcard or IP address",
    ),
    PackageOption(
        "--website", "WEBSITE_URL", "URL", "the page about the app and its support", _is_public_url, _URL_REQUIREMENT
    ),
    PackageOption("--privacy", "PRIVACY_URL", "URL", "the privacy statement", _is_public_url, _URL_REQUIREMENT),
    PackageOption("--terms", "TERMS_URL", "URL", "the terms of use", _is_public_url, _URL_REQUIREMENT),
    PackageOption(
        "--developer",
        "DEVELOPER_NAME",
        "NAME",
        "the publisher's name",
        _is_developer_name,
        "use at most 32 characters",
        False,
    ),
    PackageOption(
        "--app-id",
        "TEAMS_APP_ID",
        "GUID",
        "the app's ID in Teams; default: the bot's",
        is_assigned_guid,
        "give a GUID",
        False,
    ),
    PackageOption(
        "--sign-in-app",
        "OAUTH_APP_ID",
        "GUID",
        "with AZURE_LOOK=user: the app registration people sign in to",
        is_assigned_guid,
        "give the GUID of the registration whose API the sign-in connection names",
        False,
    ),
)


def add_arguments(parser: ArgumentParser) -> None:
    """Define the options of the command."""
    for option in OPTIONS:
        parser.add_argument(option.flag, metavar=option.metavar, help=f"{option.description} ({option.variable})")
    parser.add_argument("--out", metavar="FILE", default="dist/image-medic.zip", help="default: %(default)s")
    add_epilog(
        parser,
        examples=("package --domain bot.contoso.com --out dist/image-medic.zip",),
        statuses=(
            "0  the package was written",
            "1  the package would be invalid, or can't be written",
            "2  an option is missing",
        ),
    )


def run(options: Namespace) -> int:
    """Write the package. Return 0 for success, 1 if the sources or the disk fail, 2 if the options are wrong."""
    out = Path(options.out)
    try:
        values = read_values(options, os.environ)
        if out.suffix.lower() != ".zip" or out.is_dir():
            raise SettingsError([f"--out is {options.out!r}: name a file that ends in .zip, such as medic.zip."])
    except SettingsError as error:
        print_error(f"{error}")
        return 2
    try:
        files = build_package_files(values)
        languages = _list_language_names(files)
        _write(out, build_archive(files))
    except (SettingsError, InvalidFilesError) as error:
        print_error(f"The app package was not built; its sources have faults:\n{error}")
        return 1
    except OSError as error:
        print_error(f"{out}: cannot be written: {error.strerror or error}. Name another file with --out.")
        return 1
    sys.stdout.write(_format_next_steps(out, values, languages))
    return 0


def read_values(options: Namespace, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the values of the placeholders: from the options, else the environment, else pyproject.toml.

    Raises:
        SettingsError: one sentence that lists everything missing, and one for each invalid value.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    values: dict[str, str] = {}
    missing: list[str] = []
    faults: list[str] = []
    for option in OPTIONS:
        from_flag = (getattr(options, option.flag[2:].replace("-", "_")) or "").strip()
        text = from_flag or environ.get(option.variable, "").strip()
        if text and option.is_valid(text):
            values[option.variable] = text
        elif text:
            faults.append(f"{option.flag if from_flag else option.variable} is {text!r}: {option.requirement}.")
        elif option.required:
            missing.append(f"{option.flag} ({option.description})")
    if missing:
        listing = " and ".join(filter(None, (", ".join(missing[:-1]), missing[-1])))
        faults.insert(0, f"The app package still needs {listing}.\nExample: {EXAMPLE_COMMAND}")
    if faults:
        raise SettingsError(faults)
    for name in ("BOT_ID", "TEAMS_APP_ID", "BOT_DOMAIN", "OAUTH_APP_ID"):
        if name in values:
            values[name] = values[name].lower()
    defaults = {
        "VERSION": project["version"],
        "DEVELOPER_NAME": project["authors"][0]["name"],
        # the same bot always gets the same app id, so that a new package updates the installed app
        "TEAMS_APP_ID": values["BOT_ID"],
    }
    return {**defaults, **values}


def _write(path: Path, content: bytes) -> None:
    # a rename, so that a package is never half-written
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.write_bytes(content)
    unfinished.replace(path)


def _list_language_names(files: Iterable[str]) -> str:
    translations = [name.removesuffix(".json") for name in files if name.endswith(".json") and name != "manifest.json"]
    return " and ".join(get_texts().get_header(code).name for code in (ENGLISH, *translations))


def _format_next_steps(out: Path, values: Mapping[str, str], languages: str) -> str:
    return (
        f"{out}: Image Medic {values['VERSION']}, in {languages}, for the bot {values['BOT_ID']}\n"
        "Next:\n"
        f"  1. In the bot's Azure resource, set the messaging endpoint https://{values['BOT_DOMAIN']}/api/messages "
        "and add the Microsoft Teams channel.\n"
        "  2. For everyone: Teams admin center > Teams apps > Manage apps > Upload new app.\n"
        "     For yourself (where custom apps are allowed): Teams > Apps > Manage your apps > Upload an app.\n"
        "  3. To replace an app that's already there, raise the version in pyproject.toml and package it again.\n"
    )
