"""Conversations in the terminal, over pipes and over a pseudo-terminal, with a fake answer."""

import asyncio
import contextlib
import io
import os
import pty
import re
import signal

import pytest
from rich.console import Console

from bot.terminal.messages import get_messages
from bot.terminal.terminal import TerminalClient, TerminalInput, run_terminal
from dialogs.model.files import AttachedFile
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
)
from dialogs.model.turn import ACTION_VERSION, ActionPressed, MemberJoined, MessageSent, Person, Turn
from tests.turns import action_of, text_of

WELCOME = Reply((Paragraph((TextRun("Welcome"),)),))
MENU = Reply(
    (Paragraph((TextRun("Known error"),), size="title"),),
    (Button("It worked", "worked"), Button("Next step", "next", {"step": 2}, primary=True)),
)
FORM = Reply(
    (
        FormField("title", "Title", "Build fails", max_chars=20),
        FormField("severity", "Severity", "c", choices=(("b", "Moderate"), ("c", "Minimal"))),
        FormField("what", "What happened", "one\ntwo", multiline=True),
    ),
    (Button("Post", "post", primary=True), Button("Download", "download")),
)


class Bot:
    """Answers each turn with the next replies, repeats the last ones, and records the turns."""

    def __init__(self, *answers):
        self.answers = list(answers) or [[]]
        self.turns = []

    async def __call__(self, turn):
        self.turns.append(turn)
        if isinstance(turn.event, MemberJoined):
            return [WELCOME]
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    @property
    def said(self):
        """Text, or verb and fields, of every turn after the greeting."""
        return [
            (action.action_id, dict(action.fields)) if (action := action_of(turn)) else text_of(turn)
            for turn in self.turns[1:]
        ]


def console(width=80):
    return Console(file=io.StringIO(), width=width, highlight=False, markup=False, emoji=False)


async def talk(bot, script, *, width=80, **options):
    """The output of a whole conversation whose input is `script`, through a pipe."""
    reading, writing = os.pipe()
    screen = console(width)

    def write():
        with contextlib.suppress(BrokenPipeError), os.fdopen(writing, "wb") as pipe:
            pipe.write(script if isinstance(script, bytes) else script.encode())

    sending = asyncio.create_task(asyncio.to_thread(write))
    try:
        async with asyncio.timeout(30):
            await run_terminal(bot, console=screen, descriptor=reading, **options)
            await sending
    finally:
        os.close(reading)
    return screen.file.getvalue()


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("", []),
        ("hello", ["hello"]),
        ("hello\n", ["hello"]),
        ("one\ntwo\n\nthree\n", ["one\ntwo", "three"]),
        ("\n\n  \n one\r\n  two\r\n\r\n\r\n", [" one\n  two"]),
        ("1\n", [("worked", {})]),
        ("hi\n\n 2 \n\n1\n", ["hi", ("next", {}), ("worked", {})]),
        ("hi\n\n3\n\n0\n\n12345\n", ["hi", "3", "0", "12345"]),
        ("1\nnot alone\n", ["1\nnot alone"]),
        (".paste\none\n\n\ttwo\n.\nthree\n", ["one\n\n\ttwo", "three"]),
        (".paste\nnever ended", ["never ended"]),
        (".paste\n.\nafter", ["after"]),
        (".NET failed\n", [".NET failed"]),
        ("one\n\n.quit\n\ntwo\n", ["one"]),
        (".quit\nnever\n", []),
        (".help\nhello\n", ["hello"]),
        (b"caf\xc3\xa9 \xff\n", ["café \N{REPLACEMENT CHARACTER}"]),
    ],
)
async def test_what_is_piped_becomes_turns(script, said):
    bot = Bot([MENU])
    if script == "1\n":
        script = "hi\n\n1\n"
        said = ["hi", *said]
    output = await talk(bot, script)
    assert bot.said == said
    assert output.rstrip().endswith("Goodbye.")


