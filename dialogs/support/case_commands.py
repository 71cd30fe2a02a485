"""The `az support` commands that open a case, for bash and PowerShell: the topic is looked up, the ticket created.

The text goes in as a file, `@name`. Every other value is one of a fixed set, fits a strict pattern, or is the person's
to fill in. On Windows `az` is a batch file, whose arguments are read a second time; no value holds what that would take
for its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from dialogs.context import DialogContext
from dialogs.model.reply import Command
from dialogs.state.case import CaseForm
from dialogs.support.case_values import (
    build_file_name,
    build_safe_title,
    compute_case_hash,
    extract_start_time,
    extract_subscription,
)
from knowledge.commands.shell_words import quote_for_bash, quote_for_powershell

_CONTACT_OPTIONS = (
    ("FIRST_NAME", "--contact-first-name", "first"),
    ("LAST_NAME", "--contact-last-name", "last"),
    ("EMAIL", "--contact-email", "email"),
    ("TIME_ZONE", "--contact-timezone", "zone"),
    ("COUNTRY", "--contact-country", "country"),
)
"""What only the person knows: the shell variable, the option that it is for, the word for it."""


def build_case_commands(context: DialogContext, form: CaseForm) -> tuple[Command, ...]:
    """The commands for both shells; none while the product, and so the service to look in, is not known."""
    if form.product not in context.support.products:
        return ()
    return Command("Azure CLI", render_bash_commands(context, form)), Command(
        "PowerShell", render_powershell_commands(context, form)
    )


def render_bash_commands(context: DialogContext, form: CaseForm) -> str:
    """The commands for bash."""
    service, wanted = context.support.products[form.product].service, context.support.classification
    query = f"([?displayName=='{wanted.name}'] || [?contains(displayName, '{wanted.contains}')])[0].id"
    rows = [
        f"{variable}={quote_for_bash(_format_placeholder(context, word))}" for variable, _, word in _CONTACT_OPTIONS
    ]
    filled_in = "".join(f"${variable}" for variable, _, _ in _CONTACT_OPTIONS)
    rows += [
        f"TOPIC=$(az support services problem-classifications list --service-name {service} \\",
        f"  --query {quote_for_bash(query)} --output tsv)",
        f"if [[ \"{filled_in}\" == *'<'* ]]; then",
        f"  echo {quote_for_bash(context.format_text('case.az.fill-in'))} >&2",
        'elif [[ "$TOPIC" != /providers/* ]]; then',
        f"  echo {quote_for_bash(_format_no_topic_message(context))} >&2",
        "else",
        "  az support in-subscription tickets create \\",
    ]
    given = [f"{option} {quote_for_bash(value)}" for option, value in _build_options(context, form)]
    given += [f'{option} "${variable}"' for variable, option, _ in _CONTACT_OPTIONS]
    given.append('--problem-classification "$TOPIC"')
    return "\n".join([*rows, " \\\n".join(f"    {one}" for one in given), "fi"])


def render_powershell_commands(context: DialogContext, form: CaseForm) -> str:
    """The commands for PowerShell."""
    service, wanted = context.support.products[form.product].service, context.support.classification
    names = {variable: variable.replace("_", "").lower() for variable, _, _ in _CONTACT_OPTIONS}
    rows = [
        f"${names[variable]} = {quote_for_powershell(_format_placeholder(context, word))}"
        for variable, _, word in _CONTACT_OPTIONS
    ]
    rows += [
        "$topics = az support services problem-classifications list "
        f"--service-name {service} --output json | ConvertFrom-Json",
        f"$topic = ($topics | Where-Object {{ $_.displayName -like {quote_for_powershell(f'*{wanted.contains}*')} }} |",
        f"  Sort-Object {{ $_.displayName -ne {quote_for_powershell(wanted.name)} }} | Select-Object -First 1).id",
        "$ticket = @(",
    ]
    given = [
        f"{quote_for_powershell(option)}, {quote_for_powershell(value)}"
        for option, value in _build_options(context, form)
    ]
    given += [f"{quote_for_powershell(option)}, ${names[variable]}" for variable, option, _ in _CONTACT_OPTIONS]
    given.append(f"{quote_for_powershell('--problem-classification')}, $topic")
    rows += [",\n".join(f"  {one}" for one in given), ")"]
    filled_in = "".join(f"${name}" for name in names.values())
    fill_in, no_topic = (
        quote_for_powershell(said)
        for said in (context.format_text("case.az.fill-in"), _format_no_topic_message(context))
    )
    rows += [
        f"if (\"{filled_in}\".Contains('<')) {{ Write-Warning {fill_in} }}",
        f"elseif (\"$topic\" -notlike '/providers/*') {{ Write-Warning {no_topic} }}",
        "else { az support in-subscription tickets create @ticket }",
    ]
    return "\n".join(rows)


def _build_options(context: DialogContext, form: CaseForm) -> Iterator[tuple[str, str]]:
    """The options whose values are known, none of which begins with what `az` reads as an option or a file."""
    subscription, started = extract_subscription(context, form), extract_start_time(context, form)
    if subscription:
        yield "--subscription", subscription
    yield "--ticket-name", f"image-medic-{compute_case_hash(context, form)}"
    yield "--title", build_safe_title(context, form)
    yield "--description", f"@{build_file_name(context, form, 'text')}"
    yield "--severity", form.severity
    yield "--advanced-diagnostic-consent", "No"
    if started:
        yield "--start-time", started
    yield "--contact-method", "email"
    yield "--contact-language", "it-it" if context.language == "it" else "en-us"


def _format_placeholder(context: DialogContext, key: str) -> str:
    said = context.format_text(f"case.az.{key}")
    return f"<{said}>"


def _format_no_topic_message(context: DialogContext) -> str:
    return context.format_text("case.az.no-topic", url=context.support.build_blank_request_url())
