"""Le parole della richiesta di supporto in italiano: il modulo e il testo da copiare."""

from __future__ import annotations

TEXTS = {
    "case.title": "Bozza di una richiesta di supporto",
    "case.family": "Famiglia di prodotti",
    "case.topic": "Argomento del supporto",
    "case.subtopic": "Argomento secondario",
    "case.fallback": "Se quell'argomento non compare: {topic}, poi {subtopic}.",
    "case.owner": "**Probabilmente non riguarda Image Builder.** A chi rivolgersi: {who}.",
    "case.owner-why": "{why} Puoi comunque preparare qui la richiesta.",
    "case.intro": (
        "Controlla il testo, aggiungi ciò che sai solo tu, poi pubblicalo. I segreti sono nascosti; gli ID restano, "
        "perché servono al supporto."
    ),
    "case.field.product": "Prodotto (secondo il sistema operativo dell'immagine)",
    "case.field.severity": "Gravità",
    "case.field.title": "Titolo",
    "case.field.description": "Descrizione",
    "case.severity": "{letter}: {meaning}",
    "button.post": "Pubblica come testo",
    "button.edit-case": "Modifica la richiesta",
    "button.afresh": "Compila di nuovo",
    "button.cancel-case": "Annulla",
    "case.canceled": (
        "La richiesta è messa da parte e ciò che hai scritto resta. “Prepara una richiesta di supporto” la riapre."
    ),
    "case.posted": (
        "La richiesta, da copiare; dopo viene la versione inglese. Creala nel portale di Azure, in Guida e supporto."
    ),
    "case.posted-english": "La richiesta in inglese:",
    "case.choose-product": "scegli Windows o Linux, secondo il sistema operativo dell'immagine",
    "case.head.family": "Famiglia di prodotti: {value}",
    "case.head.product": "Prodotto: {value}",
    "case.head.topic": "Argomento del supporto: {value}",
    "case.head.subtopic": "Argomento secondario: {value}",
    "case.head.severity": "Gravità: {value}",
    "case.head.title": "Titolo: {value}",
    "case.default-title": "Image Builder per macchine virtuali di Azure: {what}",
    "case.default-title-none": "la compilazione dell'immagine non riesce",
    "case.unknown": "sconosciuto",
    "case.what": "CHE COSA È SUCCESSO",
    "case.what.failed": "Una compilazione con Image Builder per macchine virtuali di Azure non è riuscita.",
    "case.what.canceled": "Una compilazione con Image Builder per macchine virtuali di Azure è stata annullata.",
    "case.what.succeeded": (
        "Una compilazione con Image Builder per macchine virtuali di Azure è riuscita, ma presenta un problema."
    ),
    "case.what.running": (
        "Una compilazione con Image Builder per macchine virtuali di Azure non termina, o il suo log è interrotto."
    ),
    "case.what.unknown": "C'è un problema con Image Builder per macchine virtuali di Azure.",
    "case.what.add": "Quante volte, da quando, che cosa è cambiato, impatto sull'attività: (da completare)",
    "case.ids": "IDENTIFICAZIONE",
    "case.id.subscription": "Sottoscrizione: {value}",
    "case.id.resource_group": "Gruppo di risorse: {value}",
    "case.id.template": "Modello di immagine: {value}",
    "case.id.region": "Area: {value}",
    "case.id.started": "Inizio dell'esecuzione (UTC): {value}",
    "case.id.ended": "Fine dell'esecuzione (UTC): {value}",
    "case.id.correlation_id": "ID di correlazione: {value}",
    "case.id.operation_id": "ID operazione: {value}",
    "case.id.log_url": "Log: {value}",
    "case.id.run_state": "Stato dell'esecuzione: {value}",
    "case.id.phase": "Fase raggiunta: {value}",
    "case.id.provisioner": "Provisioner non riuscito: {value}",
    "case.id.exit_code": "Codice di uscita: {value}",
    "case.id.other": "{name}: {value}",
    "case.evidence": "PROVE (riga del testo: contenuto)",
    "case.timeline": "CRONOLOGIA (UTC)",
    "case.timeline.row": "da {started} a {ended}: {name}, {state}, codice di uscita {code}",
    "case.state.ended": "terminato",
    "case.state.failed": "non riuscito",
    "case.state.stopped": "interrotto",
    "case.state.running": "non terminato",
    "case.diagnosis": "DIAGNOSI DI IMAGE MEDIC",
    "case.diagnosis.row": "{title} ({confidence})",
    "case.diagnosis.picked": "{title} (possibile, scelto dalla persona fra domande guidate o ipotesi)",
    "case.diagnosis.none": "Non è stato riconosciuto alcun errore noto.",
    "case.tried": "PASSAGGI PROVATI",
    "case.tried.row": "{at}, “{title}”, passaggio {number} ({outcome}): {do}",
    "case.tried.gone": "{at}, voce {entry}, passaggio {number} ({outcome})",
    "case.tried.none": "Ancora nessuno.",
    "case.tried.worked": "ha funzionato",
    "case.tried.no-help": "fatto o saltato, il problema resta",
    "case.none": "Nessuna.",
}