async def test_the_greeting_comes_first_and_turns_say_who_and_where():
    bot = Bot([MENU])
    ada = Person("tenant", "id", "Ada")
    output = await talk(bot, "hi\n\n2\n", person=ada, conversation_id="here", locale="en-GB")

    assert output.index("Welcome") < output.index("Known error") < output.index("[1] It worked")
    assert bot.turns == [
        Turn(ada, "here", locale="en-GB", event=MemberJoined()),
        Turn(ada, "here", locale="en-GB", event=MessageSent("hi")),
        Turn(ada, "here", locale="en-GB", event=ActionPressed("next", {"step": 2}, {}, ACTION_VERSION)),
    ]


async def test_numbers_run_on_over_the_replies_of_a_turn_and_belong_to_the_latest():
    bot = Bot([MENU, FORM], [Reply((), (Button("Only", "only"),))])
    output = await talk(bot, "hi\n\n2\n\n2\n\n1\n")
    assert "[3] Post" in output
    assert bot.said == ["hi", ("next", {}), "2", ("only", {})]


async def test_a_switch_beside_a_command_has_the_number_after_the_buttons():
    switch = Button("PowerShell instead", "use-powershell", {"again": "guide"}, replaces_card=True)
    bot = Bot([Reply((Command("Azure CLI", "az version", switch),), (Button("Help", "help"),))], [])
    output = await talk(bot, "hi\n\n2\n")
    assert "Azure CLI\naz version\n" in output
    assert "[2] PowerShell instead" in output
    assert bot.said == ["hi", ("use-powershell", {})]


async def test_a_turn_without_replies_leaves_the_buttons():
    bot = Bot([MENU], [])
    await talk(bot, "hi\n\n1\n\n1\n")
    assert bot.said == ["hi", ("worked", {}), ("worked", {})]


KEPT = {"title": "Build fails", "severity": "c", "what": "one\ntwo"}


@pytest.mark.parametrize(
    ("answers", "sent"),
    [
        ("\n\n\n", KEPT),
        (".keep\n", KEPT),
        ("New title\n.keep\n", KEPT | {"title": "New title"}),
        ("\n1\n\n", KEPT | {"severity": "b"}),
        ("\nmoderate\n\n", KEPT | {"severity": "b"}),
        ("\n\n.edit\nfirst\n\nlast\n.\n", KEPT | {"what": "first\n\nlast"}),
        (".clear\n\n.clear\n", KEPT | {"title": "", "what": ""}),
        ("a title that is far too long\nshort\n\n\n", KEPT | {"title": "short"}),
        ("\n9\nnone\n2\n\n", KEPT),
    ],
)
async def test_a_form_is_asked_field_by_field(answers, sent):
    bot = Bot([FORM], [])
    await talk(bot, f"hi\n\n1\n\n{answers}")
    assert bot.said[1:] == [("post", sent)]


async def test_a_form_shows_what_it_holds_and_why_an_answer_does_not_fit():
    output = await talk(Bot([FORM], []), "hi\n\n1\n\nthis title is much too long\n\n7\n\n\n")
    asked = output.partition("› Post")[2]
    assert "Title\n  Build fails\n" in asked
    assert "    1  Moderate\n  • 2  Minimal\n" in asked
    assert "What happened\n  one\n  two\n" in asked
    assert "That's 27 characters; the limit is 20." in asked
    assert "Enter a number from 1 to 2." in asked


async def test_what_was_entered_stays_for_the_reply_s_other_buttons():
    bot = Bot([FORM], [])
    await talk(bot, "hi\n\n1\n\nNew title\n.keep\n2\n\n.keep\n")
    assert bot.said[1:] == [("post", KEPT | {"title": "New title"}), ("download", KEPT | {"title": "New title"})]


