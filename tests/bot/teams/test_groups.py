"""Group chats and channels over real HTTP: mentions, threads, who can press a card's buttons, privacy."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.state.store import build_state_key
from tests.bot.scripted import build_conversation
from tests.bot.stand_ins import Chat, cards, pressed

AT = "<at>Image Medic</at>"
MENTION = {"type": "mention", "mentioned": {"id": "28:bot", "name": "Image Medic"}, "text": AT}
THREAD = {"id": "19:abc@thread.tacv2;messageid=1700", "conversationType": "channel", "isGroup": True}
GROUP = {"id": "19:abc@thread.v2", "conversationType": "groupChat", "isGroup": True}
BOB = {"id": "29:bob", "name": "Bob"}
ID = "0b5d8f3a-6a43-4f0e-9a53-0b6f2f1f7e10"
TITLE = "PowerShell couldn't parse the script: a quote is never closed"
LOG = "\n".join(
    (
        f"[{ID}] PACKER OUT ==> azure-arm: Provisioning with Powershell...",
        f"[{ID}] PACKER OUT     azure-arm: Installing the quarterly payroll agent",
        f'[{ID}] PACKER OUT ==> azure-arm: The string is missing the terminator: ".',
        f"[{ID}] PACKER OUT ==> azure-arm: Provisioning step had errors: Running the cleanup provisioner, if present...",
        f"[{ID}] PACKER OUT Build 'azure-arm' errored after 6 minutes 12 seconds: "
        "Script exited with non-zero exit status: 1. Allowed exit codes are: [0]",
    )
)


@pytest.fixture
def chat(chat: Chat) -> Chat:
    """With the real conversation."""
    conversation = build_conversation()
    chat.conversation.answer_turn, chat.conversation.hand_off = conversation.answer_turn, conversation.hand_off  # type: ignore[assignment, attr-defined, method-assign]
    return chat


async def ask(chat: Chat, text: str, where: dict[str, Any] = THREAD, **more: Any) -> list[str]:
    return await chat.send(f"{AT} {text}", conversation=where, entities=[MENTION], **more)


async def press(chat: Chat, do: str, at: int = -1, where: dict[str, Any] = THREAD, **more: Any) -> list[str]:
    return await chat.send(value=pressed(chat, do, at), conversation=where, **more)


def shown(chat: Chat, at: int = -1) -> str:
    return str(cards(chat)[at]["fallbackText"])


async def state(chat: Chat, conversation: str, person: str = "29:ada") -> Any:
    stored = await chat.store.load(build_state_key("contoso", conversation, person))
    return stored and stored.value["medic"]


@pytest.mark.parametrize("where", [THREAD, GROUP, {"id": "19:x", "isGroup": True}])
async def test_the_answer_is_short_and_in_the_same_thread(chat: Chat, where: dict[str, Any]) -> None:
    assert await ask(chat, LOG, where) == [TITLE]
    text = shown(chat)
    for part in (
        TITLE,
        "A customizer (powershell)",
        "Certain: line 3 says so.",
        "▶ line 3  The string is missing the terminator",
    ):
        assert part in text
    assert "Close the quote on the line that PowerShell names, or a few lines above it. Running it again won't" in text
    for part in ("payroll", ID, "Step 1 of", "az image builder", "support case", "Cause.", "exit code"):
        assert part not in text
    assert text.count("\n▶ line ") == 1
    assert "\n  line " not in text
    assert [action["title"] for action in cards(chat)[-1]["actions"]] == ["Continue in private", "Show the steps here"]
    conversation = where["id"].replace(":", "%3A").replace("@", "%40").replace(";", "%3B").replace("=", "%3D")
    assert chat.teams.paths[-1].startswith(f"/_connector/v3/conversations/{conversation}/activities/")


@pytest.mark.parametrize(
    ("text", "entities", "attachments"),
    [
        (f"{AT} help", [MENTION], ()),
        (f"{AT}\u00a0help", [MENTION], ()),
        (f"{AT}help", [MENTION], ()),
        (f"help {AT}", [MENTION], ()),
        (f"{AT} {AT} help", [MENTION, MENTION], ()),
        ("<at id=\"0\">Image Medic</at> help", [{**MENTION, "text": "<at id=\"0\">Image Medic</at>"}], ()),
        (f"{AT} help", [{"type": "clientInfo", "locale": "en-US"}, "junk", {"type": "mention"}, MENTION], ()),
        (f"{AT} help", [MENTION], ("<p><at>Image Medic</at> help</p>",)),
        (AT, [MENTION], ('<p><span itemtype="http://schema.skype.com/Mention" itemscope>Image Medic</span>&nbsp;help</p>',)),
        ("", [MENTION], ("<div><at id=\"0\">Image Medic</at> help</div>",)),
    ],
)  # fmt: skip
async def test_a_mention_is_no_part_of_what_was_said(
    chat: Chat, text: str, entities: list[Any], attachments: tuple[str, ...]
) -> None:
    copies = [{"contentType": "text/html", "content": content} for content in attachments]
    await chat.send(text, conversation=THREAD, entities=entities, attachments=copies)
    assert "What I can do" in shown(chat)
    assert "mention me" in shown(chat)


async def test_other_peoples_mentions_stay(chat: Chat) -> None:
    """Other people's mentions are part of what was said; nothing is known of that, and the answer says what to do."""
    other = {"type": "mention", "mentioned": {"id": "29:bob"}, "text": "<at>Bob</at>"}
    await chat.send(f"{AT} <at>Bob</at> sees", conversation=THREAD, entities=[MENTION, other])
    assert "I couldn't find anything about an image build" in shown(chat)


