"""The Teams app package: the sources in `appmanifest/`, filled in, checked against what Teams takes, and zipped."""

from __future__ import annotations

import io
import json
import re
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from bot.errors import SettingsError

SOURCE_FOLDER = Path(__file__).resolve().parents[2] / "appmanifest"

# What Teams allows: https://learn.microsoft.com/microsoftteams/platform/resources/schema/manifest-schema
MAX_TEXT_CHARS = {"name.short": 30, "name.full": 100, "description.short": 80, "description.full": 4000}
MAX_COMMAND_CHARS = {"title": 32, "description": 128}
MAX_COMMANDS = 10
ICON_PIXELS = {"color": 192, "outline": 32}
TRUECOLOR_WITH_ALPHA = 6
SIGN_IN_HOST = "token.botframework.com"
RESERVED_NAMES = re.compile(r"\b(microsoft|azure|teams)\b", re.IGNORECASE)

_PLACEHOLDER = re.compile(r"\$\{\{(\w+)\}\}")
_VERSION = re.compile(r"\d+\.\d+\.\d+")


def build_package_files(values: Mapping[str, str], source_folder: Path = SOURCE_FOLDER) -> dict[str, bytes]:
    """The files of the package by name: the manifest with `values` in its slots, its translations and its icons.

    Raises:
        SettingsError: the sources are unreadable, or hold what Teams would refuse; one sentence a fault.
    """
    manifest = _fill_placeholders(_read_json(source_folder / "manifest.json"), values)
    try:
        if values.get("OAUTH_APP_ID"):
            _add_sign_in(manifest, values)
        languages = [language["file"] for language in manifest["localizationInfo"]["additionalLanguages"]]
        icons = dict(manifest["icons"])
        translations = {name: _read_json(source_folder / name) for name in languages}
        pictures = {name: _read_bytes(source_folder / name) for name in icons.values()}
        faults = [*_find_manifest_faults(manifest), *_find_text_faults("manifest.json", dict(extract_texts(manifest)))]
        for name, translation in translations.items():
            told = {key: text for key, text in translation.items() if key != "$schema"}
            unequal = sorted(told.keys() ^ dict(extract_texts(manifest)).keys())
            faults += [f"{name}: {key!r} stands in only one of manifest.json and {name}." for key in unequal]
            faults += _find_text_faults(name, told)
        for kind, name in icons.items():
            faults += _find_icon_faults(kind, name, pictures[name])
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        raise SettingsError([f"manifest.json or a translation is not built as expected, at {error}."]) from None
    if faults:
        raise SettingsError(faults)
    written = {"manifest.json": manifest, **translations}
    return {name: _format_json(content) for name, content in written.items()} | pictures


def extract_texts(manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every text of the manifest that Teams shows in the reader's language, by the key that translations use."""
    for key in MAX_TEXT_CHARS:
        part, kind = key.split(".")
        yield key, manifest[part][kind]
    for number, commands in enumerate(manifest["bots"][0]["commandLists"]):
        for place, command in enumerate(commands["commands"]):
            for kind in MAX_COMMAND_CHARS:
                yield f"bots[0].commandLists[{number}].commands[{place}].{kind}", command[kind]
    for place, command in enumerate(manifest["composeExtensions"][0]["commands"]):
        key = f"composeExtensions[0].commands[{place}]"
        for kind in MAX_COMMAND_CHARS:
            yield f"{key}.{kind}", command[kind]
        for number, parameter in enumerate(command.get("parameters", [])):
            for kind in MAX_COMMAND_CHARS:
                yield f"{key}.parameters[{number}].{kind}", parameter[kind]


def _add_sign_in(manifest: dict[str, Any], values: Mapping[str, str]) -> None:
    """Name the API that people sign in to, so that Teams can do it without asking, and the host that helps otherwise.

    Teams goes by this resource: it must be the connection's token exchange URL and the registration's API.
    """
    manifest["webApplicationInfo"] = {"id": values["OAUTH_APP_ID"], "resource": f"api://botid-{values['BOT_ID']}"}
    manifest["validDomains"].append(SIGN_IN_HOST)


def build_archive(files: Mapping[str, bytes]) -> bytes:
    """A zip of `files` that depends on nothing else: stored, since compressors differ, and without times."""
    content = io.BytesIO()
    with ZipFile(content, "w", ZIP_STORED) as package:
        for name, data in files.items():
            entry = ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.create_system = 3
            entry.external_attr = 0o100644 << 16
            package.writestr(entry, data)
    return content.getvalue()


def _find_manifest_faults(manifest: Mapping[str, Any]) -> Iterator[str]:
    if not _VERSION.fullmatch(manifest["version"]):
        yield f"pyproject.toml: version is {manifest['version']!r}; Teams takes three numbers, such as 1.0.0."
    for name in sorted(set(_PLACEHOLDER.findall(json.dumps(manifest)))):
        yield f"manifest.json: nothing is known to put in for {name}."
    for number, commands in enumerate(manifest["bots"][0]["commandLists"]):
        if len(commands["commands"]) > MAX_COMMANDS:
            yield f"manifest.json: list {number} has {len(commands['commands'])} commands; at most {MAX_COMMANDS} fit."


def _find_text_faults(name: str, texts_by_key: Mapping[str, str]) -> Iterator[str]:
    for key, text in texts_by_key.items():
        most = MAX_TEXT_CHARS.get(key) or MAX_COMMAND_CHARS.get(key.rpartition(".")[2], 0)
        if not 0 < len(text) <= most:
            yield f"{name}: {key!r} has {len(text)} characters; Teams takes 1 to {most}."
        if key.startswith("name.") and (found := RESERVED_NAMES.search(text)):
            yield f"{name}: {key!r} holds {found[0]!r}; a name must not look like one of Microsoft's products."


def _find_icon_faults(kind: str, name: str, content: bytes) -> Iterator[str]:
    side = ICON_PIXELS[kind]
    if len(content) < 26 or content[:8] != b"\x89PNG\r\n\x1a\n":
        yield f"{name} is not a PNG picture."
        return
    width, height, _, colour = struct.unpack(">IIBB", content[16:26])
    if (width, height) != (side, side):
        yield f"{name} has {width} x {height} pixels; Teams takes {side} x {side}."
    if kind == "outline" and colour != TRUECOLOR_WITH_ALPHA:
        yield f"{name} has no transparency; the outline icon is white on a transparent ground."


def _fill_placeholders(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _fill_placeholders(one, values) for key, one in value.items()}
    if isinstance(value, list):
        return [_fill_placeholders(one, values) for one in value]
    return _PLACEHOLDER.sub(lambda slot: values.get(slot[1], slot[0]), value) if isinstance(value, str) else value


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(_read_bytes(path).decode("utf-8"))
        return content
    except ValueError as error:
        raise SettingsError([f"{path} is not JSON: {error}."]) from None


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SettingsError([f"{path}: cannot be read: {error.strerror or error}."]) from None


def _format_json(content: Mapping[str, Any]) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()