@pytest.mark.parametrize("leaving", [".cancel\n", "New title\n"])
async def test_a_form_that_is_left_sends_nothing(leaving):
    bot = Bot([FORM])
    output = await talk(bot, f"hi\n\n1\n\n{leaving}")
    assert bot.said == ["hi"]
    assert "You left the form; nothing was sent." in output


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("a.log", b"one\r\n\r\ntwo", "one\r\n\r\ntwo"),
        ("with space.log", b"\xef\xbb\xbfBOM", "BOM"),
        ("w.log", "wide è".encode("utf-16"), "wide è"),
        ("broken.log", b"\xff ok", "\N{REPLACEMENT CHARACTER} ok"),
    ],
)
async def test_a_file_is_sent_as_text(tmp_path, name, content, text):
    (tmp_path / name).write_bytes(content)
    bot = Bot()
    await talk(bot, f'.file "{tmp_path / name}"\n')
    assert bot.said == [text]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("missing.log", "couldn't be read: No such file or directory"),
        ("folder", "isn't a file"),
        ("pipe", "isn't a file"),
        ("empty.log", "is empty"),
        ("nul\0.log", "couldn't be read"),
    ],
)
async def test_a_file_that_cannot_be_sent_is_said_in_words(tmp_path, name, reason):
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "empty.log").touch()
    bot = Bot()
    output = await talk(bot, f".file {tmp_path / name}\n\nstill here\n", width=400)
    assert reason in output
    assert bot.said == ["still here"]


async def test_a_home_folder_that_does_not_exist_does_not_end_the_chat():
    bot = Bot()
    output = await talk(bot, ".file ~nobody-by-this-name/log\n\nstill here\n", width=400)
    assert "couldn't be read" in output
    assert bot.said == ["still here"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("large.log", b"x" * (16 * 1024 * 1024 + 1)),
        ("log.gz", b"\x1f\x8b\x08" + b"x" * 20),
        ("logs.zip", b"PK\x03\x04" + b"x" * 20),
    ],
)
async def test_a_large_file_or_an_archive_is_attached(tmp_path, monkeypatch, name, content):
    (tmp_path / name).write_bytes(content)
    monkeypatch.chdir(tmp_path)
    bot = Bot()
    await talk(bot, f".file {name}\n")
    assert bot.turns[-1].event == MessageSent("", (AttachedFile(name, str(tmp_path / name)),))


async def test_a_file_of_exactly_the_limit_is_sent_as_text(tmp_path):
    path = tmp_path / "limit.log"
    path.write_bytes(b"x" * (16 * 1024 * 1024))
    bot = Bot()
    await talk(bot, f".file {path}\n")
    assert len(bot.said[0]) == 16 * 1024 * 1024


async def test_a_piped_message_over_the_limit_is_cut_and_the_person_is_told():
    bot = Bot()
    output = await talk(bot, "x" * (16 * 1024 * 1024 + 5), width=400)
    assert len(bot.said[0]) == 16 * 1024 * 1024
    assert "was cut off" in output


async def test_a_fault_in_a_turn_is_said_in_words_and_the_conversation_goes_on(caplog):
    async def answer(turn):
        if text_of(turn) == "secret":
            raise RuntimeError("secret")
        return [Reply((Paragraph((TextRun(f"heard {text_of(turn)}"),)),))]

    output = await talk(answer, "secret\n\nmore\n")
    assert get_messages("en").failed[:40] in output
    reference = re.search(r"reference\s+([0-9a-f]{8})", output)
    assert reference
    assert reference[1] in caplog.text
    assert "heard more" in output
    assert "Traceback" not in output
    assert "RuntimeError" in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.parametrize(("locale", "goodbye"), [(None, "Goodbye."), ("it-IT", "A presto.")])
async def test_its_own_words_follow_the_locale_until_a_reply_comes(locale, goodbye):
    async def silent(turn):
        return []

    assert goodbye in await talk(silent, "", locale=locale)


async def test_its_own_words_follow_the_last_reply():
    italian = Reply((LogExcerpt(((7, "Errore"),)),), language="it")
    output = await talk(Bot([italian]), "ciao\n\n.file /niente\n")
    assert "riga 7" in output
    assert "Impossibile leggere /niente" in output
    assert "A presto." in output


@pytest.mark.parametrize("width", [40, 80])
async def test_the_line_that_decides_is_marked(width):
    output = await talk(Bot([Reply((LogExcerpt(((7, "before"), (8, "it broke")), 8),))]), "hi\n", width=width)
    assert "▶ line 8  it broke" in output
    assert "▶ line 7" not in output


