"""The messages of the terminal client itself, in English and Italian."""

from __future__ import annotations

from dataclasses import dataclass

from knowledge.model.entry import Language


@dataclass(frozen=True, slots=True)
class TerminalMessages:
    """The messages in one language. Names in braces are placeholders."""

    hint: str
    paste: str
    form: str
    form_left: str
    not_a_choice: str
    too_long: str
    working: str
    failed: str
    truncated: str
    not_a_file: str
    unreadable: str
    too_large: str
    empty: str
    goodbye: str
    file: str


_ENGLISH = TerminalMessages(
    hint="Type or paste and press Enter; a number presses that button. .file PATH sends a file, .paste takes lines up "
    "to a single dot, .help says this again, .quit leaves.",
    paste="Paste now; a line with a single dot ends it.",
    form="Enter keeps what is shown; .edit takes lines up to a single dot, .clear empties, .keep keeps all that is "
    "left, .cancel leaves the form.",
    form_left="The form was left; nothing was sent.",
    not_a_choice="Please give a number from 1 to {count}.",
    too_long="That is {length} characters; at most {most} are allowed.",
    working="Working…",
    failed="This request failed because of a fault in the program, not in what you sent. You can try again or ask "
    "something else. The log has it under the reference {reference}.",
    truncated="Part of this was too long and was cut off. .file PATH sends a file of up to 16 MB; .paste takes lines "
    "of any length.",
    not_a_file="{path} is not a file. Give the path of a file, for example: .file customization.log",
    unreadable="{path} could not be read: {why}. Check the path and your permissions.",
    too_large="{path} is larger than 16 MB. Send the part around the error, for example its last 2,000 lines.",
    empty="{path} is empty.",
    goodbye="Goodbye.",
    file="{name} ({size} bytes), as text; python app.py draft --out FILE LOG writes such files from a log:",
)

_ITALIAN = TerminalMessages(
    hint="Scrivi o incolla e premi Invio; un numero preme il pulsante corrispondente. .file PERCORSO invia un "
    "file, .paste accetta righe fino a un punto da solo, .help ripete queste istruzioni, .quit esce.",
    paste="Incolla ora; una riga con un solo punto conclude il testo.",
    form="Invio mantiene il valore mostrato; .edit accetta righe fino a un punto da solo, .clear svuota il campo, "
    ".keep mantiene tutti i valori restanti, .cancel chiude il modulo.",
    form_left="Il modulo è stato chiuso; non è stato inviato nulla.",
    not_a_choice="Indica un numero da 1 a {count}.",
    too_long="Sono {length} caratteri; il massimo consentito è {most}.",
    working="Un momento…",
    failed="La richiesta non è riuscita per un errore del programma, non del testo inviato. Puoi riprovare o "
    "chiedere altro. Nel log è registrato con il riferimento {reference}.",
    truncated="Una parte del testo era troppo lunga ed è stata tagliata. .file PERCORSO invia un file fino a 16 MB; "
    ".paste accetta righe di qualsiasi lunghezza.",
    not_a_file="{path} non è un file. Indica il percorso di un file, ad esempio: .file customization.log",
    unreadable="Impossibile leggere {path}: {why}. Verifica il percorso e le autorizzazioni.",
    too_large="{path} supera i 16 MB. Invia la parte intorno all'errore, ad esempio le ultime 2.000 righe.",
    empty="{path} è vuoto.",
    goodbye="A presto.",
    file="{name} ({size} byte), come testo; python app.py draft --out FILE LOG scrive file simili da un log:",
)


def get_messages(language: Language) -> TerminalMessages:
    """Return the messages in `language`."""
    return _ITALIAN if language == "it" else _ENGLISH
