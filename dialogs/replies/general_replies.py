"""Welcome, help, small talk, and the answers to buttons and states that can no longer be followed."""

from __future__ import annotations

from dialogs.context import Scene
from dialogs.model.reply import Button, Copyable, Paragraph, Reply
from dialogs.texts import Own

_RUN = "[0f1e2d3c-4b5a-4697-8879-aabbccddeeff] PACKER"
EXAMPLE = "\n".join(
    (
        f"{_RUN} OUT ==> azure-arm: Provisioning with Powershell...",
        f"{_RUN} OUT ==> azure-arm: Provisioning with powershell script: /tmp/powershell-provisioner",
        f"{_RUN} OUT     azure-arm: Installing the agent",
        f'{_RUN} OUT ==> azure-arm: The string is missing the terminator: ".',
        f"{_RUN} OUT ==> azure-arm: Provisioning step had errors: Running the cleanup provisioner, if present...",
        f"{_RUN} OUT Build 'azure-arm' errored after 6 minutes 12 seconds: "
        "Script exited with non-zero exit status: 1. Allowed exit codes are: [0]",
    )
)


def ways_on(scene: Scene) -> tuple[Button, ...]:
    """The buttons of someone who has nothing under way."""
    return (
        scene.button("example", "example"),
        scene.button("guided", "guided"),
        scene.button("guides", "guides"),
        *_look(scene),
        scene.button("draft", "draft"),
        scene.button("help", "help"),
    )


def welcome(scene: Scene, name: str = "") -> Reply:
    """The first message of a conversation; among others it names who added the bot."""
    added = (scene.say("thread.added-by", name=Own(name)),) if scene.public and name else ()
    return scene.reply(
        scene.heading("welcome.title"),
        *added,
        scene.say("welcome.what"),
        scene.say("welcome.paste"),
        *_attach(scene),
        *_among_others(scene),
        _limits(scene),
        *((scene.say("welcome.sandbox"),) if scene.looks == "sandbox" else ()),
        buttons=(
            scene.button("example", "example", primary=True),
            scene.button("guided", "guided"),
            *_look(scene),
            scene.button("help", "help"),
        ),
        beside=True,
    )


def instructions(scene: Scene) -> Reply:
    """What it does and what can be typed."""
    return scene.reply(
        scene.heading("help.title"),
        scene.say("welcome.what"),
        scene.say("welcome.paste"),
        *_attach(scene),
        *_among_others(scene),
        scene.say("help.guides"),
        scene.say("help.words"),
        *((scene.say("help.look-words"),) if scene.looks != "off" else ()),
        _limits(scene),
        buttons=(
            scene.button("example", "example"),
            scene.button("guided", "guided"),
            scene.button("guides", "guides"),
            *_look(scene),
            scene.button("draft", "draft"),
            scene.button("restart", "restart"),
        ),
        beside=True,
    )


def _look(scene: Scene) -> tuple[Button, ...]:
    return (scene.button("look", "look"),) if scene.looks != "off" else ()


def _attach(scene: Scene) -> tuple[Paragraph, ...]:
    return (scene.say("welcome.attach"),) if scene.attach else ()


def _limits(scene: Scene) -> Paragraph:
    which = "files" if scene.files else "off" if scene.looks == "off" else "on"
    return scene.say(f"welcome.limits.{which}", "subtle")


def _among_others(scene: Scene) -> tuple[Paragraph, ...]:
    return (scene.say("thread.mention"),) if scene.public else ()


def sentence(scene: Scene, key: str, first: tuple[Button, ...] = ()) -> Reply:
    """One sentence, with the ways on; the buttons `first` stand before them."""
    return scene.reply(scene.say(key), buttons=(*first, *ways_on(scene)))


def trouble(scene: Scene, key: str) -> Reply:
    """What went wrong, and how to go on; the card that it happened on stays."""
    return scene.reply(scene.say(key, "warning"), scene.say("trouble.go-on"), buttons=ways_on(scene), beside=True)


def note(scene: Scene, key: str) -> Reply:
    """A remark before the answer proper; it has no buttons of its own."""
    return scene.reply(scene.say(key, "warning"), beside=True)


def example(scene: Scene) -> Reply:
    """The text of the example, before its diagnosis."""
    return scene.reply(scene.say("talk.example"), Copyable(EXAMPLE), beside=True)
