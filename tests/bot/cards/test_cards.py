"""Adaptive Cards: valid for every client, untrusted text shown literally, within Teams' size limit, nothing lost."""

import importlib.resources
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema.validators import Draft6Validator
from markdown_it import MarkdownIt

from bot.cards.fallback import render_fallback
from bot.cards.messages import build_reply_message
from bot.cards.splitting import split_reply
from bot.cards.summary import build_summary
from dialogs.model.duration_bars import DurationBar, DurationBars
from dialogs.model.reply import (
    Button,
    Command,
    CopyableText,
    FactTable,
    FoldedSection,
    FormField,
    LogExcerpt,
    Paragraph,
    Placement,
    Reply,
    TextRun,
    build_literal,
    parse_markup,
)
from dialogs.model.turn import ACTION_VERSION
from dialogs.replies.plain_text import render_plain_text, sanitize_text
from knowledge.model.entry import Language
from tests.bot.cards.rendering import render_card
from tests.reporting import failures_together

TARGET, LIMIT = 25 * 1024, 80 * 1024

DIAGNOSIS = Reply(
    (
        Paragraph((TextRun("Script ended with a non-zero exit code"),), size="title"),
        Paragraph((TextRun("customize phase · certain"),), tone="subtle"),
        LogExcerpt(
            ((11, '    The string is missing the terminator: ".'), (27, "Script exited with non-zero exit status: 1"))
        ),
        Paragraph(parse_markup("**Run it again as it is? No:** the script is broken."), tone="attention"),
        FactTable((("Template", build_literal("win11-golden")), ("Last run", parse_markup("Failed in `Customizing`")))),
        Command("PowerShell", "Get-AzImageBuilderTemplate `\n  -Name win11-golden"),
        Paragraph((TextRun("Saved."),), tone="good"),
        Paragraph((TextRun("This deletes the log."),), tone="warning"),
    ),
    (Button("It worked", "worked"), Button("Next step", "next", {"step": 2}, primary=True)),
)
FORM = Reply(
    (
        Paragraph((TextRun("Bozza"),), size="title"),
        FormField("title", "Titolo", "Compilazione non riuscita", max_chars=250),
        FormField("severity", "Gravità", "minimal", choices=(("minimal", "Minima"), ("critical", "Critica"))),
        FormField("what", "Che cosa è successo", "uno\ndue", multiline=True),
        FormField("empty", "Vuoto"),
    ),
    (Button("Copia il testo", "post", primary=True),),
    "it",
)
HOSTILE = (
    "**bold** _em_ ~~x~~ `code` # head\n- item",
    "[click](https://evil.example) ![img](https://evil.example/x.png)",
    "<b>x</b><script>alert(1)</script> &amp; <at>Everyone</at>",
    "{{DATE(2026-01-01T00:00:00Z,SHORT)}} {{{TIME(2026-01-01T00:00:00Z)}} {{x}} ${user}",
    "\x1b[31mred\x1b[0m \x1b]8;;https://evil.example\x07link",
    "gpj\u202eexe \x00 \x07 \x85 \ud800 👩‍💻 é",
    '"\\u0000" \\ "} ] , {"type":"TextBlock"}',
    "A" * 100_000,
)


def schema(version):
    path = importlib.resources.files("adaptive_cards") / "schemas" / f"schema-{version}.json"
    return Draft6Validator(json.loads(path.read_text("utf-8")))


SCHEMAS = {version: schema(version) for version in ("1.2", "1.5")}


def elements(value):
    """Every dict inside `value`, itself first."""
    if isinstance(value, dict):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from elements(item)


def as_seen(value, client):
    """What a client of this schema version shows of `value`: the element, or its fallback."""
    if isinstance(value, list):
        return [as_seen(item, client) for item in value]
    if not isinstance(value, dict):
        return value
    is_newer = value.get("requires", {}).get("adaptiveCards", "1.0") > client or value.get("type") == "CodeBlock"
    if is_newer:  # no released schema has code blocks: Teams on a desktop does
        return as_seen(value["fallback"], client)
    return {key: as_seen(item, client) for key, item in value.items() if key not in ("requires", "fallback")}


