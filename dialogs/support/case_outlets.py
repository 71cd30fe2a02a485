"""How a finished case leaves: the portal, the `az` commands, a file. Opening the portal sends nothing of the text."""

from __future__ import annotations

from dataclasses import replace

from dialogs.context import Outcome, Scene
from dialogs.model.reply import Reply
from dialogs.replies.general_replies import trouble
from dialogs.state.case import CaseForm
from dialogs.state.state import State
from dialogs.support.case_commands import case_commands
from dialogs.support.case_file import offer
from dialogs.support.case_values import FileKind, cloud_of, file_name, subscription_of

_KINDS: tuple[tuple[str, FileKind], ...] = (("file-markdown", "markdown"), ("file-json", "json"), ("file-text", "text"))


def ways_out(scene: Scene, state: State, form: CaseForm) -> Reply:
    """The ways out of the bot, below the case's text."""
    routing, cloud = scene.support, cloud_of(form)
    other = routing.plain_request("us-government" if cloud == "public" else "public")
    filing = scene.files and not scene.public
    file_it = (scene.button("ticket", "ticket", primary=True),) if filing else ()
    # six at most: where the bot files it, the way back to the step makes room
    back = () if filing else (scene.button("step", "step") if state.walk else scene.button("drafts", "drafts"),)
    page = routing.new_request(form.product, subscription_of(scene, form), cloud)
    return scene.reply(
        scene.heading("case.ways"),
        *((scene.say("ticket.before"),) if filing else ()),
        scene.say("case.ways.portal"),
        scene.say("case.ways.plain"),
        scene.say("case.ways.az"),
        scene.say("case.ways.file"),
        scene.say(f"case.ways.not.{cloud}", "subtle", url=other),
        buttons=(
            *file_it,
            scene.link("portal", page, primary=not filing),
            scene.link("portal-plain", routing.plain_request(cloud)),
            scene.button("az-case", "az-case"),
            scene.button("file-case", "file-case"),
            scene.button("edit-case", "draft"),
            *back,
        ),
        beside=True,
    )


def by_command(scene: Scene, state: State) -> Outcome:
    """The `az support` commands, and the file that they take the text from."""
    form = state.form
    commands = case_commands(scene, form) if form else ()
    if form is None or not commands:
        return state, (trouble(scene, "case.not-now"),)
    said = scene.reply(
        scene.heading("case.az"),
        scene.say("case.az.before", name=file_name(scene, form, "text")),
        *commands,
        scene.say("case.az.after", "subtle"),
        buttons=(scene.button("file-case", "file-case"), scene.button("edit-case", "draft")),
        beside=True,
    )
    return state, (replace(said, file=offer(scene, form, "text")),)


def by_file(scene: Scene, state: State, kind: FileKind) -> Outcome:
    """The case as a file."""
    form = state.form
    if form is None:
        return state, (trouble(scene, "case.not-now"),)
    others = [replace(scene.button(key, "file-case"), args={"as": other}) for key, other in _KINDS if other != kind]
    said = scene.reply(
        scene.say("case.file.offer", name=file_name(scene, form, kind)),
        buttons=(*others, scene.button("edit-case", "draft")),
        beside=True,
    )
    return state, (replace(said, file=offer(scene, form, kind)),)
