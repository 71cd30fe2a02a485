"""Le parole dell'invio di una richiesta di supporto, in italiano."""

from __future__ import annotations

TEXTS = {
    "ticket.before": (
        "“Invia la richiesta” la crea in Azure per te, a tuo nome. Servono un piano di supporto con accesso all'API "
        "(Professional Direct, Premier o Unified) e il ruolo Collaboratore alla richiesta di supporto (Support Request "
        "Contributor), o uno che lo comprenda, nella sottoscrizione. Vedi tutto prima che parta."
    ),
    "ticket.title": "Invio della richiesta di supporto: i tuoi contatti",
    "ticket.intro": (
        "Il supporto deve sapere chi contattare. Non parte ancora nulla: nel prossimo passaggio vedi tutto ciò che "
        "partirebbe. Questi dati restano solo finché resta la bozza."
    ),
    "ticket.check": "Correggi i campi segnalati qui sotto.",
    "ticket.consent": (
        "Le informazioni diagnostiche sono quelle che il supporto di Azure può raccogliere dalle tue risorse di Azure "
        "per lavorare alla richiesta. Puoi rispondere di no e decidere quando te le chiede un tecnico."
    ),
    "ticket.field.subscription": "Sottoscrizione in cui inviare la richiesta (ID)",
    "ticket.field.first": "Nome",
    "ticket.field.last": "Cognome",
    "ticket.field.email": "Indirizzo e-mail",
    "ticket.field.by": "Modalità di contatto",
    "ticket.field.phone": "Numero di telefono (serve solo se vuoi che il supporto ti telefoni)",
    "ticket.field.country": "Paese, in tre lettere (ISO 3166)",
    "ticket.field.time_zone": "Fuso orario",
    "ticket.field.language": "Lingua che il supporto deve usare",
    "ticket.field.diagnostics": "Il supporto di Azure può raccogliere informazioni diagnostiche?",
    "ticket.problem.subscription": (
        "Questo non è l'ID di una sottoscrizione: sono 32 cifre e lettere dalla a alla f, in cinque gruppi."
    ),
    "ticket.problem.first": "Il supporto chiede un nome di 60 caratteri al massimo.",
    "ticket.problem.last": "Il supporto chiede un cognome di 60 caratteri al massimo.",
    "ticket.problem.email": "Questo non è un indirizzo e-mail.",
    "ticket.problem.phone": "Questo non è un numero di telefono.",
    "ticket.problem.country": (
        "Questo non è il codice di un paese: ITA per l'Italia, DEU per la Germania, FRA per la Francia."
    ),
    "ticket.problem.choice": "Scegli una voce dall'elenco.",
    "ticket.by.email": "E-mail",
    "ticket.by.phone": "Telefono",
    "ticket.diagnostics.no": "No",
    "ticket.diagnostics.yes": "Sì, acconsento",
    "ticket.language.en-us": "Inglese",
    "ticket.language.it-it": "Italiano",
    "ticket.language.de-de": "Tedesco",
    "ticket.language.es-es": "Spagnolo",
    "ticket.language.fr-fr": "Francese",
    "ticket.language.pt-br": "Portoghese (Brasile)",
    "ticket.language.ja-jp": "Giapponese",
    "ticket.language.ko-kr": "Coreano",
    "ticket.language.ru-ru": "Russo",
    "ticket.language.zh-hans": "Cinese (semplificato)",
    "ticket.language.zh-tw": "Cinese (tradizionale)",
    "ticket.choose": "Per {service} Azure elenca più tipi di problema. Qual è quello giusto?",
    "ticket.text": "La descrizione, esattamente come partirebbe:",
    "ticket.file": "Il file {name}, che verrebbe allegato:",
    "ticket.preview": "Questo è tutto ciò che partirebbe",
    "ticket.changed": "Qualcosa è cambiato da quando l'hai visto. Guardalo ancora una volta.",
    "ticket.ask": "La invio adesso ad Azure, a nome di {name}?",
    "ticket.ask-you": "La invio adesso ad Azure, a tuo nome?",
    "ticket.none": "nessuno",
    "ticket.row.subscription": "Sottoscrizione",
    "ticket.row.service": "Servizio",
    "ticket.row.classification": "Tipo di problema",
    "ticket.row.severity": "Gravità",
    "ticket.row.heading": "Titolo",
    "ticket.row.contact": "Contatto",
    "ticket.row.by": "Modalità di contatto",
    "ticket.row.place": "Paese, fuso orario",
    "ticket.row.language": "Lingua",
    "ticket.row.diagnostics": "Informazioni diagnostiche",
    "ticket.row.started": "Inizio del problema (UTC)",
    "ticket.row.files": "File",
    "ticket.filing": "Invio in corso…",
    "ticket.filing-long": "Azure può impiegare qualche minuto. Il numero arriva qui; intanto puoi continuare.",
    "ticket.under-way": (
        "L'invio è già in corso; il numero arriva qui. Anche se premi di nuovo, non parte una seconda richiesta."
    ),
    "ticket.filed": "**Inviata.** Il numero della richiesta è {number}.",
    "ticket.filed-again": "**È già stata inviata,** con il numero {number}. Non è partita una seconda richiesta.",
    "ticket.filed-no-number": "**Inviata.** Azure assegna il numero fra poco; lo mostra il portale.",
    "ticket.filed-other": (
        "Da questa conversazione è già stata inviata la richiesta {number}. Questa bozza sarebbe un'altra richiesta."
    ),
    "ticket.filed-title": "Titolo: {title}",
    "ticket.state": "Stato: {state}",
    "ticket.no-files": "Il file non è stato allegato. Puoi caricarlo nella richiesta dal portale.",
    "ticket.next": (
        "Il supporto risponde all'indirizzo che hai indicato. Per completare la richiesta o per chiuderla usa il "
        "portale di Azure."
    ),
    "ticket.sandbox": "Questa è la sandbox: la richiesta resta su questo computer e nessuno risponde.",
    "ticket.summary": "La tua richiesta di supporto",
    "ticket.left": "Non è stato inviato nulla. La bozza resta.",
    "ticket.stays": "Non è stato inviato nulla. La bozza resta e gli altri modi sono aperti: portale, comandi, file.",
    "ticket.may-be": (
        "La bozza resta. Se riprovi, guardo prima se la richiesta c'è già, così non viene inviata due volte."
    ),
    "button.ticket": "Invia la richiesta",
    "button.ticket-preview": "Mostra che cosa partirebbe",
    "button.ticket-change": "Cambia i dati",
    "button.ticket-yes": "Sì, inviala",
    "button.ticket-no": "No, non inviarla",
    "button.ticket-again": "Riprova",
    "button.ticket-open": "Apri nel portale di Azure",
    "button.ways-out": "Altri modi",
    "unfiled.wait": "Azure chiede di attendere {seconds} secondi.",
    "unfiled.row.detail": "Azure dice",
    "unfiled.row.action": "Azione mancante",
    "unfiled.row.scope": "Ambito",
    "unfiled.row.role": "Ruolo che la consente",
    "unfiled.row.code": "Codice",
    "unfiled.sign-in": "Per inviarla a tuo nome ho bisogno che tu acceda.",
    "unfiled.sign-in.next": "Accedi, poi si continua da qui.",
    "unfiled.consent": "La tua organizzazione non ha consentito a questa app di agire in Azure per te.",
    "unfiled.consent.next": "Chi amministra Entra nella tua organizzazione deve concedere l'autorizzazione una volta.",
    "unfiled.conditional-access": "La tua organizzazione chiede un'altra prova della tua identità.",
    "unfiled.conditional-access.next": (
        "Scrivi `esci da Azure`, poi invia di nuovo la richiesta e accedi, da un dispositivo e da una rete che la tua "
        "organizzazione consente."
    ),
    "unfiled.not-allowed": "Chi gestisce questo bot non ha consentito l'invio qui.",
    "unfiled.not-allowed.next": "Chiedi a chi lo gestisce, oppure usa uno degli altri modi.",
    "unfiled.no-plan": "Il piano di supporto della sottoscrizione non consente richieste tramite l'API.",
    "unfiled.no-plan.next": (
        "Serve Professional Direct, Premier o Unified. Con un altro piano puoi comunque creare la richiesta a mano nel "
        "portale di Azure, se il piano comprende il supporto tecnico."
    ),
    "unfiled.no-permission": "Non puoi creare richieste di supporto in questa sottoscrizione.",
    "unfiled.no-permission.next": (
        "Chiedi a chi è proprietario della sottoscrizione il ruolo Collaboratore alla richiesta di supporto (Support "
        "Request Contributor). Ha effetto dopo qualche minuto."
    ),
    "unfiled.not-registered": "La sottoscrizione non ha registrato il provider di risorse Microsoft.Support.",
    "unfiled.not-registered.next": (
        "Chi può modificare la sottoscrizione esegue una volta `az provider register --namespace Microsoft.Support`. "
        "Io non lo faccio al posto tuo."
    ),
    "unfiled.quota": "In questa sottoscrizione ci sono troppe richieste di supporto aperte.",
    "unfiled.quota.next": "Chiudi le richieste concluse, poi riprova.",
    "unfiled.busy": "Per il momento Azure non accetta altre richieste.",
    "unfiled.busy.next": "Riprova più tardi.",
    "unfiled.severity": "Il piano di supporto non comprende questa gravità.",
    "unfiled.severity.next": "Scegli una gravità inferiore nella richiesta, poi inviala.",
    "unfiled.name-taken": "Azure dice che questa richiesta esiste, ma non te la mostra.",
    "unfiled.name-taken.next": (
        "Guarda nel portale, in Guida e supporto, se c'è. Per inviarne un'altra, compila di nuovo la richiesta."
    ),
    "unfiled.no-service": "Azure non elenca fra i suoi servizi il prodotto di questa richiesta.",
    "unfiled.no-service.next": "Crea la richiesta a mano nel portale.",
    "unfiled.no-classification": "Per questo prodotto Azure non elenca alcun tipo di problema per Image Builder.",
    "unfiled.no-classification.next": "Crea la richiesta a mano nel portale e scegli il tipo di problema più vicino.",
    "unfiled.rejected": "Azure non ha accettato la richiesta.",
    "unfiled.rejected.next": "Correggi ciò che Azure indica, poi inviala di nuovo.",
    "unfiled.unauthorized": "Azure non ha accettato il tuo accesso.",
    "unfiled.unauthorized.next": "Scrivi `esci da Azure`, poi riprova e accedi di nuovo.",
    "unfiled.not-found": "Azure non trova la sottoscrizione, o non te la mostra.",
    "unfiled.not-found.next": "Controlla l'ID della sottoscrizione.",
    "unfiled.other-tenant": "La sottoscrizione appartiene a un'organizzazione diversa da quella del tuo accesso.",
    "unfiled.other-tenant.next": "Crea la richiesta nel portale, con un accesso a quell'organizzazione.",
    "unfiled.too-slow": "Azure non ha finito in tempo.",
    "unfiled.too-slow.next": "Riprova fra qualche minuto.",
    "unfiled.unsure": "La connessione si è interrotta e non so se Azure abbia ricevuto la richiesta.",
    "unfiled.unsure.next": "Riprova fra un momento.",
    "unfiled.azure-trouble": "Si è verificato un problema in Azure.",
    "unfiled.azure-trouble.next": "Riprova più tardi, oppure usa uno degli altri modi.",
    "unfiled.no-network": "Non riesco a raggiungere Azure.",
    "unfiled.no-network.next": "Riprova più tardi.",
    "unfiled.suspicious": (
        "La risposta di Azure indicava un altro indirizzo: mi sono fermato lì e non gli ho inviato nulla."
    ),
    "unfiled.suspicious.next": "Usa uno degli altri modi e avvisa chi gestisce questo bot.",
    "unfiled.unexpected": "Non è stato possibile inviare la richiesta, per un motivo che non conosco.",
    "unfiled.unexpected.next": "Riprova, oppure usa uno degli altri modi.",
}
