"""Which action a sentence asks for: "why did win11-golden fail?", "rerun it", "what does 3010 mean".

A sentence is compared with expressions after its names and codes have been replaced by placeholders. If it names a
template and asks for nothing else, it's about that template. Long texts and program output aren't sentences.
"""

from __future__ import annotations

import re

from dialogs.replies.shell_commands import SHELL_ACTIONS
from dialogs.sentence_reader import CODE, GROUP, NAME, Sentence, read_sentence
from dialogs.state.conversation_state import ConversationState, OfferedButton
from dialogs.texts.sentence_patterns import SentencePatterns
from dialogs.texts.typed_phrases import TypedPhrases
from knowledge.catalog.exit_codes import ROBOCOPY
from knowledge.commands.placeholders import Shell
from knowledge.redaction.redact import redact
from knowledge.template.template_id import TemplateQuery

_BEFORE_GUIDES_IN_WALK = ("done", "skip", "failed-again", "worked", "undo", "step", "go-to-step", "why")
BEFORE_GUIDES = frozenset(
    (*_BEFORE_GUIDES_IN_WALK, "failing", "look-again", "watches", "wrong", "draft", "cancel-by-hand", "delete-by-hand")
)
"""What a sentence asks for even if its words also match a guide."""
MAX_ANSWER_CHARS = 80
MAX_LINES = 6
MAX_TEXT_CHARS = 4_000
"""The longest sentence, with its links; anything longer was pasted."""
MAX_SENTENCE_WORDS = 14
MAX_UNSURE_WORDS = 8
MAX_FRAME_WORDS = 7
MAX_MARKS = 6
_MARKS = frozenset("'\"=:;|{}[]<>")
"""Characters that programs write more often than people do."""
MAX_NAMED_WORDS = 18
"""A sentence with a name and at most this many words is about that template, whatever else it says."""
_ABOUT_TEMPLATE = ("look", "look-again", "failing", "help", "steps", "others", "alive", "thanks", "hello", "code", None)
"""What a sentence that names a template doesn't ask for: then it's about the template."""
_SMALL_TALK = ("thanks", "hello")
_LONE_CODE = re.compile(
    r"""\s*(?:ERROR: *)?(?:[{"' ]*(?:[Ee]rror ?)?[Cc]ode["' ]*[:=] *["']?(?P<json>[A-Z][A-Za-z]{3,59})["',} ]*"""
    r"""|\((?P<printed>[A-Z][A-Za-z]{3,59})\)[.: ]*)\s*$"""
)
"""An error's code that was pasted without its message, as JSON or as Azure CLI prints it."""
_DIGIT = re.compile(r"\b\d\b")
_MENTION = re.compile(r"<at>.*?</at>|@[Ii]mage ?[Mm]edic\b|&nbsp;")
_PROGRAM_OUTPUT = re.compile(
    r"(?m)^\s*(?:\([A-Za-z]{4,60}\) |"
    r"==>|\[[\w:-]+\]|##\[|\+ |At line:|Traceback|E: |npm |Error[ :]|ERROR[ :]|\{|\}|\"\w+\":)|"
    r"PACKER (?:OUT|ERR)|exited with|Exception\b|\w+Error:|\bat [\w.]+\(|azure-arm:|"
    r"[Tt]emplate '[^']+' (?:was|is|has|does)\b|\w: \w[^?]*\.\s*$|[{}]|\\\\"
)


def find_sentence_action(
    text: str, state: ConversationState, patterns: SentencePatterns, phrases: TypedPhrases
) -> tuple[str, dict[str, object]] | None:
    """Return the id of the action that a sentence asks for, and its arguments; None for anything else."""
    if len(text) > MAX_TEXT_CHARS:
        return None
    text = _MENTION.sub(" ", text)
    if len(text.strip().splitlines()) > MAX_LINES or redact(text) != text:
        return None  # a lone token looks like a name, and names are shown
    if lone_code := _LONE_CODE.match(text):
        return "code", {"code": lone_code["json"] or lone_code["printed"]}
    if _is_program_output(text):
        return None
    sentence = read_sentence(text, patterns, phrases, _list_known_names(state))
    if sentence is None:
        return None
    if not sentence.text:
        return "help", {}
    action_id = patterns.sentences.find_action(sentence.text)
    if action_id is not None and action_id in SHELL_ACTIONS:  # "I don't use the CLI" leaves no step out
        return action_id, {}
    action_id = None if sentence.query.name else patterns.in_walk.find_action(sentence.text)
    is_about_left_walk = action_id == "undo" or (action_id == "failed-again" and not state.walkthrough)
    if action_id and is_about_left_walk and (button := _find_button(state, "undo")):
        return action_id, dict(button.args)
    if action_id is not None and state.walkthrough:
        return action_id, _build_step_args(sentence) if action_id == "go-to-step" else {}
    return _find_anywhere(sentence, state, patterns, phrases)


