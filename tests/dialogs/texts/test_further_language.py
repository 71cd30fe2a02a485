"""A partly translated language: its own texts are used, everything else is in English, and nothing fails."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dialogs.model.turn import MemberJoined
from dialogs.texts.catalog import TextCatalog, load_texts
from dialogs.texts.languages import TEXTS_FOLDER, list_languages
from tests.dialogs.fixtures import Chat
from tests.shipped_texts import TEXTS

OWN_TEXTS = {"talk.hello": "nuqneH", "button.draft": "QaH yItlhob", "case.title": "QaH tlhobghach"}
FILES = {
    "language.yaml": "name: Klingon\nswitch_phrases: [tlhIngan Hol yIjatlh]\n",
    "general.yaml": "talk.hello: nuqneH\nbutton.draft: QaH yItlhob\n",
    "case.yaml": "case.title: QaH tlhobghach\n",
    "typed.yaml": "commands:\n  done: [veb]\n",
}
SAID = ("hello", "help", "FAILED.LOG", "next", "it didn't help", "others", "forget me", "guides", "status", "?")


@pytest.fixture
def texts(tmp_path: Path) -> TextCatalog:
    folder = tmp_path / "texts"
    shutil.copytree(TEXTS_FOLDER, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    (folder / "tlh").mkdir()
    for name, content in FILES.items():
        (folder / "tlh" / name).write_text(content, "utf-8")
    assert list_languages(folder) == ("en", "it", "tlh")
    return load_texts(folder)


def translate(shown: str) -> str:
    for key, text in OWN_TEXTS.items():
        shown = shown.replace(TEXTS["en"][key], text)
    return shown


async def test_its_texts_are_shown_and_english_ones_for_the_rest(texts: TextCatalog) -> None:
    english, klingon = Chat("en-US"), Chat("tlh-001", texts=texts)
    assert await klingon.turn(MemberJoined()) == translate(await english.turn(MemberJoined()))
    for said in SAID:
        assert await klingon.say(said) == translate(await english.say(said))
        assert {reply.language for reply in klingon.replies} == {"tlh"}
    assert await klingon.say("hello") == translate(await english.say("hello")) != english.shown
    await english.say("FAILED.LOG")
    await klingon.say("FAILED.LOG")
    assert await klingon.press("QaH yItlhob") == translate(await english.press("Draft a support case"))
    assert "QaH tlhobghach" in klingon.shown
    assert TEXTS["en"]["case.posted-english"] in await klingon.press("Copy the text", template_id="")


async def test_it_is_switched_to_by_its_phrase_and_stays(texts: TextCatalog) -> None:
    chat = Chat("en-US", texts=texts)
    await chat.say("FAILED.LOG")
    await chat.say("“tlhIngan Hol yIjatlh!”")
    assert "QaH yItlhob" in await chat.say("FAILED.LOG")
    assert "Step 2 of 3" in await chat.say("Veb.")
    assert "Passaggio 2 di 3" in await chat.say("italiano")
    await chat.act("klingon")
    assert "QaH yItlhob" in chat.shown


async def test_a_release_without_it_goes_on_in_english_and_forgets_nothing(texts: TextCatalog) -> None:
    chat = Chat("it-IT", texts=texts)
    await chat.say("tlhIngan Hol yIjatlh")
    assert "nuqneH" in await chat.say("hello")
    older = Chat("it-IT")
    older.state = chat.state
    assert TEXTS["en"]["talk.hello"] in await older.say("ciao")
    assert {reply.language for reply in older.replies} == {"en"}
    chat.state = older.state
    assert "nuqneH" in await chat.say("hello")


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("tlh", "tlh"), ("tlh-001", "tlh"), ("TLH_001", "tlh"), ("it_CH", "it"), ("pt-BR", "en"), ("tl", "en"),
        ("", "en"), (None, "en"), ("../en", "en"), ("tlhh", "en"),
    ],
)  # fmt: skip
def test_it_is_detected_by_the_locale(texts: TextCatalog, locale: str | None, language: str) -> None:
    assert texts.detect_language(locale) == language