@pytest.mark.parametrize("width", [20, 40, 80, 200])
async def test_everything_is_shown_at_any_width_and_copyable_text_is_never_broken(width):
    command = "az image builder show --name win11-golden --resource-group rg --query lastRunStatus --output json"
    reply = Reply(
        (
            Paragraph((TextRun("Title"),), size="title", tone="attention"),
            FactTable((("Template", build_literal("win11")), ("Correlation id", build_literal("7c6a4b1e-90c2")))),
            LogExcerpt(((426, "exit status: 1"),)),
            Command("PowerShell", command),
            CopyableText(f"{command}\n\n  {command}"),
        ),
        (Button("Next", "next"),),
    )
    output = await talk(Bot([reply]), "hi\n", width=width)
    assert f"\n{command}\n" in output
    assert f"\n  {command}\n" in output
    for shown in ("Title", "Template", "win11", "7c6a4b1e-90c2", "426", "[1] Next"):
        assert shown in output


@pytest.mark.parametrize(
    "block",
    [
        lambda text: Paragraph(build_literal(text)),
        lambda text: FactTable((("Name", build_literal(text)),)),
        lambda text: LogExcerpt(((1, text),)),
        lambda text: Command("Azure CLI", text),
        lambda text: CopyableText(text),
        lambda text: FormField("f", "Name", text),
    ],
    ids=["paragraph", "facts", "lines", "command", "copyable", "field"],
)
async def test_foreign_text_is_literal(block):
    hostile = "[bold red]x[/] :boom: \x1b[2J\x1b]0;title\x07 \u202e \x00 \ud800 **b** end"
    output = await talk(Bot([Reply((block(hostile),))]), "hi\n", width=200)
    assert "[bold red]x[/] :boom:  ⟨U+202E⟩ ␀ \N{REPLACEMENT CHARACTER} **b** end" in output
    assert "\x1b" not in output


