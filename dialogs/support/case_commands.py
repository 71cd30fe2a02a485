"""The `az support` commands that create a ticket for a case, for bash and PowerShell.

The commands add the extension `support` first: without it, `az support` would ask whether to install it, and the
question would be lost in a variable. Then they look up the problem classification: one of Image Builder's own product
if Azure lists it, else the one of the documented path. The text of the case is passed as a file, `@name`. Every other
value comes from a fixed set, matches a strict pattern, or is left for the person to fill in. On Windows, `az` is a
batch file, so cmd parses the arguments again; no value has characters that are special to cmd.
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
"""What only the person knows: the shell variable, the option, and the text key of the placeholder."""
_ADD_EXTENSION = "az extension add --name support --upgrade --yes --only-show-errors"
_LIST_TOPICS = "az support services problem-classifications list --service-name"


def build_case_command(context: DialogContext, form: CaseForm) -> Command | None:
    """Build the commands for the person's shell, or none while the product is unknown: it decides the service."""
    if form.product not in context.knowledge.support.products:
        return None
    render = render_powershell_commands if context.shell == "PowerShell" else render_bash_commands
    return Command(context.shell, render(context, form))


def render_bash_commands(context: DialogContext, form: CaseForm) -> str:
    """Render the commands for bash."""
    routing = context.knowledge.support
    own, classification = routing.own_product, routing.classification
    preferred = " || ".join(f"contains(displayName, '{word}')" for word in (own.prefers, own.prefers.capitalize()))
    query = f"([?displayName=='{classification.name}'] || [?contains(displayName, '{classification.contains}')])[0].id"
    lines = [
        f"{variable}={quote_for_bash(_format_placeholder(context, word))}" for variable, _, word in _CONTACT_OPTIONS
    ]
    contact_values = "".join(f"${variable}" for variable, _, _ in _CONTACT_OPTIONS)
    lines += [
        _ADD_EXTENSION,
        *_look_up_in_bash("OWN", "az support services list", f"[?displayName=='{own.name}'] | [0].name"),
        "TOPIC=",
        # a service that isn't listed has no name or the name None
        'if [[ "$OWN" == *-*-*-*-* ]]; then',
        *_look_up_in_bash("TOPIC", f'{_LIST_TOPICS} "$OWN"', f"([?{preferred}] || @)[0].id", "  "),
        "fi",
        'if [[ "$TOPIC" == /providers/* ]]; then',
        f"  echo {quote_for_bash(_format_own_product_message(context))}",
        "else",
        *_look_up_in_bash("TOPIC", f"{_LIST_TOPICS} {routing.products[form.product].service}", query, "  "),
        "fi",
        # placeholders are in angle brackets
        f"if [[ \"{contact_values}\" == *'<'* ]]; then",
        f"  echo {quote_for_bash(context.format_text('case.az.fill-in'))} >&2",
        'elif [[ "$TOPIC" != /providers/* ]]; then',
        f"  echo {quote_for_bash(_format_no_topic_message(context))} >&2",
        "else",
        "  az support in-subscription tickets create \\",
    ]
    options = [f"{option} {quote_for_bash(value)}" for option, value in _build_options(context, form)]
    options += [f'{option} "${variable}"' for variable, option, _ in _CONTACT_OPTIONS]
    options.append('--problem-classification "$TOPIC"')
    return "\n".join([*lines, " \\\n".join(f"    {option}" for option in options), "fi"])


