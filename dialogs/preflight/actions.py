"""Actions on a checked template: its list of findings, the fix of one, the corrected template."""

from __future__ import annotations

from dialogs.action_registry import ActionRequest, ActionTable
from dialogs.context import DialogResult
from dialogs.preflight.check_view import show_check
from dialogs.preflight.corrected_file import offer_corrected_template
from dialogs.preflight.fix_view import show_fix
from dialogs.replies.general_replies import show_problem
from dialogs.state.json_fields import parse_int
from dialogs.state.template_check import KeptCheck

PREFLIGHT_ACTIONS = ActionTable()


@PREFLIGHT_ACTIONS.register("preflight-list")
def list_findings(request: ActionRequest) -> DialogResult:
    """Show what was found in the last checked template."""
    kept = _find_check(request)
    reply = show_check(request.context, kept) if kept else show_problem(request.context, "check.gone")
    return DialogResult(request.state, (reply,))


@PREFLIGHT_ACTIONS.register("preflight-fix")
def explain_finding(request: ActionRequest) -> DialogResult:
    """Show how to correct what the finding `number` is about."""
    kept = _find_check(request)
    number = parse_int(request.args.get("number", 0))
    if kept is None or number >= len(kept.check.findings):
        return DialogResult(request.state, (show_problem(request.context, "check.gone"),))
    return DialogResult(request.state, (show_fix(request.context, kept, number),))


@PREFLIGHT_ACTIONS.register("preflight-save")
def save_corrected_template(request: ActionRequest) -> DialogResult:
    """Offer the corrected template as a file."""
    kept = _find_check(request)
    if kept is None or request.context.is_public:
        return DialogResult(request.state, (show_problem(request.context, "check.gone"),))
    return offer_corrected_template(request.context, request.state, kept)


def _find_check(request: ActionRequest) -> KeptCheck | None:
    """Return the check that a button is about; None if another template was checked since."""
    kept = request.state.kept_check
    return kept if kept is not None and kept.number == request.args.get("check") else None
