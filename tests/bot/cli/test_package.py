"""The Teams app package: valid for Teams' schemas, in line with the conversation, and with an error for each mistake."""

from __future__ import annotations

import io
import json
import re
import shutil
import struct
import subprocess
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from jsonschema import Draft4Validator

from app import main
from bot.cli.app_package import SOURCE_FOLDER, build_archive, build_package_files, extract_texts
from bot.cli.package import OPTIONS
from dialogs.replies import general_replies as talk
from dialogs.typed_commands import parse_command
from knowledge.model.diagnosis import Diagnosis
from knowledge.model.entry import Language
from tests.dialogs.fixtures import NOTHING, Chat
from tests.npm_packages import install_npm_packages
from tests.shipped_texts import PHRASES, TEXTS

ROOT = Path(__file__).resolve().parents[3]
PLAYGROUND = ROOT / "playground"
SCHEMAS = "@microsoft/app-manifest"

GOOD = {
    "--bot-id": "4f1c0a52-8d3e-4b7a-9c61-2e5d7f80b394",
    "--domain": "medic.example.com",
    "--website": "https://example.com/medic",
    "--privacy": "https://example.com/privacy",
    "--terms": "https://example.com/terms",
}
VALUES = {
    "VERSION": "1.2.3",
    "BOT_ID": GOOD["--bot-id"],
    "TEAMS_APP_ID": GOOD["--bot-id"],
    "BOT_DOMAIN": GOOD["--domain"],
    "DEVELOPER_NAME": "Contoso",
    "WEBSITE_URL": GOOD["--website"],
    "PRIVACY_URL": GOOD["--privacy"],
    "TERMS_URL": GOOD["--terms"],
}

Json = dict[str, Any]


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for option in OPTIONS:
        monkeypatch.delenv(option.variable, raising=False)


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """The package's sources, to be spoilt."""
    return Path(shutil.copytree(SOURCE_FOLDER, tmp_path / "appmanifest"))


@pytest.fixture(scope="module")
def schemas(real: Callable[[str], str]) -> Path:
    """The folder of Teams' schemas, a folder a version."""
    real("node")
    install_npm_packages(real("npm"), PLAYGROUND)
    return PLAYGROUND / "node_modules" / SCHEMAS / "build" / "json-schemas" / "teams"


def command(out: Path, **changed: str | None) -> list[str]:
    """The command line with every option, save those that are changed (None: left out)."""
    given: dict[str, str | None] = {**GOOD, **{"--" + name.replace("_", "-"): value for name, value in changed.items()}}
    options = [part for name, value in given.items() if value is not None for part in (name, value)]
    return ["package", *options, "--out", str(out)]


def read(files: dict[str, bytes], name: str) -> Json:
    content: Json = json.loads(files[name].decode("utf-8"))
    return content


def edit(path: Path, change: Callable[[Json], object]) -> None:
    content = json.loads(path.read_text("utf-8"))
    change(content)
    path.write_text(json.dumps(content), "utf-8")