def render_powershell_commands(context: DialogContext, form: CaseForm) -> str:
    """Render the commands for PowerShell."""
    routing = context.knowledge.support
    own, classification = routing.own_product, routing.classification
    pattern, exact_name = (
        quote_for_powershell(f"*{classification.contains}*"),
        quote_for_powershell(classification.name),
    )
    own_product_message = quote_for_powershell(_format_own_product_message(context))
    names = {variable: variable.replace("_", "").lower() for variable, _, _ in _CONTACT_OPTIONS}
    lines = [
        f"${names[variable]} = {quote_for_powershell(_format_placeholder(context, word))}"
        for variable, _, word in _CONTACT_OPTIONS
    ]
    lines += [
        _ADD_EXTENSION,
        "$services = az support services list --output json | ConvertFrom-Json",
        f"$own = ($services | Where-Object {{ $_.displayName -eq {quote_for_powershell(own.name)} }} |",
        "  Select-Object -First 1).name",
        "$topic = ''",
        "if ($own) {",
        f"  $topics = {_LIST_TOPICS} $own --output json | ConvertFrom-Json",
        # false sorts before true, so what is preferred comes first
        f"  $topic = ($topics | Sort-Object {{ $_.displayName -notlike {quote_for_powershell(f'*{own.prefers}*')} }} |",
        "    Select-Object -First 1).id",
        "}",
        f"if (\"$topic\" -like '/providers/*') {{ Write-Host {own_product_message} }}",
        "if (\"$topic\" -notlike '/providers/*') {",
        f"  $topics = {_LIST_TOPICS} {routing.products[form.product].service} --output json | ConvertFrom-Json",
        f"  $topic = ($topics | Where-Object {{ $_.displayName -like {pattern} }} |",
        f"    Sort-Object {{ $_.displayName -ne {exact_name} }} | Select-Object -First 1).id",
        "}",
        "$ticket = @(",
    ]
    options = [
        f"{quote_for_powershell(option)}, {quote_for_powershell(value)}"
        for option, value in _build_options(context, form)
    ]
    options += [f"{quote_for_powershell(option)}, ${names[variable]}" for variable, option, _ in _CONTACT_OPTIONS]
    options.append(f"{quote_for_powershell('--problem-classification')}, $topic")
    contact_values = "".join(f"${name}" for name in names.values())
    fill_in = quote_for_powershell(context.format_text("case.az.fill-in"))
    no_topic = quote_for_powershell(_format_no_topic_message(context))
    lines += [
        ",\n".join(f"  {option}" for option in options),
        ")",
        # typed into a console, a line that begins with `else` would be a separate statement
        f"if (\"{contact_values}\".Contains('<')) {{",
        f"  Write-Warning {fill_in}",
        "} elseif (\"$topic\" -notlike '/providers/*') {",
        f"  Write-Warning {no_topic}",
        "} else {",
        "  az support in-subscription tickets create @ticket",
        "}",
    ]
    return "\n".join(lines)


def _build_options(context: DialogContext, form: CaseForm) -> Iterator[tuple[str, str]]:
    """Yield the options with known values. No value starts with a character that `az` takes for an option or a file."""
    subscription, start_time = extract_subscription(context, form), extract_start_time(context, form)
    if subscription:
        yield "--subscription", subscription
    yield "--ticket-name", f"image-medic-{compute_case_hash(context, form)}"
    yield "--title", build_safe_title(context, form)
    yield "--description", f"@{build_file_name(context, form, 'text')}"
    yield "--severity", form.severity
    yield "--advanced-diagnostic-consent", "No"
    if start_time:
        yield "--start-time", start_time
    yield "--contact-method", "email"
    yield "--contact-language", context.language_header.support_language


def _format_placeholder(context: DialogContext, key: str) -> str:
    label = context.format_text(f"case.az.{key}")
    return f"<{label}>"


def _look_up_in_bash(variable: str, call: str, query: str, indent: str = "") -> list[str]:
    return [
        f"{indent}{variable}=$({call} \\",
        f"{indent}  --query {quote_for_bash(query)} --output tsv)",
    ]


def _format_own_product_message(context: DialogContext) -> str:
    return context.format_text("case.az.own-product", product=context.knowledge.support.own_product.name)


def _format_no_topic_message(context: DialogContext) -> str:
    return context.format_text("case.az.no-topic", url=context.knowledge.support.build_blank_request_url())
