"""The `az support` commands that open a case, for bash and PowerShell: the topic is looked up, the ticket created.

The text goes in as a file, `@name`. Every other value is one of a fixed set, fits a strict pattern, or is the person's
to fill in. On Windows `az` is a batch file, whose arguments are read a second time; no value holds what that would take
for its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from dialogs.context import Scene
from dialogs.model.reply import Command
from dialogs.state.case import CaseForm
from dialogs.support.case_values import file_name, mark_of, safe_title, started_of, subscription_of
from knowledge.commands.shell_words import bash_word, powershell_word

_CONTACT = (
    ("FIRST_NAME", "--contact-first-name", "first"),
    ("LAST_NAME", "--contact-last-name", "last"),
    ("EMAIL", "--contact-email", "email"),
    ("TIME_ZONE", "--contact-timezone", "zone"),
    ("COUNTRY", "--contact-country", "country"),
)
"""What only the person knows: the shell variable, the option that it is for, the word for it."""


def case_commands(scene: Scene, form: CaseForm) -> tuple[Command, ...]:
    """The commands for both shells; none while the product, and so the service to look in, is not known."""
    if form.product not in scene.support.products:
        return ()
    return Command("Azure CLI", bash(scene, form)), Command("PowerShell", powershell(scene, form))


def bash(scene: Scene, form: CaseForm) -> str:
    """The commands for bash."""
    service, wanted = scene.support.products[form.product].service, scene.support.classification
    query = f"([?displayName=='{wanted.name}'] || [?contains(displayName, '{wanted.contains}')])[0].id"
    rows = [f"{variable}={bash_word(_to_fill_in(scene, word))}" for variable, _, word in _CONTACT]
    filled_in = "".join(f"${variable}" for variable, _, _ in _CONTACT)
    rows += [
        f"TOPIC=$(az support services problem-classifications list --service-name {service} \\",
        f"  --query {bash_word(query)} --output tsv)",
        f"if [[ \"{filled_in}\" == *'<'* ]]; then",
        f"  echo {bash_word(scene.word('case.az.fill-in'))} >&2",
        'elif [[ "$TOPIC" != /providers/* ]]; then',
        f"  echo {bash_word(_no_topic(scene))} >&2",
        "else",
        "  az support in-subscription tickets create \\",
    ]
    given = [f"{option} {bash_word(value)}" for option, value in _options(scene, form)]
    given += [f'{option} "${variable}"' for variable, option, _ in _CONTACT]
    given.append('--problem-classification "$TOPIC"')
    return "\n".join([*rows, " \\\n".join(f"    {one}" for one in given), "fi"])


def powershell(scene: Scene, form: CaseForm) -> str:
    """The commands for PowerShell."""
    service, wanted = scene.support.products[form.product].service, scene.support.classification
    names = {variable: variable.replace("_", "").lower() for variable, _, _ in _CONTACT}
    rows = [f"${names[variable]} = {powershell_word(_to_fill_in(scene, word))}" for variable, _, word in _CONTACT]
    rows += [
        "$topics = az support services problem-classifications list "
        f"--service-name {service} --output json | ConvertFrom-Json",
        f"$topic = ($topics | Where-Object {{ $_.displayName -like {powershell_word(f'*{wanted.contains}*')} }} |",
        f"  Sort-Object {{ $_.displayName -ne {powershell_word(wanted.name)} }} | Select-Object -First 1).id",
        "$ticket = @(",
    ]
    given = [f"{powershell_word(option)}, {powershell_word(value)}" for option, value in _options(scene, form)]
    given += [f"{powershell_word(option)}, ${names[variable]}" for variable, option, _ in _CONTACT]
    given.append(f"{powershell_word('--problem-classification')}, $topic")
    rows += [",\n".join(f"  {one}" for one in given), ")"]
    filled_in = "".join(f"${name}" for name in names.values())
    fill_in, no_topic = (powershell_word(said) for said in (scene.word("case.az.fill-in"), _no_topic(scene)))
    rows += [
        f"if (\"{filled_in}\".Contains('<')) {{ Write-Warning {fill_in} }}",
        f"elseif (\"$topic\" -notlike '/providers/*') {{ Write-Warning {no_topic} }}",
        "else { az support in-subscription tickets create @ticket }",
    ]
    return "\n".join(rows)


def _options(scene: Scene, form: CaseForm) -> Iterator[tuple[str, str]]:
    """The options whose values are known, none of which begins with what `az` reads as an option or a file."""
    subscription, started = subscription_of(scene, form), started_of(scene, form)
    if subscription:
        yield "--subscription", subscription
    yield "--ticket-name", f"image-medic-{mark_of(scene, form)}"
    yield "--title", safe_title(scene, form)
    yield "--description", f"@{file_name(scene, form, 'text')}"
    yield "--severity", form.severity
    yield "--advanced-diagnostic-consent", "No"
    if started:
        yield "--start-time", started
    yield "--contact-method", "email"
    yield "--contact-language", "it-it" if scene.language == "it" else "en-us"


def _to_fill_in(scene: Scene, word: str) -> str:
    said = scene.word(f"case.az.{word}")
    return f"<{said}>"


def _no_topic(scene: Scene) -> str:
    return scene.word("case.az.no-topic", url=scene.support.plain_request())
