"""The guided questions for someone without an error text; the path so far travels in the buttons, not in the state."""

from __future__ import annotations

from dialogs.context import LABEL, Outcome, Scene, short
from dialogs.model.reply import Block, Button, Paragraph, Reply, Run
from dialogs.solution.walkthrough import choose
from dialogs.state.state import State, Walk
from knowledge.catalog.questionnaire import NONE, Choice, Page, find, ways


def ask(scene: Scene, state: State, path: tuple[str, ...] = ()) -> Outcome:
    """The page at `path`, or the entry that it leads to."""
    found = find(scene.guide, path)
    if isinstance(found, Page):
        return state, (_page(scene, found, path),)
    if found is not None and found in scene.entries:
        return choose(scene, state, Walk(found, 0, state.paste))
    if path and path[-1] == NONE and isinstance(find(scene.guide, path[:-1]), Page):
        buttons = (
            _go(scene.word("button.back"), path[:-1]),
            scene.button("draft", "draft"),
            scene.button("restart", "restart"),
        )
        return state, (scene.reply(scene.say("guided.end"), buttons=buttons),)
    return state, (_page(scene, scene.guide, (), (scene.say("guided.gone"),)),)


def _page(scene: Scene, page: Page, path: tuple[str, ...], before: tuple[Block, ...] = ()) -> Reply:
    if not page.choices:
        return scene.reply(*before, scene.say("guided.empty"), buttons=(scene.button("draft", "draft"),))
    blocks: list[Block] = [*before, scene.heading(f"guided.{page.question}")]
    buttons = []
    for choice in page.choices:
        if page.question == "titles":
            first, *rest = (scene.title(entry) for entry in _behind(choice))
            blocks.append(Paragraph((Run(first, "bold"), Run("".join(f"; {title}" for title in rest)))))
        if page.question == "sign":
            sign = scene.text(scene.entries[choice.key].sign)
            blocks.append(scene.say("diagnosis.tell-one", title=scene.title(choice.key), tell=sign))
        buttons.append(_go(_label(scene, page, choice), (*path, choice.key)))
    buttons.append(_go(scene.word("button.none"), (*path, NONE)))
    if path and len(buttons) < 6:
        buttons.append(_go(scene.word("button.back"), path[:-1]))
    return scene.reply(*blocks, buttons=tuple(buttons))


def _label(scene: Scene, page: Page, choice: Choice) -> str:
    if page.question == "sign":
        return short(scene.title(choice.key))
    if page.question == "titles":
        return short(scene.title(choice.key), LABEL - 2).removesuffix("…") + " …"
    return scene.word(f"{page.question}.{choice.key}")


def _behind(choice: Choice) -> tuple[str, ...]:
    """The entries that a choice leads to."""
    return tuple(ways(choice.leads)) if isinstance(choice.leads, Page) else (choice.leads,)


def _go(label: str, path: tuple[str, ...]) -> Button:
    return Button(label, "guided", {"path": list(path)})
