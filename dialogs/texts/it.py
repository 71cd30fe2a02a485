"""Le frasi della conversazione in italiano (si dà del tu)."""

from __future__ import annotations

TEXTS = {
    # Parole e righe brevi
    "confidence.certain": "certo",
    "confidence.likely": "probabile",
    "confidence.possible": "possibile",
    "confidence.certain.long": "certo: lo dice il testo stesso",
    "confidence.likely.long": "probabile: il testo indica questo errore, ma manca una parte della prova",
    "confidence.possible.long": "possibile: corrisponde, ma nel testo nulla lo dimostra",
    "confidence.picked.long": "possibile: l'hai scelto tu",
    "phase.submission": "Durante l'invio del modello",
    "phase.build": "Durante la compilazione",
    "phase.distribution": "Durante la distribuzione dell'immagine",
    "phase.devops": "In Azure DevOps o GitHub",
    "phase.after-build": "Dopo la compilazione",
    "phase.log-access": "All'apertura del log",
    "reached.prepare": "preparazione",
    "reached.deploy": "creazione della macchina virtuale di compilazione",
    "reached.connect": "connessione alla macchina virtuale di compilazione",
    "reached.customize": "personalizzazione",
    "reached.deprovision": "deprovisioning",
    "reached.capture": "acquisizione dell'immagine",
    "reached.clean-up": "pulizia",
    "kind.build-log": "un log di compilazione",
    "kind.status": "lo stato di un modello",
    "kind.deployment-error": "un errore di distribuzione ARM o della CLI",
    "kind.task-log": "il log di un'attività della pipeline",
    "kind.question": "una domanda a parole",
    "kind.unknown": "qualcosa che non riconosco",
    "outcome.failed": "non riuscita",
    "outcome.canceled": "annullata",
    "outcome.succeeded": "riuscita",
    "outcome.running": "ancora in corso, oppure il log si interrompe prima della fine",
    "outcome.unknown": "esito sconosciuto",
    "group.scripts-and-windows": "Script, Windows Update, Sysprep",
    "group.rights-and-limits": "Autorizzazioni, criteri, quote",
    "group.template-and-images": "Modello, immagine di origine o finale",
    "group.network-and-time": "Rete, limiti di tempo, servizio",
    "group.around-the-build": "Pipeline, log, pulizia",
    "area.template": "Il modello stesso",
    "area.permissions": "Autorizzazioni e identità",
    "area.policy-and-quota": "Criteri e quote",
    "area.source-image": "L'immagine di origine",
    "area.network": "La rete",
    "area.containers": "Istanze di Azure Container",
    "area.scripts": "Script e file",
    "area.windows-update": "Windows Update e riavvii",
    "area.sysprep": "Sysprep e deprovisioning",
    "area.time": "Limiti di tempo",
    "area.gallery": "Raccolta e replica",
    "area.pipeline": "La pipeline",
    "area.cleanup": "Eliminazione e pulizia",
    "area.logs": "Log e stato",
    "area.image-in-use": "VM create dall'immagine",
    "area.service": "Il servizio Azure",
    # Pulsanti
    "button.example": "Mostrami un esempio",
    "button.guided": "Non ho un testo di errore",
    "button.guided-questions": "Domande guidate",
    "button.guides": "Guide pratiche",
    "button.other-guides": "Altre guide",
    "button.more-guides": "Ancora guide",
    "button.back-to-step": "Torna al passaggio {number}",
    "button.help": "Aiuto",
    "button.worked": "Ha funzionato",
    "button.next": "Passaggio successivo",
    "button.no-help": "Non è servito",
    "button.others": "Altre ipotesi ({count})",
    "button.draft": "Prepara una richiesta di supporto",
    "button.restart": "Ricomincia",
    "button.none": "Nessuna di queste",
    "button.back": "Indietro",
    "button.step": "Torna al passaggio",
    # Benvenuto, aiuto, convenevoli
    "welcome.title": "Image Medic",
    "welcome.what": (
        "Ti aiuto quando una compilazione con Image Builder per macchine virtuali di Azure non riesce. Indico l'errore "
        "noto all'origine del problema, mostro la riga che lo dimostra, dico se ha senso rieseguire e ti guido nella "
        "soluzione, un passaggio alla volta. Se nulla funziona, preparo la richiesta di supporto."
    ),
    "welcome.paste": (
        "**Incolla** un messaggio di errore, lo stato di un modello (`lastRunStatus`) o l'ultima parte di "
        "`customization.log`; bastano le righe intorno all'errore."
    ),
    "welcome.limits.off": (
        "Qui non accedo ad Azure: ti do i comandi e leggo ciò che incolli. Password, chiavi e token presenti in un "
        "testo vengono nascosti prima di mostrare o conservare qualsiasi cosa."
    ),
    "welcome.limits.on": (
        "Guardo un modello e il suo log solo dopo che me l'hai permesso, e in Azure non modifico nulla. Password, "
        "chiavi e token vengono nascosti prima di mostrare o conservare qualsiasi cosa."
    ),
    "welcome.limits.files": (
        "Guardo un modello e il suo log solo dopo che me l'hai permesso, e in Azure non modifico nulla. Una richiesta "
        "di supporto parte solo dopo che l'hai vista e hai detto di sì. Password, chiavi e token vengono nascosti "
        "prima di mostrare o conservare qualsiasi cosa."
    ),
    "help.title": "Che cosa so fare",
    "help.guides": (
        "Rispondo anche a domande come: dov'è il log, come si legge, quali autorizzazioni servono per "
        "leggerlo. `guide pratiche` le elenca tutte."
    ),
    "help.words": (
        "Puoi anche scrivere: `avanti`, `ha funzionato`, `altre ipotesi`, `apri un caso`, `le mie bozze`, `guidami`, "
        "`annulla`, `ricomincia`, `dimenticami`, `english`, oppure il numero di un pulsante."
    ),
    "talk.hello": "Ciao. Incolla l'errore di una compilazione o l'ultima parte del log: ti dico che cosa ne so.",
    "talk.thanks": "Prego. Quando c'è un altro errore, incollalo qui.",
    "talk.language": "Continuo in italiano.",
    "talk.cancel": (
        "Annullato. I passaggi provati finora restano per la richiesta di supporto. Per continuare, incolla "
        "un altro testo."
    ),
    "talk.restart": (
        "Ricominciamo da capo: ho dimenticato il testo, i passaggi e la richiesta. Incolla il prossimo errore o log."
    ),
    "talk.empty": (
        "Non ho ricevuto alcun testo. Incolla il messaggio di errore o l'ultima parte di `customization.log`."
    ),
    "talk.not-recognised": (
        "Non ci trovo nulla che riguardi la compilazione di un'immagine. Leggo messaggi di errore, stati dei modelli e "
        "log di compilazione; va bene anche una descrizione a parole, se dice che cosa vedi."
    ),
    "talk.still-here": "Siamo ancora a questa soluzione:",
    "talk.example": "Ecco l'esempio, la fine di un log di compilazione:",
    # Problemi nostri o schede vecchie
    "trouble.old-card": (
        "Quel pulsante è su una scheda di un'altra versione di Image Medic: non posso sapere che cosa indicasse."
    ),
    "trouble.unknown-button": (
        "Non conosco quel pulsante; la sua scheda potrebbe provenire da un'altra versione di Image Medic."
    ),
    "trouble.entry-gone": "La voce a cui portava quel pulsante non esiste più.",
    "trouble.no-walk": "Non stiamo seguendo alcuna soluzione: quella di prima non c'è più o non è mai iniziata.",
    "trouble.go-on": "Incolla di nuovo l'errore o il log, oppure scegli un pulsante.",
    "trouble.earlier-text": (
        "Questa scheda riguarda un testo che non ho più: i comandi mostrano `<segnaposto>` al posto dei tuoi valori."
    ),
    "trouble.lost": (
        "Non riesco più a leggere ciò che ci eravamo detti (l'ha salvato un'altra versione, oppure è danneggiato), "
        "quindi ricominciamo da capo."
    ),
    # Lavori in background
    "trouble.reference": "Se succede di nuovo, comunica a chi gestisce questo bot il riferimento `{reference}`.",
    "work.broken": (
        "Il lavoro in background non è riuscito per un problema da parte mia, quindi non ho risultati. Chiedimelo "
        "di nuovo."
    ),
    "work.too-long": (
        "Il lavoro in background richiedeva troppo tempo e l'ho interrotto. Chiedimelo di nuovo, oppure prosegui senza."
    ),
    "work.stopped": (
        "Il lavoro in background è stato interrotto a ogni tentativo, quindi ci ho rinunciato. Prosegui senza, oppure "
        "avvisa chi gestisce questo bot."
    ),
    "work.too-many": (
        "Sto ancora lavorando a ciò che mi hai chiesto prima, quindi questo non l'ho iniziato. Chiedimelo di nuovo "
        "quando avrò finito."
    ),
    # Diagnosi
    "diagnosis.possible": "Possibile: {title}",
    "diagnosis.silence": "Dopo la riga {line} non ha scritto nulla per {duration}.",
    "diagnosis.reached": "Fase raggiunta: {phase}.",
    "diagnosis.outcome": "Esecuzione: {outcome}.",
    "diagnosis.failed-run": "Errore nel provisioner {provisioner}",
    "diagnosis.stopped-run": "Il provisioner {provisioner} è stato interrotto",
    "diagnosis.running-run": "Il provisioner {provisioner} non è terminato",
    "diagnosis.after": " dopo {duration}",
    "diagnosis.exit-code": " con codice di uscita {code}",
    "retry.yes": "**Ha senso rieseguire? Sì.**",
    "retry.no": "**Ha senso rieseguire? No.**",
    "retry.after-fix": "**Ha senso rieseguire? Dopo la correzione.**",
    "retry.yes.reason": "Spesso il problema si risolve da solo.",
    "retry.no.reason": "La stessa esecuzione fallirebbe allo stesso modo.",
    "retry.after-fix.reason": "Senza modifiche fallirebbe allo stesso modo.",
    "diagnosis.cause": "**Causa.** {cause}",
    "diagnosis.script": "**Che cosa dice lo script.** {advice}",
    "diagnosis.explains": "Una conseguenza di questo, non un'altra causa: {titles}.",
    "diagnosis.wrapper": (
        "Questo messaggio dice solo che qualcosa non è riuscito; la causa si trova più in alto nel log."
    ),
    "diagnosis.inferred": "Questa voce è una nostra deduzione: non si basa su alcuna documentazione.",
    "diagnosis.reported": "Questa voce si basa su segnalazioni di altri utenti, non sulla documentazione.",
    "diagnosis.partial": "Ho visto solo una parte del log; la causa potrebbe trovarsi nel resto.",
    "diagnosis.tell": "**Per distinguere le ipotesi:**",
    "diagnosis.tell-one": "**{title}**: {tell}",
    "diagnosis.several": "A questo testo corrispondono più errori noti, e nulla ne conferma uno in particolare",
    "diagnosis.several-ask": "Quale descrive ciò che vedi? Sceglilo, oppure incolla un'altra parte del log.",
    "candidate.line": "**{title}** ({confidence})",
    "harmless.says": (
        "**Innocuo.** Questo messaggio compare anche nelle compilazioni riuscite; non è il motivo per cui la "
        "tua non è riuscita."
    ),
    "harmless.ask": (
        "Se la compilazione non è riuscita, incolla il resto: le ultime 100 righe di `customization.log`, o l'intero "
        "messaggio di `lastRunStatus`."
    ),
    "succeeded.title": "La compilazione in questo log è riuscita",
    "succeeded.says": "Non contiene alcun errore da cercare.",
    "succeeded.harmless": "Messaggi innocui che contiene: {titles}.",
    "succeeded.ask": (
        "Se qualcosa non va comunque, è successo dopo (distribuzione, pipeline, una VM creata dall'immagine): incolla "
        "quel messaggio, o rispondi alle domande guidate."
    ),
    "unmatched.title": "Non conosco questo errore",
    "unmatched.says": "Nessun errore noto corrisponde a sufficienza a questo testo. Ecco che cosa ci ho trovato:",
    "unmatched.kind": "Tipo di testo",
    "unmatched.outcome": "Esecuzione",
    "unmatched.phase": "Fase raggiunta",
    "unmatched.last": "Ultimo provisioner",
    "unmatched.exit-code": "Codice di uscita",
    "unmatched.ask": (
        "Un testo più completo può chiarire il caso: le righe prima del primo errore, o il messaggio di "
        "`lastRunStatus`. Altrimenti rispondi alle domande guidate, o prepara una richiesta di supporto con ciò che "
        "hai incollato."
    ),
    # Soluzione
    "walk.step": "**Passaggio {number} di {count}.** {do}",
    "walk.tried": "Passaggio {number}: provato, non è servito. {do}",
    "walk.expect": "Che cosa aspettarsi: {expect}",
    "walk.changes": "**Questo passaggio modifica qualcosa.**",
    "walk.deletes": "**Questo passaggio elimina qualcosa.**",
    "walk.save-first": "**Salva prima:** {what}",
    "walk.save-first-default": "ciò che ti serve ancora; i log di un modello vengono eliminati con il modello",
    "walk.placeholders": "Sostituisci ciò che sta tra `<` e `>`.",
    "walk.no-steps": "Conosco la causa, ma non ho passaggi da proporre. Resta la richiesta di supporto.",
    "walk.worked": "Bene: risolto con il passaggio {number} di “{title}”.",
    "walk.worked-none": "Bene.",
    "walk.worked-next": "Se la stessa compilazione fallisce di nuovo, incolla il nuovo errore.",
    "walk.end": "I passaggi di “{title}” sono finiti.",
    "walk.end-others": "Al tuo testo corrispondono anche altri errori noti; uno di questi può essere la vera causa.",
    "walk.end-case": "Resta la richiesta di supporto: la compilo con ciò che hai incollato e con ciò che hai provato.",
    "others.title": "Altre ipotesi",
    "others.none": "Per questo testo non ci sono altre ipotesi.",
    "others.no-text": "Non ho ancora diagnosticato un testo da cui ricavare altre ipotesi.",
    # Guide pratiche
    "guides.title": "Guide pratiche",
    "guides.intro": "Scegline una, oppure chiedimelo in poche parole, per esempio: dov'è il log?",
    "guides.gone": "Quella guida non esiste più.",
    "guides.step": "**{number}.** {do}",
    "guides.references": "Per approfondire: {pages}",
    # Domande guidate
    "guided.phase": "Quando si è verificato l'errore?",
    "guided.group": "Che cosa riguarda?",
    "guided.area": "Che cosa riguarda?",
    "guided.sign": "Che cosa vedi?",
    "guided.titles": "Quale di questi si avvicina di più?",
    "guided.gone": "Le domande sono cambiate da quando è stata creata quella scheda; eccole dall'inizio.",
    "guided.end": (
        "Allora non è uno degli errori che conosco. Incolla qualunque messaggio tu abbia, anche breve, o prepara una "
        "richiesta di supporto."
    ),
    "guided.empty": "Non ci sono voci su cui fare domande.",
}
