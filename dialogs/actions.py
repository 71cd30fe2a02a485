"""What each button does, and the typed words that mean the same. What a button holds is checked before it is used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import get_args

from dialogs import forget as forgetting
from dialogs.context import Outcome, Scene
from dialogs.replies import general_replies as talk
from dialogs.solution import attached_logs as file_reading
from dialogs.solution import feedback
from dialogs.solution import howtos as guides
from dialogs.solution import questionnaire as guided
from dialogs.solution import shared_chat as group_view
from dialogs.solution import walkthrough as walk
from dialogs.state.case import MOST_PASTE
from dialogs.state.diagnosis import NAME
from dialogs.state.json_fields import ShapeError, keyed, one_of, rows, text, whole
from dialogs.state.state import State, Walk
from dialogs.support import case_outlets as case_ways
from dialogs.support import drafts
from dialogs.support.case_values import FileKind
from dialogs.typed_commands import Intent

MOST_ANSWERS = 10
NO_PASTE = 0
"""The number of no text at all: a colleague's walk must not meet a text of one's own."""
_OF_THE_CASE = frozenset(
    {"draft", "post", "afresh", "cancel-case", "discard-case", "drafts", "take-up", "az-case", "file-case"}
)
_ANYBODYS = frozenset({"help", "guided", "guides", "guide", "example", "private", "look", "look-other", "failing"})

_Args = Mapping[str, object]
_Fields = Mapping[str, str]


def press(scene: Scene, state: State, do: str, args: object, fields: object) -> Outcome:
    """The answer to a button of the current version."""
    if scene.public and do in _OF_THE_CASE:
        return group_view.case_to_private(scene, state)
    answer = _BUTTONS.get(do)
    if answer is None:
        return state, (talk.trouble(scene, "trouble.unknown-button"),)
    try:
        return answer(scene, state, keyed(args), texts_of(fields))
    except ShapeError:
        return state, (talk.trouble(scene, "trouble.unknown-button"),)


def foreign(scene: Scene, state: State, do: str, args: object) -> Outcome | None:
    """The answer to a button of somebody else's card: a walk of one's own. None where a press is anybody's."""
    if do in _ANYBODYS:
        return None
    entry = args.get("entry") if isinstance(args, Mapping) else None
    if not isinstance(entry, str) or entry not in scene.entries:
        said = scene.reply(scene.say("thread.not-yours"), buttons=talk.ways_on(scene), beside=True)
        return state, (said,)
    state, (first, *rest) = walk.choose(scene, state, Walk(entry, 0, NO_PASTE))
    return state, (replace(first, blocks=(scene.say("thread.own-walk"), *first.blocks)), *rest)


def command(scene: Scene, state: State, intent: Intent) -> Outcome:
    """The answer to a typed command; languages and the example are the medic's."""
    if intent == "hello":
        return state, (talk.sentence(scene, "talk.hello"),)
    if intent == "thanks":
        return state, (talk.sentence(scene, "talk.thanks"),)
    if intent == "cancel":
        return replace(state, walk=None), (talk.sentence(scene, "talk.cancel"),)
    if intent == "back":
        return walk.show_step(scene, state)
    return press(scene, state, "next" if intent == "no-help" else intent, {}, {})


def _help(scene: Scene, state: State, args: _Args, fields: _Fields) -> Outcome:
    return state, (talk.instructions(scene),)


def _restart(scene: Scene, state: State, args: _Args, fields: _Fields) -> Outcome:
    aside = state.with_form_aside(scene.now).drafts
    fresh = State(language=state.language, paste=state.paste, drafts=aside, tickets=state.tickets)
    return fresh, (talk.sentence(scene, "talk.restart"),)


def _guided(scene: Scene, state: State, args: _Args, fields: _Fields) -> Outcome:
    path = tuple(text(item, NAME) for item in rows(args.get("path", []), MOST_ANSWERS))
    return guided.ask(scene, state, path)


def _guides(scene: Scene, state: State, args: _Args, fields: _Fields) -> Outcome:
    return guides.listed(scene, state, whole(args.get("first", 0), most=1000))


def _guide(scene: Scene, state: State, args: _Args, fields: _Fields) -> Outcome:
    return guides.show(scene, state, text(args.get("id"), NAME))


def _choose(scene: Scene, state: State, args: _Args, fields: _Fields) -> Outcome:
    return walk.choose(scene, state, Walk(text(args.get("entry"), NAME), 0, _paste(args)))


def _next(scene: Scene, state: State, args: _Args, fields: _Fields) -> Outcome:
    return walk.next_step(scene, state, _place(state, args))


def _worked(scene: Scene, state: State, args: _Args, fields: _Fields) -> Outcome:
    return walk.worked(scene, state, _place(state, args))


def _others(scene: Scene, state: State, args: _Args, fields: _Fields) -> Outcome:
    return walk.others(scene, state)


def _step(scene: Scene, state: State, args: _Args, fields: _Fields) -> Outcome:
    return walk.show_step(scene, state)


def _steps(scene: Scene, state: State, args: _Args, fields: _Fields) -> Outcome:
    return walk.show_step(scene, replace(state, walk=_walk_of(scene, state, args) or state.walk))


