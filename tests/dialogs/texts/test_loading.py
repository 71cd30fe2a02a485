"""Errors in the text files: all are reported at once, with file and line, and nothing is loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialogs.texts.catalog import load_texts
from dialogs.texts.loading import load_area
from dialogs.texts.typed_phrases import load_typed_actions
from knowledge.model.errors import InvalidFilesError

GOOD = {
    "en/language.yaml": "name: English\nswitch_phrases: [english]\n",
    "en/general.yaml": "# first\nhello: Hello {name}\nbye: Goodbye\n",
    "en/other.yaml": "count: '{count} files'\n",
    "en/typed.yaml": "commands:\n  help: [help]\n  back: [back, go back]\nagreements: [ok]\n",
    "de/language.yaml": "name: German\nswitch_phrases: [deutsch]\n",
    "de/general.yaml": "hello: Hallo {name}\n",
    "de/typed.yaml": "commands:\n  help: [hilfe]\n",
}


def write(folder: Path, **changed: str | bytes | None) -> Path:
    for name, content in {
        **GOOD,
        **{name.replace("__", "/") + ".yaml": text for name, text in changed.items()},
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is not None:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "texts"


def load_faults(folder: Path) -> list[str]:
    with pytest.raises(InvalidFilesError) as caught:
        load_texts(folder)
    return str(caught.value).splitlines()


def test_what_is_missing_is_english(folder: Path) -> None:
    texts = load_texts(write(folder))
    assert texts.format_text("hello", "de", name="Ada") == "Hallo Ada"
    assert texts.get("bye", "de") == "Goodbye"
    assert texts.format_text("count", "de", count=2) == "2 files"
    assert texts.get("bye", "fr") == "Goodbye"
    assert texts.phrases.commands["hilfe"] == texts.phrases.commands["help"] == "help"
    assert texts.phrases.commands["deutsch"] == "german"
    assert texts.get_header("de").format_count(12345) == "12,345"
    assert texts.get_header("de").is_support_in_english


FAULTS = {
    "an unknown key": ({"de__general": "# x\nhelo: Hallo {name}\n"}, ["texts/de/general.yaml:2: 'helo' is not a key"]),
    "a key of another file": ({"de__general": "count: '{count}'\n"}, ["texts/de/general.yaml:1: 'count' is not a key"]),
    "a placeholder less": ({"de__general": "hello: Hallo\n"}, ["texts/de/general.yaml:1: 'hello' must have", "{name}"]),
    "another placeholder": ({"de__general": "hello: Hallo {nam}\n"}, ["texts/de/general.yaml:1: 'hello' must have", "{name}"]),
    "a placeholder too many": ({"de__general": "bye: Ade {x}\n"}, ["texts/de/general.yaml:1: 'bye' must have", "none"]),
    "an unknown file": ({"de__genral": "bye: Ade\n"}, ["texts/de/genral.yaml:1: English has no genral.yaml"]),
    "not UTF-8": ({"de__general": "bye: Adé\n".encode("latin-1")}, ["texts/de/general.yaml:1: "]),
    "not YAML": ({"de__general": "\nbye: [Ade\n"}, ["texts/de/general.yaml:", "is not valid YAML"]),
    "a list": ({"de__general": "- Ade\n"}, ["texts/de/general.yaml:1: must be a mapping"]),
    "a number": ({"de__general": "bye: 7\n"}, ["texts/de/general.yaml:1: 'bye' and its text", "quotes"]),
    "a truth value": ({"de__general": "bye: no\n"}, ["texts/de/general.yaml:1: 'bye' and its text", "quotes"]),
    "an empty text": ({"de__general": "hello:\n"}, ["texts/de/general.yaml:1: 'hello' and its text"]),
    "a key that is no text": ({"de__general": "no: Ade\n"}, ["texts/de/general.yaml:1: False and its text", "quotes"]),
    "a key in two files": ({"en__other": "count: '{count}'\nbye: Goodbye\n"}, ["texts/en/other.yaml:2: 'bye' is in another"]),
    "no header": ({"de__language": None}, ["texts/de/language.yaml:1: is missing"]),
    "no English": ({"en__language": None, "en__typed": None}, ["texts/en/language.yaml:1: is missing"]),
    "no name": ({"de__language": "switch_phrases: [deutsch]\n"}, ["texts/de/language.yaml:1: 'name' must be a text"]),
    "an unknown property": ({"de__language": "name: German\ncolor: red\n"}, ["texts/de/language.yaml:2: 'color' isn't known"]),
    "no language of Azure's support": (
        {"de__language": "name: German\nsupport_language: de-at\n"},
        ["texts/de/language.yaml:2: 'support_language' is 'de-at'; use en-us"],
    ),
    "a folder that is no code": ({"German__language": "name: German\n"}, ["texts/German/:1: is not the code of a language"]),
    "an action that English hasn't": (
        {"de__typed": "commands:\n  hilfe: [hilfe]\n"},
        ["texts/de/typed.yaml:2: 'hilfe' isn't known here; use help, back"],
    ),
    "a phrase for two actions": (
        {"de__typed": "commands:\n  back: [zurück, Help!]\n"},
        ["texts/de/typed.yaml:2: 'Help!' already means 'help'"],
    ),
    "a phrase for an action and a language": (
        {"de__language": "name: German\nswitch_phrases: [go back]\n"},
        ["texts/en/typed.yaml:3: 'go back' already means 'german'"],
    ),
    "a phrase that YAML takes for a truth value": (
        {"de__typed": "agreements: [yes]\n"},
        ["texts/de/typed.yaml:1: 'agreements' must be a text or a list of texts"],
    ),
    "phrases that aren't by action": ({"de__typed": "commands: [hilfe]\n"}, ["texts/de/typed.yaml:1: must be a mapping"]),
}  # fmt: skip


@pytest.mark.parametrize(("changed", "parts"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_named_with_its_file_and_line(
    folder: Path, changed: dict[str, str | bytes | None], parts: list[str]
) -> None:
    reported = load_faults(write(folder, **changed))
    assert any(fault.startswith(parts[0]) and all(part in fault for part in parts) for fault in reported), reported


def test_all_faults_are_named_together(folder: Path) -> None:
    reported = load_faults(write(folder, de__general="helo: x\nhello: y\n", de__typed="- x\n"))
    assert [fault.partition(":")[0] for fault in reported] == [
        "texts/de/general.yaml",
        "texts/de/general.yaml",
        "texts/de/typed.yaml",
    ]


def test_an_area_is_loaded_alone(folder: Path) -> None:
    write(folder, en__other="- broken", de__other="- broken")
    assert load_area("general", "de", folder) == {"hello": "Hallo {name}", "bye": "Goodbye"}
    assert load_area("general", "fr", folder) == load_area("general", "en", folder)
    with pytest.raises(InvalidFilesError, match=r"de/general.yaml:1: 'x' is not a key"):
        load_area("general", "de", write(folder, de__general="x: y"))


def test_the_actions_that_can_be_typed_are_those_of_english(folder: Path) -> None:
    assert load_typed_actions(write(folder)) == {"help", "back"}
    with pytest.raises(InvalidFilesError, match=r"en/typed.yaml:1: 'comands' isn't known here"):
        load_typed_actions(write(folder, en__typed="comands:\n  help: [help]\n"))