def _find_anywhere(
    sentence: Sentence, state: ConversationState, patterns: SentencePatterns, phrases: TypedPhrases
) -> tuple[str, dict[str, object]] | None:
    """Return the action that a sentence asks for, with or without a walkthrough in progress."""
    args: dict[str, object] = {key: value for key, value in sentence.query.to_args().items() if value}
    action_id = patterns.sentences.find_action(sentence.text)
    if action_id == "describes":
        return None
    if sentence.query.name and action_id in _ABOUT_TEMPLATE:
        return ("look", args) if _is_about_template(sentence, action_id, state) else None
    if sentence.word_count > MAX_SENTENCE_WORDS:
        return None  # a text this long describes a failure
    if action_id in _SMALL_TALK and not phrases.opening_exceptions.isdisjoint(sentence.text.replace(",", " ").split()):
        return None
    if action_id == "code" and state.last_buttons and _DIGIT.fullmatch(sentence.text):
        return None  # most likely the number of a button that isn't there
    if action_id == "code":
        return "code", _build_code_args(sentence)
    if action_id in (None, "failing", "look-again") and (name := _find_framed_name(sentence, patterns, phrases)):
        query = TemplateQuery.from_names(name=name.replace(" ", "-"))
        return "look", {key: value for key, value in query.to_args().items() if value}
    if action_id == "failing" and sentence.group:
        args["rg"] = sentence.group
    return (action_id, args) if action_id is not None else None


def _build_step_args(sentence: Sentence) -> dict[str, object]:
    digit = _DIGIT.search(sentence.text)
    return {"number": int(digit[0])} if digit else {}


def _build_code_args(sentence: Sentence) -> dict[str, object]:
    """Return the code that a sentence asks about: a single digit is one where nothing else can be meant."""
    digit = _DIGIT.search(sentence.text)
    code = sentence.code or (digit[0] if digit else "")
    return {"code": code, **({"program": ROBOCOPY} if ROBOCOPY in sentence.text.split() else {})}


def _is_about_template(sentence: Sentence, action_id: str | None, state: ConversationState) -> bool:
    """Return whether a sentence is about the template that it names, rather than something else with such a name."""
    name = sentence.query.name
    if sentence.query.resource_group or name.casefold() in {known.casefold() for known in _list_known_names(state)}:
        return True
    is_sure = any(map(str.isdigit, name)) or sum(character in "-_" for character in name) > 1
    if sentence.word_count > MAX_NAMED_WORDS:
        return is_sure and action_id is not None
    return is_sure or action_id is not None or sentence.word_count <= MAX_UNSURE_WORDS


def _is_program_output(text: str) -> bool:
    """Return whether a program wrote the text, rather than a person in their own words."""
    own_words = " ".join(token for token in text.split() if "/" not in token)
    marks = sum(character in _MARKS for character in own_words)
    return marks > MAX_MARKS or _PROGRAM_OUTPUT.search(text) is not None


def find_answer(
    text: str, state: ConversationState, patterns: SentencePatterns, phrases: TypedPhrases
) -> OfferedButton | None:
    """Return the button for a yes or a no, if the last card asked a question with both."""
    buttons = state.last_buttons
    yes = next(
        (at for at, button in enumerate(buttons) if button.action_id.endswith("-yes") or button.action_id == "worked"),
        None,
    )
    if yes is None or len(text) > MAX_ANSWER_CHARS:
        return None
    sentence = read_sentence(text, patterns, phrases, _list_known_names(state))
    if sentence is None or sentence.query.name:
        return None
    answer = patterns.answers.find_action(sentence.text)
    if answer == "yes":
        return buttons[yes]
    refusal = next((button for button in buttons if button.action_id.endswith("-no")), None)
    return refusal or (buttons[yes + 1] if yes + 1 < len(buttons) else None) if answer == "no" else None


def find_named_shell(text: str, patterns: SentencePatterns, phrases: TypedPhrases) -> Shell | None:
    """Return the shell that a request names, as in "how do I run it in PowerShell"; None if it names none."""
    sentence = read_sentence(text, patterns, phrases)
    action_id = patterns.shells.find_action(sentence.text) if sentence else None
    return SHELL_ACTIONS[action_id] if action_id else None


def _find_framed_name(sentence: Sentence, patterns: SentencePatterns, phrases: TypedPhrases) -> str:
    """Return a word where only a template's name can be; "" if there is none."""
    if sentence.word_count > MAX_FRAME_WORDS:
        return ""
    for frame in patterns.name_frames:
        if match := frame.search(sentence.text.encode("utf-8", "replace")):
            name = match[1].decode("utf-8", "replace")
            first = name.split()[0]
            if not {name, first} & (phrases.reserved_words | patterns.not_names) and name not in (NAME, GROUP, CODE):
                return name
    return ""


def _find_button(state: ConversationState, action_id: str) -> OfferedButton | None:
    return next((button for button in state.last_buttons if button.action_id == action_id), None)


def _list_known_names(state: ConversationState) -> list[str]:
    """Return the names of templates that this conversation has mentioned."""
    azure = state.azure
    last = [azure.last_template_id] if azure.last_template_id else []
    offered = [str(button.args.get("name", "")) for button in state.last_buttons if button.action_id == "look"]
    return [*(template_id.name for template_id in (*last, *azure.watched_templates)), *filter(None, offered)]