def pixels(png: bytes) -> Iterator[tuple[int, ...]]:
    """Every pixel of a PNG of 8 bits a channel that is not interlaced, row by row."""
    chunks, place = b"", 8
    while place < len(png):
        length, kind = struct.unpack(">I4s", png[place : place + 8])
        chunks += png[place + 8 : place + 8 + length] if kind == b"IDAT" else b""
        place += length + 12
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", png[16:29])
    assert (depth, interlaced) == (8, 0)
    channels = {2: 3, 6: 4}[colour]
    raw, stride = zlib.decompress(chunks), width * channels
    above = bytes(stride)
    for row in range(height):
        kind, *line = raw[row * (stride + 1) : (row + 1) * (stride + 1)]
        for at in range(stride):
            left, corner = (line[at - channels], above[at - channels]) if at >= channels else (0, 0)
            guess = left + above[at] - corner
            paeth = min((left, above[at], corner), key=lambda one: abs(guess - one))
            line[at] = (line[at] + (0, left, above[at], (left + above[at]) // 2, paeth)[kind]) % 256
        above = bytes(line)
        yield from (tuple(line[at : at + channels]) for at in range(0, stride, channels))


def size(png: bytes) -> tuple[int, ...]:
    return struct.unpack(">II", png[16:24])


# What Teams takes


def test_the_files_fit_the_schemas_of_teams(schemas: Path) -> None:
    files = build_package_files(VALUES)
    manifest = read(files, "manifest.json")
    folder = f"v{manifest['manifestVersion']}"
    assert manifest["$schema"].endswith(f"/{folder}/MicrosoftTeams.schema.json")
    for name, schema in (("manifest.json", "MicrosoftTeams"), ("it.json", "MicrosoftTeams.Localization")):
        rules = json.loads((schemas / folder / f"{schema}.schema.json").read_text("utf-8"))
        content = read(files, name)
        assert [error.message for error in Draft4Validator(rules).iter_errors(content)] == []
        # and the rules are ones that can be broken
        assert list(Draft4Validator(rules).iter_errors({**content, "name.short": "", "bots": [{}]}))


def test_the_schema_is_a_released_one(schemas: Path) -> None:
    version = read(build_package_files(VALUES), "manifest.json")["manifestVersion"]
    assert re.fullmatch(r"1\.\d+", version)
    assert (schemas / f"v{version}").is_dir()


def test_the_bot_is_offered_where_it_works_and_asks_for_nothing_more() -> None:
    manifest = read(build_package_files(VALUES), "manifest.json")
    (bot,) = manifest["bots"]
    assert set(bot["scopes"]) == {"personal", "team", "groupChat"}
    assert bot["scopes"] == [scope for commands in bot["commandLists"] for scope in commands["scopes"]]
    assert bot["supportsFiles"] is True
    assert manifest["validDomains"] == [GOOD["--domain"]]
    assert "authorization" not in manifest


SIGN_IN_APP = "5D1C0A52-8D3E-4B7A-9C61-2E5D7F80B394"


def test_teams_signs_in_only_where_that_is_set_up(tmp_path: Path, schemas: Path) -> None:
    """The API that people sign in to, and the host that helps them, are in the package if there is a sign-in."""
    assert "webApplicationInfo" not in read(build_package_files(VALUES), "manifest.json")
    assert main(command(tmp_path / "medic.zip", sign_in_app=SIGN_IN_APP)) == 0
    with ZipFile(tmp_path / "medic.zip") as package:
        manifest = json.loads(package.read("manifest.json"))
    resource = f"api://botid-{GOOD['--bot-id']}"
    assert manifest["webApplicationInfo"] == {"id": SIGN_IN_APP.lower(), "resource": resource}
    assert manifest["validDomains"] == [GOOD["--domain"], "token.botframework.com"]
    rules = json.loads((schemas / f"v{manifest['manifestVersion']}" / "MicrosoftTeams.schema.json").read_text("utf-8"))
    assert [fault.message for fault in Draft4Validator(rules).iter_errors(manifest)] == []


def test_a_sign_in_needs_the_id_of_its_registration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(command(tmp_path / "medic.zip", sign_in_app="medic")) == 2
    assert "--sign-in-app is 'medic': give the GUID" in capsys.readouterr().err


def test_the_colour_icon_is_opaque_and_has_the_accent_colour_as_its_ground() -> None:
    files = build_package_files(VALUES)
    png = files["color.png"]
    accent = bytes.fromhex(read(files, "manifest.json")["accentColor"].removeprefix("#"))
    shown = list(pixels(png))
    assert size(png) == (192, 192)
    assert {pixel[3:] for pixel in shown} <= {(), (255,)}
    assert shown[0][:3] == shown[-1][:3] == tuple(accent)
    assert len(set(shown)) > 2


def test_the_outline_icon_is_white_on_a_transparent_ground() -> None:
    png = build_package_files(VALUES)["outline.png"]
    shown = list(pixels(png))
    assert size(png) == (32, 32)
    assert {pixel[:3] for pixel in shown if pixel[3]} == {(255, 255, 255)}
    assert shown[0][3] == shown[-1][3] == 0
    assert sum(pixel[3] == 255 for pixel in shown) > 100


# What the bot understands


def titles(language: Language) -> list[str]:
    files = build_package_files(VALUES)
    told = dict(extract_texts(read(files, "manifest.json"))) if language == "en" else read(files, "it.json")
    return [text for key, text in told.items() if key.startswith("bots") and key.endswith(".title")]


def read_command(text: str) -> str | None:
    return parse_command(text, PHRASES)


@pytest.mark.parametrize("language", ["en", "it"])
async def test_the_bot_understands_every_command_that_teams_offers(language: Language) -> None:
    diagnosed = []

    async def diagnose(text: str, _: Language) -> Diagnosis:
        diagnosed.append(text)
        return NOTHING

    offered = titles(language)
    assert len(offered) > 10
    for title in offered:
        await Chat(language, diagnoser=diagnose).say(title)
        assert parse_command(title, PHRASES), f"{title!r} is not a command"
    assert set(diagnosed) <= {talk.EXAMPLE_LOG}


def test_a_command_means_the_same_in_both_languages() -> None:
    meanings = [tuple(map(read_command, pair)) for pair in zip(titles("en"), titles("it"), strict=True)]
    assert [pair for pair in meanings if pair[0] != pair[1]] == [("italian", "english")]


@pytest.mark.parametrize("language", ["en", "it"])
def test_the_personal_list_has_what_help_names_as_far_as_it_goes(language: Language) -> None:
    named = set(map(read_command, re.findall(r"`([^`]+)`", TEXTS[language]["help.words"])))
    assert None not in named
    # ten is the most that Teams takes: two are the rarest, and cards with commands offer the other shell
    assert named - set(map(read_command, titles(language))) == {"drafts", "forget", "use-cli", "use-powershell"}


# Building it


def test_the_package_is_written_and_says_what_is_next(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "new" / "medic.zip"
    assert main(command(out, bot_id=GOOD["--bot-id"].upper(), developer="Contoso", domain="Medic.Example.com")) == 0
    told = capsys.readouterr()
    assert str(out) in told.out
    assert "https://medic.example.com/api/messages" in told.out
    assert "admin center" in told.out
    assert not told.err
    assert [path.name for path in out.parent.iterdir()] == ["medic.zip"]
    with ZipFile(out) as package:
        assert package.namelist() == ["manifest.json", "it.json", "color.png", "outline.png"]
        manifest = json.loads(package.read("manifest.json"))
    assert manifest["id"] == manifest["bots"][0]["botId"] == GOOD["--bot-id"]
    assert manifest["developer"] == {
        "name": "Contoso",
        "websiteUrl": GOOD["--website"],
        "privacyUrl": GOOD["--privacy"],
        "termsOfUseUrl": GOOD["--terms"],
    }
    assert f'version = "{manifest["version"]}"' in (ROOT / "pyproject.toml").read_text("utf-8")
    assert "${{" not in json.dumps(manifest)


def test_the_same_options_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one.zip", "two.zip"):
        assert main(command(tmp_path / name)) == 0
    content = (tmp_path / "one.zip").read_bytes()
    assert content == (tmp_path / "two.zip").read_bytes()
    with ZipFile(io.BytesIO(content)) as package:
        assert {entry.date_time for entry in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert content == build_archive(dict(package_files_of(content)))


def package_files_of(content: bytes) -> Iterator[tuple[str, bytes]]:
    with ZipFile(io.BytesIO(content)) as package:
        for name in package.namelist():
            yield name, package.read(name)


def test_options_come_from_the_environment_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for option in OPTIONS:
        if option.flag in GOOD:
            monkeypatch.setenv(option.variable, GOOD[option.flag])
    monkeypatch.setenv("TEAMS_APP_ID", "00000000-0000-4000-8000-000000000001")
    assert main(["package", "--out", str(tmp_path / "a.zip"), "--domain", "other.example.org"]) == 0
    with ZipFile(tmp_path / "a.zip") as package:
        manifest = json.loads(package.read("manifest.json"))
    assert manifest["validDomains"] == ["other.example.org"]
    assert manifest["id"] == "00000000-0000-4000-8000-000000000001"


# Getting it wrong


def test_all_that_is_missing_stands_in_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["package"]) == 2
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 2
    assert all(f"{flag} (" in told[0] for flag in GOOD)
    assert told[1].startswith("Example: python app.py package --bot-id ")


def test_the_example_works(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["package"])
    example = capsys.readouterr().err.splitlines()[1].split(" app.py ")[1].split()
    assert main([*example, "--out", str(tmp_path / "medic.zip")]) == 0


@pytest.mark.parametrize("flag", GOOD)
def test_one_missing_option_is_named_alone(flag: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(command(tmp_path / "a.zip", **{flag[2:].replace("-", "_"): None})) == 2
    first = capsys.readouterr().err.splitlines()[0]
    assert [other for other in GOOD if other in first] == [flag]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("flag", "value"),
    [
        ("--bot-id", "image-medic"),
        ("--bot-id", "00000000-0000-0000-0000-000000000000"),
        ("--bot-id", "4f1c0a52-8d3e-4b7a-9c61-2e5d7f80b394\n0"),
        ("--app-id", "{4f1c0a52-8d3e-4b7a-9c61-2e5d7f80b394}"),
        ("--domain", "https://medic.example.com"),
        ("--domain", "medic.example.com/api"),
        ("--domain", "medic.example.com:443"),
        ("--domain", "*.example.com"),
        ("--domain", "localhost"),
        ("--domain", "203.0.113.7"),
        ("--domain", "medic..example.com"),
        ("--domain", "medic-.example.com"),
        ("--domain", "médic.example.com"),
        ("--domain", "a" * 64 + ".example.com"),
        ("--domain", "a." * 130 + "com"),
        ("--website", "http://example.com"),
        ("--website", "example.com"),
        ("--privacy", "https://"),
        ("--privacy", "https://localhost/privacy"),
        ("--privacy", "https://me:secret@example.com/privacy"),
        ("--privacy", "https://[example.com/privacy"),
        ("--terms", "https://example.com:99999/terms"),
        ("--terms", "https://example.com/the terms"),
        ("--terms", "https://example.com/" + "a" * 2048),
        ("--developer", "a" * 33),
        ("--developer", "Contoso\x1b[31m"),
        ("--out", "medic.tar"),
    ],
)
def test_a_value_that_does_not_fit_is_named(
    flag: str, value: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command(tmp_path / "a.zip"), flag, value]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"{flag} is {value!r}: ")
    assert len(told.splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_every_fault_is_told_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TERMS_URL", "nowhere")
    assert main(command(tmp_path / "a.zip", bot_id=None, domain="*", terms=None)) == 2
    told = capsys.readouterr().err.splitlines()
    assert [line.split()[0] for line in told] == ["The", "Example:", "--domain", "TERMS_URL"]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("in the way")
    assert main(command(tmp_path / "file" / "medic.zip")) == 1
    told = capsys.readouterr().err
    assert "cannot be written" in told
    assert "--out" in told


def long_title(manifest: Json) -> None:
    manifest["bots"][0]["commandLists"][0]["commands"][0]["title"] = "h" * 33


def many_commands(manifest: Json) -> None:
    commands = manifest["bots"][0]["commandLists"][0]["commands"]
    commands.append(commands[0])


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        ("manifest.json", long_title, "manifest.json: 'bots[0].commandLists[0].commands[0].title' has 33 characters"),
        ("manifest.json", many_commands, "manifest.json: list 0 has 11 commands"),
        ("manifest.json", lambda it: it["name"].update(short="Teams Medic"), "'name.short' holds 'Teams'"),
        ("manifest.json", lambda it: it.update(version="${{VERSIO}}"), "there's no value for VERSIO"),
        ("manifest.json", lambda it: it.update(version="1.0.0-preview"), "version is '1.0.0-preview'"),
        ("manifest.json", lambda it: it.pop("bots"), "is not built as expected, at 'bots'"),
        ("manifest.json", lambda it: it["icons"].update(color="outline.png"), "outline.png has 32 x 32 pixels"),
        ("manifest.json", lambda it: it["icons"].update(outline="color.png"), "color.png has no transparency"),
        ("manifest.json", lambda it: it["icons"].update(outline="it.json"), "it.json is not a PNG picture"),
        ("manifest.json", lambda it: it["icons"].update(outline="no.png"), "no.png: cannot be read"),
        ("it.json", lambda it: it.pop("name.full"), "it.json: 'name.full' is in only one of"),
        ("it.json", lambda it: it.update({"name.ful": "x"}), "it.json: 'name.ful' is in only one of"),
        ("it.json", lambda it: it.update({"name.full": ""}), "it.json: 'name.full' has 0 characters"),
        ("it.json", lambda it: it.update({"description.short": "x" * 81}), "'description.short' has 81 characters"),
    ],
)
def test_a_fault_of_the_sources_is_named(sources: Path, name: str, change: Callable[[Json], object], told: str) -> None:
    edit(sources / name, change)
    with pytest.raises(Exception, match=re.escape(told)):
        build_package_files(VALUES, sources)


def test_sources_that_are_no_json_are_named(sources: Path) -> None:
    (sources / "it.json").write_text("{")
    with pytest.raises(Exception, match=r"it\.json is not JSON"):
        build_package_files(VALUES, sources)


def test_make_hands_the_options_over(real: Callable[[str], str]) -> None:
    told = subprocess.run(
        [real("make"), "--dry-run", "--silent", "package", "ARGS=--bot-id X"],
        cwd=ROOT, capture_output=True, check=True, text=True,
    )  # fmt: skip
    assert told.stdout.splitlines()[-1].endswith("app.py package --bot-id X")