async def test_two_people_and_two_threads_have_walks_of_their_own(chat: Chat) -> None:
    second = {**THREAD, "id": "19:abc@thread.tacv2;messageid=1800"}
    turns: list[dict[str, Any]] = [{}, {"from": BOB}, {"where": second}, {"where": second, "from": BOB}]
    for more in turns:
        await ask(chat, LOG, **more)
        await press(chat, "steps", **more)
    for more in turns[::2]:
        await ask(chat, "done", **more)
        assert "Step 4 of" in shown(chat)
    for more in turns:
        await ask(chat, "back", **more)
        assert f"Step {4 if 'from' not in more else 1} of" in shown(chat)


async def test_the_steps_take_the_place_of_the_short_card(chat: Chat) -> None:
    await ask(chat, LOG)
    await press(chat, "steps", replyToId="card")
    await press(chat, "done", replyToId="card")
    assert chat.teams.methods == ["POST", "PUT", "PUT"]
    assert "✓ " in shown(chat)
    assert chat.teams.paths[-1].endswith("messageid%3D1700/activities/card")


@pytest.mark.parametrize(("before", "do"), [((), "steps"), (("steps",), "done"), (("steps",), "skip")])
async def test_a_colleagues_press_starts_a_walk_of_their_own(chat: Chat, before: tuple[str, ...], do: str) -> None:
    await ask(chat, LOG)
    for one in before:
        await press(chat, one, replyToId="card")
    kept = await state(chat, THREAD["id"])
    await press(chat, do, replyToId="card", **{"from": BOB})
    assert chat.teams.methods[-1] == "POST"
    assert "That's a colleague's card, so I left it as it is. Here are the steps for you:" in shown(chat)
    assert TITLE in shown(chat)
    assert "Step 1 of 4. Close the quote on the line that PowerShell names" in shown(chat), "the finding's steps"
    assert await state(chat, THREAD["id"]) == kept
    await press(chat, "done", replyToId="other", **{"from": BOB})
    assert chat.teams.methods[-1] == "PUT"
    assert "Step 4 of 4" in shown(chat)
    assert "terminator" not in json.dumps(await state(chat, THREAD["id"], "29:bob"))
    assert await state(chat, THREAD["id"]) == kept


