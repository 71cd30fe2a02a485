"""Le frasi per le chat di gruppo e i canali, in italiano (si dà del tu)."""

from __future__ import annotations

TEXTS = {
    "button.private": "Continua in privato",
    "button.steps-here": "Mostra qui i passaggi",
    "thread.added-by": "{name} mi ha aggiunto a questa conversazione.",
    "thread.mention": (
        "Dove leggono anche altri, **menzionami** insieme all'errore. Tutti vedono ciò che scrivo, quindi sono breve; "
        "il resto lo facciamo nella nostra chat privata."
    ),
    "thread.gone-private": (
        "Continuiamo nella nostra chat privata, dove ti ho appena scritto. Qui resta la risposta breve."
    ),
    "thread.case-private": (
        "Una richiesta di supporto contiene più righe del tuo log di quante servano a tutti qui: la bozza è nella "
        "nostra chat privata."
    ),
    "thread.own-walk": "Quella scheda appartiene a un'altra persona e resta com'è. Ecco un percorso solo tuo:",
    "thread.not-yours": (
        "Quella scheda appartiene a un'altra persona, quindi non ho modificato nulla. Menzionami insieme a un errore "
        "e avrai una scheda tua."
    ),
    "thread.from": "Me l'hai chiesto dove leggono anche altri; ecco la risposta completa.",
}
