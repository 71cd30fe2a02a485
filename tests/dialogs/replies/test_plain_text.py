"""Replies as plain text: order, numbers, both languages, and hostile text."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogs.model.reply import (
    Button,
    Command,
    CopyableText,
    FactTable,
    FormField,
    LogExcerpt,
    Paragraph,
    Reply,
    TextRun,
    build_literal,
    parse_markup,
)
from dialogs.replies.plain_text import render_plain_text, sanitize_line, sanitize_text, summarize_runs


def test_a_diagnosis_reads_from_top_to_bottom():
    reply = Reply(
        (
            Paragraph((TextRun("Script ended with a non-zero exit code"),), size="title"),
            LogExcerpt(
                ((11, "The string is missing the terminator"), (27, "Script exited with non-zero exit status: 1"))
            ),
            Paragraph(parse_markup("**Run it again?** No: see `validExitCodes`."), tone="attention"),
            FactTable(
                (
                    ("Template", build_literal("win11-golden")),
                    ("Run", (TextRun("Failed in "), TextRun("Customizing", "code"))),
                )
            ),
            Command("Azure CLI", "az image builder show \\\n  --name win11-golden"),
            CopyableText("one\n\n  two"),
        ),
        (Button("It worked", "worked"), Button("Next step", "next", primary=True)),
    )

    assert render_plain_text(reply) == (
        "Script ended with a non-zero exit code\n\n"
        "line 11  The string is missing the terminator\nline 27  Script exited with non-zero exit status: 1\n\n"
        "Run it again? No: see validExitCodes.\n\n"
        "Template: win11-golden\nRun: Failed in Customizing\n\n"
        "Azure CLI:\naz image builder show \\\n  --name win11-golden\n\n"
        "one\n\n  two\n\n"
        "[1] It worked\n[2] Next step"
    )


@pytest.mark.parametrize(
    ("field", "language", "shown"),
    [
        (FormField("t", "Title", "Build fails"), "en", "Title: Build fails"),
        (FormField("t", "Title"), "en", "Title:"),
        (FormField("d", "Description", "one\ntwo", multiline=True), "en", "Description:\none\ntwo"),
        (
            FormField("s", "Severity", "b", choices=(("a", "Critical"), ("b", "Minimal"))),
            "en",
            "Severity: Minimal (choose one of: Critical, Minimal)",
        ),
        (
            FormField("s", "Gravità", "", choices=(("a", "Critica"), ("b", "Minima"))),
            "it",
            "Gravità: (scegli tra: Critica, Minima)",
        ),
    ],
)
def test_fields_show_their_values(field, language, shown):
    assert render_plain_text(Reply((field,), language=language)) == shown


def test_italian_lines():
    assert render_plain_text(Reply((LogExcerpt(((3, "Errore"),)),), language="it")) == "riga 3  Errore"


@pytest.mark.parametrize(
    ("deciding", "shown"),
    [
        (0, "line 7  a\nline 8  b"),
        (9, "line 7  a\nline 8  b"),
        (8, "  line 7  a\n▶ line 8  b"),
    ],
)
def test_the_line_that_decides_is_marked(deciding, shown):
    assert render_plain_text(Reply((LogExcerpt(((7, "a"), (8, "b")), deciding),))) == shown


@pytest.mark.parametrize(
    ("literal", "summary"),
    [
        ("node-llama-cpp", "npm couldn't compile node-llama-cpp."),
        ("IMAGE_STATE_UNDEPLOYABLE\nx", "npm couldn't compile IMAGE_STATE_UNDEPLOYABLE x."),
        ("**bold**", "npm couldn't compile …."),
        ("[x](https://evil.example)", "npm couldn't compile …."),
        ("<at>Everyone</at>", "npm couldn't compile …."),
        ("{{DATE(2026-01-01T00:00:00Z)}}", "npm couldn't compile …."),
    ],
)
def test_a_notification_holds_no_foreign_markup(literal, summary):
    assert summarize_runs((TextRun("npm couldn't compile "), *build_literal(literal), TextRun("."))) == summary


def test_blocks_without_content_leave_no_gap():
    assert (
        render_plain_text(Reply((Paragraph(()), LogExcerpt(()), Paragraph((TextRun("end"),)), FactTable(())))) == "end"
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ASCII", "plain ASCII"),
        ("è 👩‍💻 中文", "è 👩‍💻 中文"),
        ("a\tb", "a\tb"),
        ("a\r\nb\rc\nd", "a\nb\nc\nd"),
        ("nul \x00 bell \x07 del \x7f", "nul ␀ bell ␇ del ␡"),
        ("\x9b31m", "⟨U+009B⟩31m"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b[38;5;196;1mred\x1b[m", "red"),
        ("\x1b]0;window title\x07text", "text"),
        ("\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\", "click"),
        ("\x1b(Btext\x1bM", "text"),
        ("\x1b]0;never closed\nthe error", "0;never closed\nthe error"),
        ("\x1b]0;\nthe error\x07", "0;\nthe error␇"),
        ("\x1b[", ""),
        ("\x1b", ""),
        ("gpj\u202eexe.sh\u2066", "gpj⟨U+202E⟩exe.sh⟨U+2066⟩"),
        ("say\U000e0049\U000e0067\U000e006e ok", "say⟨U+E0049⟩⟨U+E0067⟩⟨U+E006E⟩ ok"),
        ("a\u00adb\u034fc\u3164d\uffa0e\u180ef\u2800", "a⟨U+00AD⟩b⟨U+034F⟩c⟨U+3164⟩d⟨U+FFA0⟩e⟨U+180E⟩f⟨U+2800⟩"),
        ("\u206a\ufff9\U0001d173\U000e0101\ufe00", "⟨U+206A⟩⟨U+FFF9⟩⟨U+1D173⟩⟨U+E0101⟩⟨U+FE00⟩"),
        ("\u26a0\ufe0f done", "\u26a0 done"),
        ("a\u2028b\u2029c", "a\nb\nc"),
        ("\ufeffbom", "bom"),
        ("lone \ud800 surrogate", "lone \N{REPLACEMENT CHARACTER} surrogate"),
        ("**b** [x](http://y) <at>All</at> `c`", "**b** [x](http://y) <at>All</at> `c`"),
    ],
)
def test_visible(text, shown):
    assert sanitize_text(text) == shown


@given(st.text(st.characters() | st.sampled_from("\x1b[]\x07\\;m0\n\r\ud83d\u202e")))
def test_visible_text_is_valid_harmless_and_stable(text):
    shown = sanitize_text(text)

    assert sanitize_text(shown) == shown
    assert json.loads(json.dumps(shown).encode("utf-8")) == shown
    assert not any((ord(c) < 32 and c not in "\t\n") or 0x7F <= ord(c) < 0xA0 for c in shown)
    assert not set(shown) & {chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}


@given(st.text())
def test_one_line_is_one_line(text):
    assert len(sanitize_line(text).splitlines()) <= 1


def test_a_long_list_of_choices_is_named_in_part() -> None:
    choices = tuple((str(number), f"Zone {number}") for number in range(1, 41))
    shown = render_plain_text(Reply((FormField("zone", "Time zone", "40", choices=choices),)))
    assert shown.startswith("Time zone: Zone 40 (choose one of: Zone 1, ")
    assert shown.endswith("Zone 12, …)")