@pytest.mark.parametrize("do", ["restart", "draft", "others", "step", "post", "cancel-case", "afresh"])
async def test_a_colleagues_press_that_starts_nothing_changes_nothing(chat: Chat, do: str) -> None:
    await ask(chat, LOG)
    await ask(chat, LOG, **{"from": BOB})
    kept = [(await state(chat, THREAD["id"], who))["walk"] for who in ("29:ada", "29:bob")]
    value = {**pressed(chat, "steps", at=0), "do": do, "args": {}}
    await chat.send(value=value, conversation=THREAD, replyToId="card", **{"from": BOB})
    assert "a colleague's card, so I left it as it is. Mention me" in shown(chat)
    assert chat.teams.methods[-1] == "POST"
    assert [(await state(chat, THREAD["id"], who))["walk"] for who in ("29:ada", "29:bob")] == kept


async def test_a_colleagues_press_never_meets_a_text_of_their_own(chat: Chat) -> None:
    """The numbers of two texts that were pasted in the same second are the same."""
    await ask(
        chat, "'Conflict'. Details: Update/Upgrade of image templates is currently not supported", **{"from": BOB}
    )
    number = (await state(chat, THREAD["id"], "29:bob"))["paste"]
    await ask(chat, LOG)
    value = pressed(chat, "private")
    value["args"] |= {"paste": number}
    await chat.send(value=value, conversation=THREAD, **{"from": BOB})
    assert TITLE in shown(chat, -2)
    assert "I no longer have the text for this card" in shown(chat, -2)


async def test_a_card_does_not_say_whose_it_is(chat: Chat) -> None:
    await ask(chat, LOG)
    assert pressed(chat, "steps")["_by"]
    assert "29:ada" not in json.dumps(cards(chat))


@pytest.mark.parametrize("where", [THREAD, GROUP])
async def test_continue_in_private(chat: Chat, where: dict[str, Any]) -> None:
    await ask(chat, LOG, where)
    await press(chat, "private", where=where, replyToId="card")
    [opened] = chat.teams.opened
    assert opened["members"] == [{"id": "29:ada"}]
    assert (opened["bot"], opened["tenantId"], opened["isGroup"]) == ({"id": "28:bot"}, "contoso", False)
    cards_to = [path for sent, path in zip(chat.teams.sent, chat.teams.paths, strict=True) if sent.get("attachments")]
    private, thread = cards_to[-2:]  # a typing indicator may come between them
    assert private == "/_connector/v3/conversations/a%3Aprivate%20with%2029%3Aada/activities"
    assert thread.startswith("/_connector/v3/conversations/19%3Aabc")
    assert "Here's the full answer" in shown(chat, -2)
    assert "Step 1 of" in shown(chat, -2)
    assert "_by" not in pressed(chat, "done", at=-2)
    assert "Let's continue in our private chat" in shown(chat)
    assert chat.teams.methods[-1] == "POST", "the short answer stays for the others"

    there = {"id": "a:private with 29:ada", "conversationType": "personal"}
    await chat.send("next", conversation=there)
    assert "Step 4 of" in shown(chat)
    assert (await state(chat, where["id"]))["walk"] is None
    await press(chat, "steps", at=0, where=where)
    assert "Step 1 of" in shown(chat), "and the steps can still be shown there"


@pytest.mark.parametrize("said", ["draft a case", "1"])
async def test_what_is_typed_leads_to_the_private_chat_too(chat: Chat, said: str) -> None:
    await ask(chat, LOG)
    await ask(chat, said)
    assert len(chat.teams.opened) == 1
    assert "private chat" in shown(chat)


async def test_a_case_is_drafted_in_private(chat: Chat) -> None:
    await ask(chat, LOG)
    await press(chat, "steps")
    await press(chat, "draft", replyToId="card")
    assert "its draft is in our private chat" in shown(chat)
    inputs = [item for item in json.dumps(cards(chat)[-2]).split('"') if item.startswith("Input.")]
    assert inputs
    assert ID in json.dumps(cards(chat)[-2])
    for activity, path in zip(chat.teams.sent, chat.teams.paths, strict=True):
        if "/19%3Aabc" in path:
            assert ID not in json.dumps(activity)
            assert "Input." not in json.dumps(activity)