def check(made):
    """The card is valid for clients of 1.2 and 1.5, is plain JSON and fits."""
    assert made["version"] == "1.2"
    assert made["msteams"] == {"width": "Full"}
    bare = {key: value for key, value in made.items() if key != "msteams"}
    for client, validator in SCHEMAS.items():
        seen = as_seen(bare, client)
        found = [f"{list(error.path)}: {error.message}" for error in validator.iter_errors(seen)]
        assert not found, (client, found)
    assert json.loads(json.dumps(made, ensure_ascii=False).encode("utf-8")) == made
    assert size(made) <= LIMIT
    assert not [e for e in elements(made) if e.get("type") in ("TextBlock", "FactSet")]


def size(made):
    return len(json.dumps(made, ensure_ascii=False, separators=(",", ":")).encode("utf-16-le"))


def shown(made):
    """All text in the card's body, as it reads; what only helps a client to break lines taken out."""
    blocks = (e for e in elements(made["body"]) if e.get("type") == "RichTextBlock")
    text = "\n".join("".join(run["text"] for run in block["inlines"]) for block in blocks)
    return text.replace("\N{ZERO WIDTH SPACE}", "").replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize("reply", [DIAGNOSIS, FORM, Reply(()), Reply((), (Button("Help", "help"),))])
def test_cards_are_valid(reply):
    made = render_card(reply)
    check(made)
    assert made["fallbackText"] == render_fallback(reply)
    assert made["lang"] == reply.language


def test_the_text_stands_in_the_order_of_the_blocks():
    text = shown(render_card(DIAGNOSIS))
    places = [
        text.index(words)
        for words in ("Script ended", "customize", "line 11", "line 27", "Run it again", "Template", "win11", "Get-Az")
    ]
    assert places == sorted(places)


def test_a_heading_is_large_and_evidence_and_commands_are_boxed_and_monospaced():
    title, _, evidence, verdict, _, _, command, *_ = render_card(DIAGNOSIS)["body"]
    assert title["inlines"][0] | {"size": "large", "weight": "bolder"} == title["inlines"][0]
    assert (evidence["style"], command["style"], verdict["style"]) == ("emphasis", "emphasis", "attention")
    assert evidence["items"][1]["inlines"][1]["fontType"] == "monospace"
    assert command["items"][1]["fallback"]["inlines"] == [
        {"type": "TextRun", "text": "Get-AzImageBuilderTemplate `\n  -Name win11-golden", "fontType": "monospace"}
    ]


def test_the_line_that_decides_is_marked_by_a_sign_and_not_by_color_alone():
    made = render_card(Reply((LogExcerpt(((7, "before"), (8, "it broke"), (9, "after")), deciding=8),)))
    (box,) = made["body"]
    labels = [line["inlines"][0] for line in box["items"]]
    assert [label["text"].split("\N{EN SPACE}")[0] for label in labels] == [
        "line 7",
        "▶\N{NO-BREAK SPACE}line 8",
        "line 9",
    ]
    assert [label.get("color") for label in labels] == [None, "attention", None]
    assert [line["inlines"][1].get("weight") for line in box["items"]] == [None, "bolder", None]


def list_inlines(made, **style):
    blocks = (e for e in elements(made["body"]) if e.get("type") == "RichTextBlock")
    return [run["text"] for block in blocks for run in block["inlines"] if run.items() >= style.items()]


def test_a_long_name_in_a_title_can_be_broken():
    host = "contoso.blob.core.windows.net"
    made = render_card(Reply((Paragraph((TextRun(host, "code"), TextRun(" answered 404")), size="title"),)))
    assert list_inlines(made, fontType="monospace") == [host.replace(".", ".\N{ZERO WIDTH SPACE}")]
    assert list_inlines(render_card(Reply((Paragraph((TextRun(host, "code"),)),)))) == [host]


def test_the_number_of_a_duration_stays_beside_its_unit():
    rows = (
        DurationBar("install", 6_780, "stopped", silent_seconds=6_720),
        DurationBar("Time limit", 7_200, "stopped", is_own=True, limit_seconds=7_200),
    )
    texts = list_inlines(render_card(Reply((DurationBars(rows),))))
    gap = "\N{NO-BREAK SPACE}"
    for text in (f"1{gap}h 53{gap}min, stopped", f"░ silent for 1{gap}h 52{gap}min", f"2{gap}h of 2{gap}h"):
        assert text in texts


def test_buttons_carry_their_verb_arguments_and_version():
    worked, following = render_card(DIAGNOSIS)["actions"]
    assert worked == {
        "type": "Action.Submit",
        "title": "It worked",
        "data": {"v": ACTION_VERSION, "do": "worked", "args": {}},
    }
    assert following["style"] == "positive"
    assert following["data"]["args"] == {"step": 2}