def _private(scene: Scene, state: State, args: _Args, fields: _Fields) -> Outcome:
    if not scene.public:
        return _steps(scene, state, args, fields)
    return group_view.to_private(scene, state, _walk_of(scene, state, args))


def _draft(scene: Scene, state: State, args: _Args, fields: _Fields) -> Outcome:
    return drafts.begin(scene, state)


def _post(scene: Scene, state: State, args: _Args, fields: _Fields) -> Outcome:
    return drafts.post(scene, state, fields)


def _afresh(scene: Scene, state: State, args: _Args, fields: _Fields) -> Outcome:
    return drafts.afresh(scene, state)


def _cancel_case(scene: Scene, state: State, args: _Args, fields: _Fields) -> Outcome:
    return drafts.put_aside(scene, state, fields)


def _discard_case(scene: Scene, state: State, args: _Args, fields: _Fields) -> Outcome:
    return drafts.discard(scene, state)


def _drafts(scene: Scene, state: State, args: _Args, fields: _Fields) -> Outcome:
    return drafts.listed(scene, state)


def _take_up(scene: Scene, state: State, args: _Args, fields: _Fields) -> Outcome:
    return drafts.take_up(scene, state, whole(args.get("number")))


def _az_case(scene: Scene, state: State, args: _Args, fields: _Fields) -> Outcome:
    return case_ways.by_command(scene, state)


def _file_case(scene: Scene, state: State, args: _Args, fields: _Fields) -> Outcome:
    return case_ways.by_file(scene, state, one_of(args.get("as", "markdown"), get_args(FileKind)))


def _page(scene: Scene, state: State, args: _Args, fields: _Fields) -> Outcome:
    """The number of a link was typed: only a browser can open it."""
    if state.form is None:
        return state, (talk.trouble(scene, "trouble.unknown-button"),)
    ways = case_ways.ways_out(scene, state, state.form)
    return state, (replace(ways, blocks=(scene.say("case.page"), *ways.blocks)),)


def _right(scene: Scene, state: State, args: _Args, fields: _Fields) -> Outcome:
    return feedback.right(scene, state)


def _wrong(scene: Scene, state: State, args: _Args, fields: _Fields) -> Outcome:
    return feedback.wrong(scene, state)


def _forget(scene: Scene, state: State, args: _Args, fields: _Fields) -> Outcome:
    return forgetting.ask(scene, state)


def _forgotten(scene: Scene, state: State, args: _Args, fields: _Fields) -> Outcome:
    return forgetting.forgotten(scene)


def _really(scene: Scene, state: State, args: _Args, fields: _Fields) -> Outcome:
    entry, paste = text(args.get("entry"), NAME), _paste(args)
    return walk.choose(scene, feedback.named(scene, state, entry, paste), Walk(entry, 0, paste))


def _file_log(scene: Scene, state: State, args: _Args, fields: _Fields) -> Outcome:
    return file_reading.chosen(scene, state, whole(args.get("log"), most=10**16))


_BUTTONS: Mapping[str, Callable[[Scene, State, _Args, _Fields], Outcome]] = {
    "help": _help,
    "restart": _restart,
    "guided": _guided,
    "guides": _guides,
    "guide": _guide,
    "choose": _choose,
    "next": _next,
    "worked": _worked,
    "others": _others,
    "step": _step,
    "steps": _steps,
    "private": _private,
    "draft": _draft,
    "post": _post,
    "afresh": _afresh,
    "cancel-case": _cancel_case,
    "right": _right,
    "wrong": _wrong,
    "really": _really,
    "discard-case": _discard_case,
    "drafts": _drafts,
    "take-up": _take_up,
    "az-case": _az_case,
    "file-case": _file_case,
    "file-log": _file_log,
    "": _page,
    "forget": _forget,
    "forget-yes": _forgotten,
}


def _place(state: State, args: _Args) -> Walk | None:
    """The step that a button stands below; without arguments (typed), the step of the walk under way."""
    if not args:
        return state.walk
    entry, step = text(args.get("entry"), NAME), whole(args.get("step"), most=1000)
    paste = _paste(args)
    under_way = state.walk
    picked = under_way.picked if under_way and under_way.entry == entry else state.match_of(entry) is None
    return Walk(entry, step, paste, picked)


def _walk_of(scene: Scene, state: State, args: _Args) -> Walk | None:
    """The walk that a short card speaks of: the one under way if it is that, else its beginning."""
    if "entry" not in args:
        return state.walk
    entry, paste = text(args.get("entry"), NAME), _paste(args)
    if state.walk and (state.walk.entry, state.walk.paste) == (entry, paste):
        return state.walk
    picked = state.match_of(entry) is None or paste != state.paste
    return Walk(entry, 0, paste, picked) if entry in scene.entries else None


def _paste(args: _Args) -> int:
    return whole(args.get("paste"), most=MOST_PASTE)


def texts_of(fields: object) -> dict[str, str]:
    """The fields of a form that are texts; anything else is as if it had not come."""
    if not isinstance(fields, Mapping):
        return {}
    return {key: value for key, value in fields.items() if isinstance(key, str) and isinstance(value, str)}