async def test_colours_are_off_when_asked(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    screen = Console(file=io.StringIO(), width=80, force_terminal=True, highlight=False)
    TerminalClient(
        Bot(), TerminalInput(os.open(os.devnull, os.O_RDONLY)), screen, Person("t", "i"), "c", None
    ).show_replies([MENU])
    assert "\x1b[32m" not in screen.file.getvalue()
    assert "Next step" in screen.file.getvalue()


class Paper(io.StringIO):
    """Says when something is written on it; also from the thread that draws the sign of life."""

    def __init__(self):
        super().__init__()
        self.written = asyncio.Event()
        self.loop = asyncio.get_running_loop()

    def write(self, text):
        self.loop.call_soon_threadsafe(self.written.set)
        return super().write(text)


class Screen:
    """A pseudo-terminal with the chat on its far side; what it prints is seen through `shown`."""

    def __init__(self, bot):
        self.bot = bot
        self.near, self.far = pty.openpty()
        self.paper = Paper()
        self.console = Console(file=self.paper, width=80, highlight=False, markup=False, force_terminal=True)

    async def __aenter__(self):
        self.chat = asyncio.create_task(run_terminal(self.bot, console=self.console, descriptor=self.far))
        await self.until(lambda: self.shown.count("› ") >= 1)
        return self

    async def __aexit__(self, *_):
        self.chat.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.chat
        os.close(self.near)
        os.close(self.far)

    @property
    def shown(self):
        return self.paper.getvalue()

    def type(self, text):
        os.write(self.near, text.encode())

    async def until(self, seen):
        async with asyncio.timeout(20):
            while not seen():
                self.paper.written.clear()
                await self.paper.written.wait()

    async def answer(self, text):
        """Types `text` and waits for the next prompt, as a person does."""
        before = self.shown.count("› ")
        self.type(text)
        await self.until(lambda: self.shown.count("› ") > before and self.shown.endswith("› \x1b[0m"))

    async def ended(self):
        async with asyncio.timeout(20):
            await self.chat


async def test_a_paste_that_the_terminal_does_not_mark_is_one_message(monkeypatch):
    monkeypatch.setattr("bot.terminal.input._PASTE_PAUSE_SECONDS", 0.5)  # a busy machine may be slow to read
    async with Screen(Bot()) as screen:
        screen.type("one\n\ntwo\nthree\n")
        await screen.until(lambda: len(screen.bot.turns) > 1)
        screen.type("later\n")
        await screen.until(lambda: len(screen.bot.turns) > 2)
    assert screen.bot.said == ["one\n\ntwo\nthree", "later"]


async def test_a_marked_paste_is_one_message_however_slowly_it_comes():
    async with Screen(Bot()) as screen:
        assert "\x1b[?2004h" in screen.shown
        screen.type("see: \x1b[200~one\n\n")
        await asyncio.sleep(0.2)  # longer than the pause that ends an unmarked paste
        screen.type("two\nthree\x1b[201~ end\n")
        await screen.until(lambda: len(screen.bot.turns) > 1)
    assert screen.bot.said == ["see: one\n\ntwo\nthree end"]
    assert screen.shown.count("\x1b[?2004l") == 1


async def test_pasted_lines_may_be_longer_than_a_terminal_line():
    async with Screen(Bot()) as screen:
        screen.type(".paste\n")
        await screen.until(lambda: "single dot ends" in screen.shown)
        line = "x" * 9000
        await asyncio.to_thread(screen.type, f"{line}\n\nend\n.\n")
        await screen.until(lambda: len(screen.bot.turns) > 1)
    assert screen.bot.said == [f"{line}\n\nend"]
    assert "was cut off" not in screen.shown


async def test_a_line_that_the_terminal_cut_is_pointed_out():
    async with Screen(Bot()) as screen:
        await asyncio.to_thread(screen.type, "y" * 4095 + "\n")
        await screen.until(lambda: len(screen.bot.turns) > 1)
    assert "was cut off" in screen.shown


async def test_a_form_on_a_terminal():
    async with Screen(Bot([FORM], [MENU])) as screen:
        for line in ("hi", "1", "", "1", "new\ntext"):
            await screen.answer(f"{line}\n")
    assert screen.bot.said == ["hi", ("post", KEPT | {"severity": "b", "what": "new\ntext"})]


@pytest.mark.parametrize("leave", ["\x04", ".quit\n"])
async def test_leaving_a_terminal(leave):
    async with Screen(Bot()) as screen:
        screen.type(leave)
        await screen.ended()
    assert "Goodbye." in screen.shown


async def test_control_c_leaves_while_waiting_for_the_person():
    async with Screen(Bot()) as screen:
        signal.raise_signal(signal.SIGINT)
        await screen.ended()
    assert "Goodbye." in screen.shown


async def test_control_c_leaves_while_a_turn_is_answered():
    begun, cancelled = asyncio.Event(), asyncio.Event()

    async def answer(turn):
        if isinstance(turn.event, MemberJoined):
            return [WELCOME]
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    async with Screen(answer) as screen:
        screen.type("hi\n")
        async with asyncio.timeout(20):
            await begun.wait()
        signal.raise_signal(signal.SIGINT)
        await screen.ended()
    assert cancelled.is_set()
    assert "Goodbye." in screen.shown


class Watched(io.StringIO):
    """A screen that tells when it shows what is waited for."""

    def __init__(self, awaited):
        super().__init__()
        self.awaited, self.shown = awaited, asyncio.Event()

    def write(self, text):
        written = super().write(text)
        if self.awaited in self.getvalue():
            self.shown.set()
        return written


async def test_what_arrives_on_its_own_is_shown_and_its_buttons_are_the_ones_to_press():
    arrivals = asyncio.Queue()
    screens = [Watched("Welcome"), Watched("Next step")]

    class Both:
        def write(self, text):
            for screen in screens:
                screen.write(text)

        def flush(self):
            pass

    bot = Bot()
    reading, writing = os.pipe()
    chatting = asyncio.create_task(
        run_terminal(bot, console=Console(file=Both()), descriptor=reading, background_replies=arrivals)
    )
    async with asyncio.timeout(30):
        await screens[0].shown.wait()
        arrivals.put_nowait([MENU])
        await screens[1].shown.wait()
        os.write(writing, b"2\n")
        os.close(writing)
        await chatting
    os.close(reading)
    assert bot.said == [("next", {})]