def test_more_than_six_buttons_stay_reachable():
    made = render_card(Reply((), tuple(Button(f"Choice {n}", "choose", {"n": n}) for n in range(14))))
    check(made)
    actions = [e for e in elements(made) if e.get("type") == "Action.Submit"]
    assert [a["data"]["args"]["n"] for a in actions] == list(range(14))
    assert len(made["actions"]) <= 6
    assert all(len(e["actions"]) <= 6 for e in elements(made) if "actions" in e)


@pytest.mark.parametrize("client", ["1.2", "1.5"])
def test_every_input_has_a_label_and_its_value(client):
    body = as_seen(render_card(FORM), client)["body"]
    inputs = {e["id"]: e for e in elements(body) if str(e.get("type")).startswith("Input.")}

    assert list(inputs) == ["title", "severity", "what", "empty"]
    assert inputs["title"]["value"] == "Compilazione non riuscita"
    assert inputs["title"]["maxLength"] == 250
    assert inputs["severity"]["value"] == "minimal"
    assert inputs["severity"]["choices"][1] == {"title": "Critica", "value": "critical"}
    assert inputs["what"]["isMultiline"]
    assert inputs["what"]["value"] == "uno\ndue"
    assert "value" not in inputs["empty"]
    assert [e.get("separator", False) for e in body] == [False, True, False, False, False]
    labels = [e["label"] for e in inputs.values()] if client == "1.5" else shown({"body": body}).split("\n")[1:]
    assert labels == ["Titolo", "Gravità", "Che cosa è successo", "Vuoto"]


@pytest.mark.parametrize(
    "wrap",
    [
        lambda text: Paragraph(build_literal(text)),
        lambda text: Paragraph((TextRun(text),), size="title"),
        lambda text: Paragraph((TextRun(text, "bold"),), tone="warning"),
        lambda text: FactTable(((text, build_literal(text)),)),
        lambda text: LogExcerpt(((1, text),)),
        lambda text: Command("Azure CLI", text),
        lambda text: CopyableText(text),
        lambda text: FormField("f", text, text, multiline=True),
        lambda text: FormField("f", text, text[:300], choices=((text[:300], text), ("b", "B"))),
    ],
    ids=["paragraph", "title", "callout", "facts", "lines", "command", "copyable", "field", "choices"],
)
def test_foreign_text_stays_literal_everywhere(wrap):
    with failures_together() as failures:
        for text in HOSTILE:
            block = wrap(text)
            with failures.check(ascii(text[:20])):
                made = render_card(Reply((block,), (Button(text[:300], "do", {"text": text[:300]}),)))
                check(made)
                assert len(made["actions"]) == 1
                if not isinstance(block, FormField):
                    assert sanitize_text(text)[:60] in shown(made)
                for run in elements(made["body"]):
                    assert "{{DATE(" not in run.get("text", "")
                    assert "{{TIME(" not in run.get("text", "")


def test_commands_and_copyable_text_have_nothing_added():
    long = "x" * 500 + "/" + "y" * 500
    made = render_card(Reply((Command("Azure CLI", long), CopyableText(f"  {long}"))))
    assert [r["text"] for r in elements(made["body"]) if r.get("fontType")] == [long, f"  {long}"]


@pytest.mark.parametrize(("language", "note"), [("en", "… 960 more lines"), ("it", "… altre 960 righe")])
def test_long_evidence_is_shortened_with_a_note(language, note):
    rows = tuple((n, f"row {n} of the log") for n in range(1, 1001))
    made = render_card(Reply((LogExcerpt(rows),), (Button("Next", "next"),), language))

    check(made)
    assert size(made) <= TARGET
    assert note in shown(made)
    assert note in made["fallbackText"]
    assert "row 1 of" in shown(made)
    assert len(made["actions"]) == 1


def test_the_line_that_decides_is_never_left_out():
    rows = tuple((n, "x" * 590) for n in range(1, 1001))
    assert "▶ line 777" in shown(render_card(Reply((LogExcerpt(rows, deciding=777),))))


def test_one_endless_line_is_cut_with_a_note_in_it():
    made = render_card(Reply((LogExcerpt(((7, "x" * 100_000),)),)))
    assert size(made) <= TARGET
    assert "… 99,400 more characters" in shown(made)


