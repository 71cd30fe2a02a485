"""Replies that belong to no particular dialog: welcome, help, small talk, and what to say when something went wrong."""

from __future__ import annotations

from dialogs.context import DialogContext
from dialogs.model.reply import Button, CopyableText, Paragraph, Reply
from dialogs.texts.catalog import TrustedText

_EXAMPLE_LINE_PREFIX = "[0f1e2d3c-4b5a-4697-8879-aabbccddeeff] PACKER"
# like a real customization.log, since the example goes through the same diagnosis
EXAMPLE_LOG = "\n".join(
    (
        f"{_EXAMPLE_LINE_PREFIX} OUT ==> azure-arm: Provisioning with Powershell...",
        f"{_EXAMPLE_LINE_PREFIX} OUT ==> azure-arm: Provisioning with powershell script: /tmp/powershell-provisioner",
        f"{_EXAMPLE_LINE_PREFIX} OUT     azure-arm: Installing the agent",
        f'{_EXAMPLE_LINE_PREFIX} OUT ==> azure-arm: The string is missing the terminator: ".',
        f"{_EXAMPLE_LINE_PREFIX} OUT ==> azure-arm: Provisioning step had errors: "
        "Running the cleanup provisioner, if present...",
        f"{_EXAMPLE_LINE_PREFIX} OUT Build 'azure-arm' errored after 6 minutes 12 seconds: "
        "Script exited with non-zero exit status: 1. Allowed exit codes are: [0]",
    )
)


def build_default_buttons(context: DialogContext) -> tuple[Button, ...]:
    """Return the buttons for a user who has nothing in progress."""
    return (
        context.build_button("example", "example"),
        context.build_button("guided", "guided"),
        context.build_button("guides", "guides"),
        *_build_lookup_buttons(context),
        context.build_button("draft", "draft"),
        context.build_button("help", "help"),
    )


def show_welcome(context: DialogContext, added_by: str = "") -> Reply:
    """Build the first message of a conversation; in a shared chat, it names the user who added the bot."""
    added_by_blocks = (
        (context.build_paragraph("thread.added-by", name=TrustedText(added_by)),)
        if context.is_public and added_by
        else ()
    )
    return context.build_reply(
        context.build_heading("welcome.title"),
        *added_by_blocks,
        context.build_paragraph("welcome.what"),
        context.build_paragraph("welcome.paste"),
        *_build_attachment_hint(context),
        *_build_mention_hint(context),
        _build_limits_note(context),
        *((context.build_paragraph("welcome.sandbox"),) if context.access_mode == "sandbox" else ()),
        buttons=(
            context.build_button("example", "example", primary=True),
            context.build_button("guided", "guided"),
            *_build_lookup_buttons(context),
            *((context.build_button("what-failed", "failing"),) if context.access_mode != "off" else ()),
            context.build_button("help", "help"),
        ),
        placement="stays",
    )


def show_help(context: DialogContext) -> Reply:
    """Build the help: what the bot does and what can be typed."""
    return context.build_reply(
        context.build_heading("help.title"),
        context.build_paragraph("welcome.what"),
        context.build_paragraph("welcome.paste"),
        *_build_attachment_hint(context),
        *_build_mention_hint(context),
        context.build_paragraph("help.check"),
        context.build_paragraph("help.guides"),
        context.build_paragraph("help.words"),
        *((context.build_paragraph("help.look-words"),) if context.access_mode != "off" else ()),
        *((context.build_paragraph("help.share-words"),) if context.can_share_looks else ()),
        _build_limits_note(context),
        buttons=(
            context.build_button("example", "example"),
            context.build_button("guided", "guided"),
            context.build_button("guides", "guides"),
            *_build_lookup_buttons(context),
            context.build_button("draft", "draft"),
            context.build_button("restart", "restart"),
        ),
        placement="stays",
    )


def _build_lookup_buttons(context: DialogContext) -> tuple[Button, ...]:
    return (context.build_button("look", "look"),) if context.access_mode != "off" else ()


def _build_attachment_hint(context: DialogContext) -> tuple[Paragraph, ...]:
    return (context.build_paragraph("welcome.attach"),) if context.can_attach_files else ()


def _build_limits_note(context: DialogContext) -> Paragraph:
    variant = "files" if context.can_file_tickets else "off" if context.access_mode == "off" else "on"
    return context.build_paragraph(f"welcome.limits.{variant}", "subtle")


def _build_mention_hint(context: DialogContext) -> tuple[Paragraph, ...]:
    return (context.build_paragraph("thread.mention"),) if context.is_public else ()


def show_message(context: DialogContext, key: str, leading_buttons: tuple[Button, ...] = ()) -> Reply:
    """Build a message of one sentence, with `leading_buttons` before the default ones."""
    return context.build_reply(
        context.build_paragraph(key), buttons=(*leading_buttons, *build_default_buttons(context))
    )


def show_problem(context: DialogContext, key: str) -> Reply:
    """Build a message about what went wrong and how to continue; the card it happened on stays in place."""
    return context.build_reply(
        context.build_paragraph(key, "warning"),
        context.build_paragraph("trouble.go-on"),
        buttons=build_default_buttons(context),
        placement="stays",
    )


def show_notice(context: DialogContext, key: str) -> Reply:
    """Build a notice without buttons, to send before the actual reply."""
    return context.build_reply(context.build_paragraph(key, "warning"), placement="stays")


def show_example(context: DialogContext) -> Reply:
    """Build the message that shows the example log, to send before its diagnosis."""
    return context.build_reply(context.build_paragraph("talk.example"), CopyableText(EXAMPLE_LOG), placement="stays")
