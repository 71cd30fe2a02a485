"""Renders a diagnosis as text for a terminal: the answer, the lines that prove it, and the first step."""

from __future__ import annotations

from collections.abc import Mapping

from knowledge.commands.placeholders import Shell, fill_placeholders
from knowledge.diagnosis.excerpt import shorten_line
from knowledge.model.diagnosis import Diagnosis, Match
from knowledge.model.entry import Entry, Language

_TEXTS: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "certain": "certain",
        "likely": "likely",
        "possible": "possible",
        "yes": "Running it again unchanged: may help.",
        "after-fix": "Running it again unchanged: no; after the fix.",
        "no": "Running it again unchanged: no.",
        "cause": "Cause",
        "first": "Step 1 of {n}",
        "others": "Also possible",
        "explains": "Explains",
        "none": "No known failure recognized.",
        "succeeded": "The build succeeded.",
        "found": "Found out",
        "outcome": "the run: {outcome}",
        "phase": "reached: {phase}",
        "silence": "nothing written for {minutes} min after line {line}",
        "failed": "{provisioner} ended after {seconds} s, exit code {code}",
        "next": "Paste more of the log around the first error, or run: python app.py chat",
        "inferred": "Our inference, not documented.",
    },
    "it": {
        "certain": "certo",
        "likely": "probabile",
        "possible": "possibile",
        "yes": "Rieseguire senza modifiche: può servire.",
        "after-fix": "Rieseguire senza modifiche: no; solo dopo la correzione.",
        "no": "Rieseguire senza modifiche: no.",
        "cause": "Causa",
        "first": "Passaggio 1 di {n}",
        "others": "Altre possibilità",
        "explains": "Spiega",
        "none": "Nessun errore noto riconosciuto.",
        "succeeded": "La compilazione è riuscita.",
        "found": "Accertato",
        "outcome": "esecuzione: {outcome}",
        "phase": "fase raggiunta: {phase}",
        "silence": "nulla di scritto per {minutes} min dopo la riga {line}",
        "failed": "{provisioner} terminato dopo {seconds} s, codice di uscita {code}",
        "next": "Incolla altre righe del log intorno al primo errore, oppure esegui: python app.py chat",
        "inferred": "Nostra deduzione, non documentata.",
    },
}
# What the terminal shows for the names of kinds, outcomes, and phases; `--json` has the names themselves.
_NAMES: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "build-log": "build log",
        "status": "status of a template",
        "deployment-error": "deployment or CLI error",
        "task-log": "log of a pipeline task",
        "question": "question in words",
        "unknown": "kind of text not recognized",
        "failed": "failed",
        "canceled": "canceled",
        "succeeded": "succeeded",
        "running": "still running, or the log was cut before the end",
        "prepare": "preparation",
        "deploy": "deploying the build VM",
        "connect": "connecting to the build VM",
        "customize": "customizing",
        "deprovision": "deprovisioning",
        "capture": "capturing the image",
        "clean-up": "clean-up",
    },
    "it": {
        "build-log": "log di compilazione",
        "status": "stato di un modello",
        "deployment-error": "errore di distribuzione ARM o della CLI",
        "task-log": "log di un'attività della pipeline",
        "question": "domanda a parole",
        "unknown": "tipo di testo non riconosciuto",
        "failed": "non riuscita",
        "canceled": "annullata",
        "succeeded": "riuscita",
        "running": "ancora in corso, oppure il log si interrompe prima della fine",
        "prepare": "preparazione",
        "deploy": "creazione della macchina virtuale di compilazione",
        "connect": "connessione alla macchina virtuale di compilazione",
        "customize": "personalizzazione",
        "deprovision": "deprovisioning",
        "capture": "acquisizione dell'immagine",
        "clean-up": "pulizia",
    },
}
_MAX_EXCERPT_LINES = 8
_SHELLS: tuple[tuple[Shell, str], ...] = (("Azure CLI", "cli"), ("PowerShell", "powershell"))


def render_report(diagnosis: Diagnosis, entries: Mapping[str, Entry], language: Language) -> str:
    """Render a diagnosis as lines of text in `language`."""
    texts = _TEXTS[language]
    lines = [f"{diagnosis.file}: {_NAMES[language][diagnosis.kind]}"]
    if diagnosis.matches:
        top, *others = diagnosis.matches
        lines += _render_top_match(top, entries[top.entry], diagnosis, texts, language)
        if others:
            titles = [f"{match.title} ({texts[match.confidence]})" for match in others]
            lines.append(f"  {texts['others']}: {'; '.join(titles)}")
    else:
        lines.append(f"  {texts['succeeded' if diagnosis.outcome == 'succeeded' else 'none']}")
        lines += [f"    {line.line:>6}  {line.text}" for line in diagnosis.excerpt[:_MAX_EXCERPT_LINES]]
    lines += _render_findings(diagnosis, texts, _NAMES[language])
    if not diagnosis.is_conclusive:
        lines.append(f"  {texts['next']}")
    return "\n".join(_replace_unprintable(line) for line in lines)


def _render_top_match(
    top: Match, entry: Entry, diagnosis: Diagnosis, texts: Mapping[str, str], language: Language
) -> list[str]:
    lines = [f"  {top.title} [{top.entry}] · {texts[top.confidence]}"]
    lines += [f"    {line.line:>6}  {shorten_line(line.text)}" for line in top.evidence]
    lines.append(f"  {texts[top.retry]}")
    lines.append(f"  {texts['cause']}: {entry.cause.get(language)}")
    if entry.basis == "inferred":
        lines.append(f"  {texts['inferred']}")
    if diagnosis.script_advice:
        lines.append(f"  → {diagnosis.script_advice.advice}")
    if entry.steps:
        step = entry.steps[0]
        lines.append(f"  {texts['first'].format(n=len(entry.steps))}: {step.do.get(language)}")
        values = {**diagnosis.facts, **top.values}
        for shell, key in _SHELLS:
            command = getattr(step, key)
            if command:
                lines.append(f"    {shell}:")
                lines += [f"      {line}" for line in fill_placeholders(command, shell, values).splitlines()]
    if top.explains:
        lines.append(f"  {texts['explains']}: {', '.join(top.explains)}")
    return lines


def _render_findings(diagnosis: Diagnosis, texts: Mapping[str, str], names: Mapping[str, str]) -> list[str]:
    findings = []
    if diagnosis.outcome != "unknown":
        findings.append(texts["outcome"].format(outcome=names[diagnosis.outcome]))
    if diagnosis.phase:
        findings.append(texts["phase"].format(phase=names.get(diagnosis.phase, diagnosis.phase)))
    failed_run = next((run for run in diagnosis.timeline if run.state in ("failed", "stopped")), None)
    if failed_run:
        code = "?" if failed_run.exit_code is None else failed_run.exit_code
        seconds = "?" if failed_run.seconds is None else failed_run.seconds
        findings.append(texts["failed"].format(provisioner=failed_run.provisioner, seconds=seconds, code=code))
    if diagnosis.longest_gap:
        gap = diagnosis.longest_gap
        findings.append(texts["silence"].format(minutes=gap.seconds // 60, line=gap.line))
    return [f"  {texts['found']}: {'; '.join(findings)}"] if findings else []


def _replace_unprintable(line: str) -> str:
    """Replace characters that could control the terminal, such as escape sequences."""
    return "".join(character if character.isprintable() or character == " " else "?" for character in line)
