"""Le parole delle bozze di una richiesta di supporto e dei modi per inviarla: elenco, portale, comandi, file."""

from __future__ import annotations

TEXTS = {
    "drafts.title": "Le tue bozze",
    "drafts.open": "In corso: {title}",
    "drafts.line": "{number}: {title} · messa da parte il {at} UTC",
    "drafts.what": "Conservo al massimo cinque bozze, meno se sono lunghe; le più vecchie vengono eliminate per prime.",
    "drafts.none": "Non hai bozze.",
    "drafts.gone": "Quella bozza non c'è più.",
    "button.take-up": "Riprendi la {number}",
    "case.ways": "Come inviarla",
    "case.ways.portal": (
        "**Apri nel portale di Azure** apre una nuova richiesta con prodotto e argomento già scelti, per quanto "
        "possibile. Incolla lì il testo: il collegamento contiene solo ID. Per le richieste tecniche serve un piano di "
        "supporto."
    ),
    "case.ways.plain": (
        "Se quella pagina sceglie la voce sbagliata, usa il **modulo vuoto** e scegli ciò che il testo indica "
        "all'inizio."
    ),
    "case.ways.az": "I **comandi az** creano la stessa richiesta da un terminale.",
    "case.ways.file": "**Come file** ti dà il testo da allegare o da conservare: Markdown, JSON o testo semplice.",
    "case.ways.in.usgovernment": "Se la tua sottoscrizione è in Azure US Government: {url}",
    "case.ways.in.public": "Se la tua sottoscrizione è in Azure pubblico: {url}",
    "button.portal": "Apri nel portale di Azure",
    "button.portal-plain": "Modulo vuoto nel portale di Azure",
    "button.az-case": "Comandi az",
    "button.file-case": "Come file",
    "button.file-markdown": "Come Markdown",
    "button.file-json": "Come JSON",
    "button.file-text": "Come testo semplice",
    "case.page": "È una pagina: apri il suo indirizzo in un browser.",
    "case.not-now": "Non c'è una richiesta pronta. Preparala prima.",
    "case.az": "La richiesta da riga di comando",
    "case.az.before": (
        "Salva il testo inglese come {name} nella cartella in cui esegui i comandi, completa ciò che sta tra parentesi "
        "angolari ed esegui quelli di una sola shell. Prima cercano l'argomento, perché gli ID cambiano, poi creano la "
        "richiesta."
    ),
    "case.az.after": (
        "Servono l'interfaccia della riga di comando di Azure con l'estensione `support`, un piano di supporto e il "
        "ruolo Collaboratore alla richiesta di supporto (Support Request Contributor). Comandi non provati su Azure. "
        "In Windows `az` è un file batch che rilegge i suoi argomenti: lì il funzionamento non è verificato."
    ),
    "case.az.first": "nome",
    "case.az.last": "cognome",
    "case.az.email": "tu@example.com",
    "case.az.zone": "fuso orario di Windows, ad esempio W. Europe Standard Time",
    "case.az.country": "tre lettere, ad esempio ITA",
    "case.az.fill-in": "Completa prima ciò che sta tra parentesi angolari.",
    "case.az.no-topic": "Nessun argomento trovato per Image Builder. Crea la richiesta nel portale: {url}",
    "case.file.offer": "La richiesta come file, {name}. Va nel tuo OneDrive, se lo consenti.",
    "case.file.text": "Richiesta di supporto in inglese, testo semplice",
    "case.file.markdown": "Richiesta di supporto, Markdown",
    "case.file.json": "Richiesta di supporto, JSON",
    "case.file.heading": "Richiesta di supporto",
    "case.file.heading-english": "La stessa in inglese",
}
