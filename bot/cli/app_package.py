"""The Teams app package: fills in the sources in `appmanifest/`, checks them against the limits of Teams, zips them."""

from __future__ import annotations

import io
import json
import re
import struct
from collections.abc import Iterator, Mapping, Set
from pathlib import Path
from typing import Any
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from bot.errors import SettingsError

SOURCE_FOLDER = Path(__file__).resolve().parents[2] / "appmanifest"

# the limits of Teams: https://learn.microsoft.com/microsoftteams/platform/resources/schema/manifest-schema
MAX_TEXT_CHARS = {"name.short": 30, "name.full": 100, "description.short": 80, "description.full": 4000}
MAX_COMMAND_CHARS = {"title": 32, "description": 128}
MAX_COMMANDS = 10
ICON_PIXELS = {"color": 192, "outline": 32}
TRUECOLOR_WITH_ALPHA = 6
"""The PNG color type of a picture with transparency."""
SIGN_IN_HOST = "token.botframework.com"
RESERVED_NAMES = re.compile(r"\b(microsoft|azure|teams)\b", re.IGNORECASE)

_PLACEHOLDER = re.compile(r"\$\{\{(\w+)\}\}")
_VERSION = re.compile(r"\d+\.\d+\.\d+")


def build_package_files(values: Mapping[str, str], source_folder: Path = SOURCE_FOLDER) -> dict[str, bytes]:
    """Build the files of the package by name: the manifest, its translations, and its icons.

    Args:
        values: the values of the placeholders in the manifest.
        source_folder: where the sources are.

    Raises:
        SettingsError: the sources are unreadable, or Teams would refuse them; one sentence per fault.
    """
    manifest = _fill_placeholders(_read_json(source_folder / "manifest.json"), values)
    try:
        if values.get("OAUTH_APP_ID"):
            _add_sign_in(manifest, values)
        languages = [language["file"] for language in manifest["localizationInfo"]["additionalLanguages"]]
        icons = dict(manifest["icons"])
        translations = {name: _read_json(source_folder / name) for name in languages}
        pictures = {name: _read_bytes(source_folder / name) for name in icons.values()}
        faults = list(_find_manifest_faults(manifest))
        for name, translation in translations.items():
            faults += _find_translation_faults(name, translation, dict(extract_texts(manifest)).keys())
        for kind, name in icons.items():
            faults += _find_icon_faults(kind, name, pictures[name])
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        raise SettingsError([f"manifest.json or a translation is not built as expected, at {error}."]) from None
    if faults:
        raise SettingsError(faults)
    json_files = {"manifest.json": manifest, **translations}
    return {name: _format_json(content) for name, content in json_files.items()} | pictures


def extract_texts(manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each translatable text of the manifest, with the key that translation files use for it."""
    for key in MAX_TEXT_CHARS:
        part, kind = key.split(".")
        yield key, manifest[part][kind]
    for number, commands in enumerate(manifest["bots"][0]["commandLists"]):
        for index, command in enumerate(commands["commands"]):
            for kind in MAX_COMMAND_CHARS:
                yield f"bots[0].commandLists[{number}].commands[{index}].{kind}", command[kind]
    for index, command in enumerate(manifest["composeExtensions"][0]["commands"]):
        key = f"composeExtensions[0].commands[{index}]"
        for kind in MAX_COMMAND_CHARS:
            yield f"{key}.{kind}", command[kind]
        for number, parameter in enumerate(command.get("parameters", [])):
            for kind in MAX_COMMAND_CHARS:
                yield f"{key}.parameters[{number}].{kind}", parameter[kind]


def _add_sign_in(manifest: dict[str, Any], values: Mapping[str, str]) -> None:
    """Add what Teams needs for sign-in: the API for single sign-on, and the host of the interactive sign-in page.

    The resource must equal the token exchange URL of the OAuth connection and the API of the app registration.
    """
    manifest["webApplicationInfo"] = {"id": values["OAUTH_APP_ID"], "resource": f"api://botid-{values['BOT_ID']}"}
    manifest["validDomains"].append(SIGN_IN_HOST)


def build_archive(files: Mapping[str, bytes]) -> bytes:
    """Build a reproducible zip of `files`: uncompressed, since zlib versions differ, and with fixed timestamps."""
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
        yield f"pyproject.toml: version is {manifest['version']!r}; Teams requires three numbers, such as 1.0.0."
    for name in sorted(set(_PLACEHOLDER.findall(json.dumps(manifest)))):
        yield f"manifest.json: there's no value for {name}."
    for number, commands in enumerate(manifest["bots"][0]["commandLists"]):
        if len(commands["commands"]) > MAX_COMMANDS:
            yield f"manifest.json: list {number} has {len(commands['commands'])} commands; at most {MAX_COMMANDS} fit."
    yield from _find_text_faults("manifest.json", dict(extract_texts(manifest)))


def _find_translation_faults(name: str, translation: Mapping[str, Any], manifest_keys: Set[str]) -> Iterator[str]:
    texts = {key: text for key, text in translation.items() if key != "$schema"}
    for key in sorted(texts.keys() ^ manifest_keys):
        yield f"{name}: {key!r} is in only one of manifest.json and {name}."
    yield from _find_text_faults(name, texts)


def _find_text_faults(name: str, texts_by_key: Mapping[str, str]) -> Iterator[str]:
    for key, text in texts_by_key.items():
        limit = MAX_TEXT_CHARS.get(key) or MAX_COMMAND_CHARS.get(key.rpartition(".")[2], 0)
        if not 0 < len(text) <= limit:
            yield f"{name}: {key!r} has {len(text)} characters; Teams allows 1 to {limit}."
        if key.startswith("name.") and (match := RESERVED_NAMES.search(text)):
            yield f"{name}: {key!r} holds {match[0]!r}; a name must not look like one of Microsoft's products."


def _find_icon_faults(kind: str, name: str, content: bytes) -> Iterator[str]:
    side = ICON_PIXELS[kind]
    if len(content) < 26 or content[:8] != b"\x89PNG\r\n\x1a\n":
        yield f"{name} is not a PNG picture."
        return
    # the IHDR chunk always comes first: width, height, bit depth, color type
    width, height, _, color_type = struct.unpack(">IIBB", content[16:26])
    if (width, height) != (side, side):
        yield f"{name} has {width} x {height} pixels; Teams requires {side} x {side}."
    if kind == "outline" and color_type != TRUECOLOR_WITH_ALPHA:
        yield f"{name} has no transparency; the outline icon must be white on a transparent background."


def _fill_placeholders(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _fill_placeholders(item, values) for key, item in value.items()}
    if isinstance(value, list):
        return [_fill_placeholders(item, values) for item in value]
    if isinstance(value, str):
        # a placeholder without a value is left in place, and reported as a fault
        return _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), value)
    return value


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