def test_a_long_command_loses_whole_lines_only():
    lines = [f"az command --number {n}" for n in range(2000)]
    made = render_card(Reply((Command("Azure CLI", "\n".join(lines)),)))

    assert size(made) <= TARGET
    text = next(r["text"] for r in elements(made["body"]) if r.get("fontType"))
    assert text.split("\n") == lines[: len(text.split("\n"))]
    assert f"… {2000 - len(text.split(chr(10)))} more lines" in shown(made)


def test_our_own_long_sentences_are_not_shortened_for_the_target():
    words = "A sentence of ours. " * 800
    made = render_card(Reply((Paragraph((TextRun(words),)), LogExcerpt(((1, "the proof"),)))))
    assert TARGET < size(made) <= LIMIT
    assert words in shown(made)


LONG_TEXTS = {
    "lines": "\n".join(f"line {n}: è successo qualcosa" for n in range(3000)),
    "one line": "z" * 90_000,
    "blank lines": "\n" * 20_000,
    "emoji": "👩‍💻" * 9000,
    "quotes": '"\\' * 20_000,
    "controls": "\x00\x01\u202e" * 9000,
    "templates": "{{DATE(" * 4000,
    "surrogates": "\ud800" * 20_000,
}


@pytest.mark.property
@pytest.mark.parametrize("text", LONG_TEXTS.values(), ids=LONG_TEXTS)
@pytest.mark.parametrize("language", ["en", "it"])
def test_parts_lose_nothing_and_fit(text, language):
    reply = Reply(
        (
            Paragraph((TextRun("Draft"),), size="title"),
            CopyableText(text),
            Paragraph((TextRun("After"),)),
            CopyableText("short"),
        ),
        (Button("Done", "done"),),
        language,
        "A draft",
    )

    made = split_reply(reply)

    copied = [block.text for part in made for block in part.blocks if isinstance(block, CopyableText)]
    assert "".join(copied) == text + "short"
    assert [part.buttons for part in made] == [()] * (len(made) - 1) + [reply.buttons]
    assert all(part.language == language and part.summary == "A draft" for part in made)
    said = [render_plain_text(Reply((b,))) for part in made for b in part.blocks if isinstance(b, Paragraph)]
    assert (said[0], said[-1]) == ("Draft", "After")
    count = len(copied) - 1
    assert said[1:-1] == [f"{'Parte' if language == 'it' else 'Part'} {n} {'di' if language == 'it' else 'of'} {count}"
                          for n in range(1, count + 1)]  # fmt: skip
    for part in made:
        check(render_card(part))
        assert size(render_card(part)) <= TARGET
        assert render_card(part)["fallbackText"] == render_fallback(part)


def test_a_split_form_stays_whole_with_its_buttons():
    reply = Reply((FormField("a", "A"), CopyableText("y\n" * 20_000), FormField("b", "B")), (Button("Send", "send"),))
    *before, last = split_reply(reply)
    assert [b.id for b in last.blocks if isinstance(b, FormField)] == ["a", "b"]
    assert not [b for part in before for b in part.blocks if isinstance(b, FormField)]
    assert (
        "".join(b.text for part in (*before, last) for b in part.blocks if isinstance(b, CopyableText))
        == "y\n" * 20_000
    )


@pytest.mark.parametrize("reply", [DIAGNOSIS, FORM, Reply(()), Reply((CopyableText("short"),))])
def test_what_fits_is_not_split(reply):
    assert split_reply(reply) == [reply]


@pytest.mark.parametrize(
    ("reply", "line"),
    [
        (Reply((), summary="Known error found"), "Known error found"),
        (DIAGNOSIS, "Script ended with a non-zero exit code"),
        (Reply((LogExcerpt(((1, "x"),)), Paragraph((TextRun("two\nlines"),)))), "two lines"),
        (Reply((Paragraph((TextRun("  "),)), Paragraph((TextRun("words"),)))), "words"),
        (Reply((Paragraph((TextRun("w" * 200),)),)), "w" * 119 + "…"),
        (Reply(()), ""),
    ],
)
def test_summary(reply, line):
    assert build_summary(reply) == line