@pytest.mark.parametrize(("status", "way"), [(403, "/v3/conversations"), (404, "/v3/conversations"), (403, "private")])
async def test_where_the_private_chat_cannot_be_opened_a_link_leads_there(chat: Chat, status: int, way: str) -> None:
    await ask(chat, LOG)
    chat.teams.refuse_way = lambda _, path: status if path.endswith(way) or (way == "private" and way in path) else None
    [said] = await press(chat, "private")
    assert said.startswith("I couldn't message you privately")
    assert said.endswith("https://teams.microsoft.com/l/chat/0/0?users=28:bot")
    assert (await state(chat, THREAD["id"]))["walk"] is not None
    await press(chat, "steps", at=0)
    assert "Step 1 of" in shown(chat)


async def test_a_press_for_the_private_chat_that_is_delivered_twice_is_done_once(chat: Chat) -> None:
    await ask(chat, LOG)
    again = chat.activity(value=pressed(chat, "private"), conversation=THREAD)
    for _ in range(3):
        await chat.post(again)
    assert len(chat.teams.sent) == 3
    assert len(chat.teams.opened) == 1


async def test_a_crash_between_the_private_chat_and_the_thread_shows_nothing_twice(chat: Chat) -> None:
    """The private chat is committed first; the activity that comes again finds it done there, and ends the thread."""
    await ask(chat, LOG)
    again = chat.activity(value=pressed(chat, "private"), conversation=THREAD)
    key = build_state_key("contoso", THREAD["id"], "29:ada")
    before = await chat.store.load(key)
    assert before
    await chat.post(again)
    after = await chat.store.load(key)
    assert after
    await chat.store.commit(key, after.etag, before.value)
    await chat.post(again)
    private = [path for path in chat.teams.paths if "private" in path]
    assert len(private) == 1
    assert "Let's continue in our private chat" in shown(chat)


async def test_what_is_private_is_kept_when_a_thread_comes_over(chat: Chat) -> None:
    there = {"id": "a:private with 29:ada", "conversationType": "personal"}
    await chat.send("italiano", conversation=there)
    await chat.send(LOG, conversation=there)
    await chat.send("avanti", conversation=there)
    await ask(chat, LOG)
    await press(chat, "private")
    assert "Passaggio 1 di" in shown(chat, -2)
    assert "Let's continue in our private chat" in shown(chat)
    assert len((await state(chat, there["id"]))["tried"]) == 1


async def test_an_unknown_error_shows_no_excerpt(chat: Chat) -> None:
    await ask(
        chat,
        LOG.replace("Script exited with non-zero exit status: 1. Allowed exit codes are: [0]", "quux").replace(
            "terminator", "x"
        ),
    )
    assert "payroll" not in shown(chat)
    assert "line 2" not in shown(chat)


@pytest.mark.parametrize("kind", ["installationUpdate", "conversationUpdate"])
@pytest.mark.parametrize("where", [THREAD, GROUP])
async def test_a_group_is_greeted_once_when_the_bot_joins(chat: Chat, where: dict[str, Any], kind: str) -> None:
    joined = {"type": kind, "action": "add", "membersAdded": [{"id": "28:bot"}], "conversation": where}
    for _ in range(2):
        await chat.post(chat.activity(**joined))
    assert len(chat.teams.messages) == 1
    assert "Ada added me to this conversation." in shown(chat)
    assert "mention me" in shown(chat)


async def test_a_new_member_is_not_greeted(chat: Chat) -> None:
    joined = {"type": "conversationUpdate", "membersAdded": [BOB], "conversation": GROUP}
    await chat.post(chat.activity(**joined))
    assert chat.teams.sent == []


async def test_italian(chat: Chat) -> None:
    await ask(chat, LOG, locale="it-IT")
    assert [action["title"] for action in cards(chat)[-1]["actions"]] == [
        "Continua in privato",
        "Mostra qui i passaggi",
    ]
    await press(chat, "steps", locale="it-IT", **{"from": BOB})
    assert "Quella scheda è di un'altra persona" in shown(chat)
    await press(chat, "private", at=0, locale="it-IT")
    assert "Continuiamo nella nostra chat privata" in shown(chat)
    assert "ecco la risposta completa" in shown(chat, -2)
