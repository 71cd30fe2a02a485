"""Le frasi sui file allegati a un messaggio, in italiano (si dà del tu)."""

from __future__ import annotations

TEXTS = {
    "button.file-log": "Continua con {name}",
    "welcome.attach": (
        "Oppure **allega** qui l'intero `customization.log`, così com'è o compresso come `.zip` o `.gz`: lo leggo "
        "tutto."
    ),
    "file.nameless": "il file",
    "file.reading": "Sto leggendo {names}. La risposta arriva qui appena ho finito.",
    "file.read": "Ho letto per intero {name}: {size}, {lines} righe.",
    "file.nothing": (
        "Ho letto per intero {name} ({size}) e non ci ho trovato nulla che riguardi la compilazione di un'immagine."
    ),
    "file.nothing-in-any": (
        "Ho letto i testi contenuti in {name} ({size}), in tutto {count}, e non ci ho trovato nulla che riguardi la "
        "compilazione di un'immagine."
    ),
    "file.several": "{name} contiene più log. Qual è quello giusto?",
    "file.meanwhile": "Nel frattempo ho letto {name}",
    "file.one-tells": "Fra i log in {archive}, {name} dice che cosa non ha funzionato. Gli altri:",
    "file.log": "{name} · {size}",
    "file.without.failed": "La compilazione non è riuscita, ma in questo log non trovo errori noti.",
    "file.without.canceled": "La compilazione è stata annullata.",
    "file.without.succeeded": "La compilazione in questo log è riuscita.",
    "file.without.running": "Il log finisce prima della compilazione.",
    "file.without.unknown": "Non ci trovo errori noti.",
    "file.left": "Altri testi al suo interno che non ho letto: {count}. Ho scelto in base al nome e alla dimensione.",
    "file.choose": "Scegline uno per continuare.",
    "file.gone": "Non ho più quel log. Allega di nuovo il file.",
    "file.again": "Allegalo ancora una volta: ogni volta Teams mi dà un collegamento nuovo.",
    "file.by-hand": "In ogni caso puoi aprire il log, copiarne le ultime 100 righe circa e incollarle qui.",
    "file.refused.off": "Qui non posso aprire i file.",
    "file.refused.wrong-place": (
        "Non ho aperto {name}: non si trova nel OneDrive o nello SharePoint di un'organizzazione, dove Teams conserva "
        "gli allegati, e non scarico file da nessun'altra parte."
    ),
    "file.refused.expired": (
        "Non ho potuto aprire {name}: il collegamento non è più valido. I collegamenti di Teams durano pochi minuti, "
        "oppure il file è stato spostato o eliminato."
    ),
    "file.refused.page": (
        "Teams non mi ha dato {name}, ma una pagina che chiede di accedere; alcuni telefoni inviano così i file. "
        "Allegalo da Teams su un computer."
    ),
    "file.refused.empty": "In {name} non c'è nulla: ha 0 byte, oppure contiene un testo vuoto.",
    "file.refused.too-large": (
        "{name} è troppo grande: ne leggo al massimo {most}. Il log di una sola compilazione è molto più piccolo; "
        "allega soltanto quello."
    ),
    "file.refused.bomb": (
        "Ho interrotto la lettura di {name}: è compresso così tanto, o contiene così tanti file, che non può essere un "
        "log. Allega il log stesso."
    ),
    "file.refused.encrypted": (
        "{name} è protetto da una password, che non posso chiedere. Allega il log senza protezione."
    ),
    "file.refused.no-log": (
        "Non ho trovato alcun log in {name}. Di un archivio leggo i testi come `customization.log`, ma non gli archivi "
        "al suo interno."
    ),
    "file.refused.not-text": (
        "{name} non è un testo che posso leggere. Leggo i log come testo semplice, `.zip` o `.gz`."
    ),
    "file.refused.damaged": "{name} è danneggiato: finisce troppo presto, o le sue parti non combaciano.",
    "file.refused.no-network": (
        "Non ho potuto scaricare {name}: il servizio in cui Teams lo conserva non risponde come dovrebbe."
    ),
    "file.refused.too-slow": "Ho interrotto il download di {name}: arrivava troppo lentamente.",
    "file.refused.unexpected": "Si è verificato un problema da parte mia durante la lettura di {name}.",
}
