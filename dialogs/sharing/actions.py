"""Actions that share a lookup: preview it, post it, or don't.

A button never decides what is posted or where: it only names the post that its card showed, which must still be the one
in the person's state.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from dialogs.action_registry import ActionRequest, ActionTable
from dialogs.context import DialogResult
from dialogs.model.errors import ShareRefusedError
from dialogs.model.reply import Reply
from dialogs.sharing import view
from dialogs.sharing.post import build_post, compute_look_id, compute_post_id
from dialogs.state.conversation_state import ConversationState
from dialogs.state.share_state import AskedPlace, LookSummary, ShareState
from knowledge.template.template_id import TemplateQuery

SHARE_ACTIONS = ActionTable()


@SHARE_ACTIONS.register("share-look")
def preview_post(request: ActionRequest) -> DialogResult:
    """Show what would be posted of the last lookup, if it was requested in a group chat or a channel."""
    context, state = request.context, request.state
    if refusal := _check_availability(request):
        return DialogResult(state, (refusal,))
    sharing, known, pressed_id = state.azure.sharing, _find_look(request), request.args.get("look")
    if known is None:
        return DialogResult(state, (_explain_missing_look(request),))
    place, look = known
    if pressed_id is not None and pressed_id != compute_look_id(place, look):
        return DialogResult(state, (view.show_outdated(context),))
    shared_by = view.render_shared_by(context, request.person, look)
    state = _with_sharing(state, replace(sharing, shared_by=shared_by))
    return DialogResult(state, (view.show_preview(context, place, look, shared_by),))


@SHARE_ACTIONS.register("share-yes")
async def post_look(request: ActionRequest) -> DialogResult:
    """Post the text whose preview the person confirmed."""
    context, state, sharer = request.context, request.state, request.resources.look_sharer
    if (refusal := _check_availability(request)) or sharer is None:
        return DialogResult(state, (refusal or view.show_off(context),))
    sharing, known, post_id = state.azure.sharing, _find_look(request), request.args.get("post")
    if known is None:
        return DialogResult(state, (_explain_missing_look(request),))
    if not sharing.shared_by or post_id != compute_post_id(*known, sharing.shared_by):
        return DialogResult(state, (view.show_outdated(context),))
    place, look = known
    name = place.template_id.name if place.template_id else ""
    try:
        await sharer.share(
            request.person, place.conversation_id, str(post_id), name, build_post(look, sharing.shared_by)
        )
    except ShareRefusedError as refused:
        if refused.reason == "unsure":  # a second press might post it twice
            state = _with_sharing(state, sharing.without_look())
        return DialogResult(state, (view.show_refusal(context, place, str(post_id), refused.reason),))
    state = _with_sharing(state, replace(sharing.without_look(), was_posted=True))
    return DialogResult(state, (view.show_posted(context, place),))


@SHARE_ACTIONS.register("share-no")
def leave_look(request: ActionRequest) -> DialogResult:
    """Post nothing; the preview's yes no longer counts."""
    if refusal := _check_availability(request):
        return DialogResult(request.state, (refusal,))
    state = _with_sharing(request.state, replace(request.state.azure.sharing, shared_by=()))
    return DialogResult(state, (view.show_declined(request.context),))


def _check_availability(request: ActionRequest) -> Reply | None:
    """Return what to say if the person can't share here: the setting is off, or others can read the chat."""
    if not request.context.can_share_looks:
        return view.show_off(request.context)
    return view.show_only_private(request.context) if request.context.is_public else None


def _find_look(request: ActionRequest) -> tuple[AskedPlace, LookSummary] | None:
    """Return the place and the lookup that can be shared there; None if there's none, or the request is too old."""
    sharing = request.state.azure.sharing
    if sharing.place is None or sharing.look is None or sharing.place.template_id is None:
        return None
    place = sharing.find_place(sharing.place.template_id, request.context.now)
    name = _get_named_template(request.args)
    return (place, sharing.look) if place and name in ("", sharing.place.template_id.name.casefold()) else None


def _explain_missing_look(request: ActionRequest) -> Reply:
    """Return why there's nothing to share: already posted, the card is outdated, or not requested in a group."""
    sharing, last = request.state.azure.sharing, request.state.azure.last_template_id
    if sharing.place and sharing.was_posted:
        return view.show_already_posted(request.context, sharing.place)
    if sharing.look is None and not request.args.keys().isdisjoint(("look", "post")):
        return view.show_outdated(request.context)
    name = TemplateQuery.from_args(request.args).name or (last.name if last else "")
    return view.show_how(request.context, name)


def _get_named_template(args: Mapping[str, object]) -> str:
    """Return the template that a sentence such as "share win11-golden" names, "" if it names none."""
    return TemplateQuery.from_args(args).name.casefold()


def _with_sharing(state: ConversationState, sharing: ShareState) -> ConversationState:
    return replace(state, azure=replace(state.azure, sharing=sharing))