text = st.text(st.characters() | st.sampled_from('\x1b\x00\n\r {}"\\\ud800\u202e'), max_size=40)
long_text = st.builds(lambda piece, times: piece * times, text, st.sampled_from([1, 1, 1, 50, 3000]))
runs = st.lists(st.builds(TextRun, long_text, st.sampled_from(["plain", "bold", "code"])), max_size=4).map(tuple)
tones = st.sampled_from(["default", "good", "warning", "attention", "subtle"])
choices = st.lists(st.tuples(text, text), max_size=4).map(tuple)
blocks = st.one_of(
    st.builds(Paragraph, runs, tones, st.sampled_from(["default", "title"])),
    st.builds(FactTable, st.lists(st.tuples(long_text, runs), max_size=4).map(tuple)),
    st.builds(LogExcerpt, st.lists(st.tuples(st.integers(1, 10**9), long_text), max_size=60).map(tuple)),
    st.builds(Command, st.sampled_from(["Azure CLI", "PowerShell"]), long_text),
    st.builds(CopyableText, long_text),
    st.builds(FormField, st.just("id"), long_text, long_text, st.booleans(), choices, st.integers(0, 500)),
)
buttons = st.builds(Button, long_text, text, st.dictionaries(text, text | st.integers(), max_size=2), st.booleans())
replies = st.builds(
    Reply,
    st.lists(blocks, max_size=12).map(tuple),
    st.lists(buttons, max_size=6).map(tuple),
    st.sampled_from(["en", "it"]),
    long_text,
)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(replies)
def test_any_reply_becomes_cards_that_fit(reply):
    split = split_reply(reply)

    copied = "".join(block.text for part in split for block in part.blocks if isinstance(block, CopyableText))
    assert copied == "".join(block.text for block in reply.blocks if isinstance(block, CopyableText))
    for part in (reply, *split):
        made = render_card(part)
        check(made)
        assert len([e for e in elements(made) if e.get("type") == "Action.Submit"]) == len(part.buttons)
        assert len(build_summary(part)) <= 120


def test_a_long_form_keeps_all_that_was_written_in_it() -> None:
    words = '{"C:\\temp": "è successo"}\n' * 460
    made = render_card(Reply((FormField("what", "What", words, multiline=True),)))
    check(made)
    assert [e["value"] for e in elements(made["body"]) if e.get("id") == "what"] == [words, words]
    assert "more characters" in made["fallbackText"]


def test_runs_of_one_style_become_one() -> None:
    made = render_card(
        Reply(
            (
                Paragraph(
                    (TextRun("1", "bold"), TextRun(".", "bold"), TextRun(" "), TextRun("x\x1b[3"), TextRun("1m y"))
                ),
            )
        )
    )
    assert [(r["text"], r.get("weight")) for r in made["body"][0]["inlines"]] == [("1.", "bolder"), (" x1m y", None)]


SWITCH = Button("PowerShell instead", "use-powershell", {"again": "guide"}, replaces_card=True)


def test_a_command_is_a_code_block_that_falls_back_to_text() -> None:
    (box,) = render_card(Reply((Command("PowerShell", "Get-AzVersion"),)))["body"]
    label, code = box["items"]
    assert label["inlines"][0]["text"] == "PowerShell"
    assert (code["type"], code["codeSnippet"], code["language"]) == ("CodeBlock", "Get-AzVersion", "PowerShell")
    assert code["fallback"]["inlines"] == [{"type": "TextRun", "text": "Get-AzVersion", "fontType": "monospace"}]


def test_a_switch_stands_beside_its_command_and_counts_as_no_button_of_the_row() -> None:
    reply = Reply((FoldedSection("How", (Command("Azure CLI", "az version", SWITCH),)),), (Button("Help", "help"),))
    made = render_card(reply)
    check(made)
    _, section = made["body"]
    line = section["items"][1]
    assert line["selectAction"]["title"] == "PowerShell instead"
    assert line["selectAction"]["data"]["do"] == "use-powershell"
    assert [action["title"] for action in made["actions"]] == ["Help"]
    assert made["fallbackText"].endswith("\\[1\\] Help\n\\[2\\] PowerShell instead")


@pytest.mark.parametrize(("placement", "keeps"), [("in-place", None), ("stays", True)])
def test_a_switch_takes_its_cards_place_even_where_the_card_stays(placement: Placement, keeps: bool | None) -> None:
    reply = Reply((Command("Azure CLI", "az version", SWITCH),), (Button("Help", "help"),), placement=placement)
    card = build_reply_message(reply, owner_id="ada").card
    sent = {e["data"]["do"]: e["data"] for e in elements(card) if e.get("type") == "Action.Submit"}
    assert (sent["help"].get("_keep"), sent["use-powershell"].get("_keep")) == (keeps, False)
    assert all("_by" in data for data in sent.values())


