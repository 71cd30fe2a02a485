"""Commands in the person's shell: one block, and beside the first of a card a switch to the other shell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from dialogs.context import DialogContext, DialogResult
from dialogs.model.reply import Block, Button, ButtonArgument, Command, FoldedSection, Reply, iterate_commands
from dialogs.state.conversation_state import ConversationState
from knowledge.commands.placeholders import Shell, fill_placeholders

SHELL_ACTIONS: Mapping[str, Shell] = {"use-cli": "Azure CLI", "use-powershell": "PowerShell"}
"""The actions that choose a shell."""
SHOW_AGAIN_KEY = "again"
"""The argument of a switch that names the action which shows its card again; the others are that action's own."""
SHOWN_BELOW = "by-hand"
"""The action whose answer leaves the card of its switch where it is: a refusal says more than how to go around it."""


def build_command(context: DialogContext, commands: Mapping[Shell, str], values: Mapping[str, str]) -> Command | None:
    """Build the command for the person's shell, or for the only one that there is; None if there is none."""
    known = [shell for shell, text in commands.items() if text]
    if not known:
        return None
    shell = context.shell if context.shell in known else known[0]
    return Command(shell, fill_placeholders(commands[shell], shell, values))


def with_shell_switch(
    context: DialogContext, reply: Reply, again: str, args: Mapping[str, ButtonArgument] | None = None
) -> Reply:
    """Return `reply` with a switch to the other shell, where it has commands: `add_shell_switch`."""
    blocks = add_shell_switch(context, reply.blocks, again, args)
    return reply if blocks is reply.blocks else replace(reply, blocks=blocks)


def add_shell_switch(
    context: DialogContext, blocks: Iterable[Block], again: str, args: Mapping[str, ButtonArgument] | None = None
) -> tuple[Block, ...]:
    """Return `blocks` with a switch to the other shell beside the first command, if there is one.

    The action `again` shows the card again, with `args`.
    """
    action_id, other = next((action, shell) for action, shell in SHELL_ACTIONS.items() if shell != context.shell)
    blocks = tuple(blocks)
    first = next((command for command in iterate_commands(blocks) if command.shell != other), None)
    if first is None:
        return blocks
    label = context.format_text(f"button.{action_id}")
    switch = Button(label, action_id, {SHOW_AGAIN_KEY: again, **(args or {})}, replaces_card=again != SHOWN_BELOW)
    return _replace_command(blocks, first, switch)


def _replace_command(blocks: tuple[Block, ...], command: Command, switch: Button) -> tuple[Block, ...]:
    """Return `blocks` with a switch beside the first block that is this very command."""
    found: list[Block] = []
    for block in blocks:
        if isinstance(block, FoldedSection):
            block = replace(block, blocks=_replace_command(block.blocks, command, switch))
        found.append(replace(command, switch=switch) if block is command else block)
    return tuple(found)


def unfold_commands(result: DialogResult) -> DialogResult:
    """Return a result whose commands aren't folded: the person has asked for them."""
    return replace(
        result,
        replies=tuple(
            replace(
                reply,
                blocks=tuple(
                    replace(block, is_open=True)
                    if isinstance(block, FoldedSection) and any(iterate_commands(block.blocks))
                    else block
                    for block in reply.blocks
                ),
            )
            for reply in result.replies
        ),
    )


def follow_shell(
    context: DialogContext, state: ConversationState, shell: Shell | None
) -> tuple[DialogContext, ConversationState]:
    """Go on in the shell that the person has named or pasted; as before if it's None."""
    return (context, state) if shell is None else (replace(context, shell=shell), replace(state, shell=shell))