@pytest.mark.parametrize("is_open", [True, False])
def test_an_open_section_is_shown_at_once(is_open: bool) -> None:
    _, section = render_card(Reply((FoldedSection("How", (Command("Azure CLI", "az version"),), is_open),)))["body"]
    assert section.get("isVisible", True) == is_open


@pytest.mark.parametrize(("language", "said"), [("en", "Please fill this in."), ("it", "Compila questo campo.")])
def test_a_required_field_is_checked_where_the_client_can_and_its_problem_is_shown_everywhere(
    language: Language, said: str
) -> None:
    field = FormField("title", "Title", required=True, problem="This can't be empty.", hint="such as this")
    problem, shown = render_card(Reply((field,), language=language))["body"]
    assert problem["inlines"] == [
        {"type": "TextRun", "text": "\N{BLACK RIGHT-POINTING TRIANGLE} This can't be empty.", "color": "attention"}
    ]
    assert (shown["isRequired"], shown["errorMessage"], shown["requires"]) == (True, said, {"adaptiveCards": "1.3"})
    older = shown["fallback"]["items"][-1]
    assert older["placeholder"] == "such as this"
    assert not {"isRequired", "errorMessage", "label"} & set(older)


def test_a_button_that_sends_nothing_of_the_form_does_not_wait_for_it() -> None:
    bare, whole = render_card(
        Reply((), (Button("Discard", "discard", should_omit_fields=True), Button("Post", "post")))
    )["actions"]
    assert bare["associatedInputs"] == "none"
    assert "associatedInputs" not in whole


def test_a_link_opens_its_page_and_can_be_the_primary_button() -> None:
    (link,) = render_card(Reply((), (Button("Open", "", primary=True, url="https://portal.azure.com/#x"),)))["actions"]
    assert link == {
        "type": "Action.OpenUrl",
        "title": "Open",
        "style": "positive",
        "url": "https://portal.azure.com/#x",
    }


def test_folded_facts_are_hidden_in_the_card_until_their_label_is_pressed_and_whole_in_its_text() -> None:
    folded = Reply((FactTable((("Region", build_literal("northeurope")),), "More about the template"),))
    head, box = render_card(folded)["body"]
    assert head["selectAction"]["targetElements"] == [box["id"]]
    assert "More about the template" in json.dumps(head)
    assert (box["isVisible"], "northeurope" in json.dumps(box)) == (False, True)
    assert "More about the template:\nRegion: northeurope" in render_card(folded)["fallbackText"]


@pytest.mark.parametrize(
    "foreign",
    [
        "[Click to fix](http://evil.test/fix)",
        "![x](http://evil.test/x.png)",
        "[Click][1]\n\n[1]: http://evil.test/fix",
        "<http://evil.test> <a href='http://evil.test'>fix</a>",
        "**bold** _soft_ ~~gone~~ `code`",
        "# heading\n> quote\n- item\n+ item\n  - item",
        "\\[Click](http://evil.test/fix)",
    ],
)
def test_foreign_text_in_the_fallback_is_literal_for_a_client_that_reads_markdown(foreign: str) -> None:
    reply = Reply((Paragraph(build_literal(foreign)), LogExcerpt(((1, foreign),), 1), CopyableText(foreign)))
    made = MarkdownIt("commonmark", {"html": True}).enable("strikethrough").parse(render_card(reply)["fallbackText"])
    kinds = {token.type for block in made for token in (block, *(block.children or ()))}
    assert kinds <= {"paragraph_open", "paragraph_close", "inline", "text", "text_special", "softbreak"}
    shown = "".join(token.content for block in made for token in block.children or () if token.type != "softbreak")
    assert "".join(foreign.split()) in "".join(shown.split())


def test_a_long_place_wraps_on_a_narrow_card() -> None:
    path = "$.properties.vmProfile.vnetConfig.containerInstanceSubnetId"
    (block,) = render_card(Reply((Paragraph(build_literal(path), "subtle"),)))["body"]
    [run] = block["inlines"]
    assert max(map(len, run["text"].split("\u200b"))) <= 32
    assert run["text"].replace("\u200b", "") == path
