"""Perché uno sguardo ad Azure non è riuscito e che cosa fare, in italiano: due frasi per ogni motivo."""

from __future__ import annotations

TEXTS = {
    "refused.row.what": "Che cosa volevo leggere",
    "refused.row.action": "Azione mancante",
    "refused.row.scope": "Ambito",
    "refused.row.role": "Ruolo che la consente",
    "refused.row.code": "Codice di Azure",
    "refused.subscriptions": "Sottoscrizioni: {names}.",
    "refused.retry-after": "Azure chiede di attendere {seconds} s.",
    "refused.off": "Qui l'accesso ad Azure è disattivato.",
    "refused.off.next": "Esegui tu i comandi e incolla ciò che mostrano.",
    "refused.sign-in": "Per guardare a nome tuo ho bisogno che tu acceda.",
    "refused.sign-in.next": "Accedi qui sotto; poi continuo io, senza che tu debba chiedermelo di nuovo.",
    "refused.consent": "Manca un consenso: questo bot non può ancora leggere in Azure a nome tuo.",
    "refused.consent.next": (
        "Accedi di nuovo e accetta ciò che viene chiesto. Se la tua organizzazione non te lo permette, chi vi "
        "amministra Entra può concedere il consenso per questa app una volta sola, per tutti."
    ),
    "refused.conditional-access": (
        "Le regole di accesso della tua organizzazione (accesso condizionale) chiedono qualcosa che puoi fare solo tu."
    ),
    "refused.conditional-access.next": (
        "Scrivi `esci da Azure` e accedi di nuovo, con il secondo fattore o dal dispositivo richiesto dalle regole. Se "
        "viene ancora rifiutato, mostra il codice a chi amministra Entra nella tua organizzazione."
    ),
    "refused.not-allowed": (
        "Chi gestisce questo bot non ha inserito te, o questa sottoscrizione, nell'elenco di ciò che può guardare."
    ),
    "refused.not-allowed.next": (
        "Chiedi a chi lo gestisce di cambiarlo. Intanto esegui tu i comandi e incolla ciò che mostrano."
    ),
    "refused.denied": "Azure non mi permette di leggerlo.",
    "refused.denied.next": (
        "Chi lì ha il ruolo `Owner` (Proprietario) o `User Access Administrator` (Amministratore Accesso utenti) può "
        "assegnare il ruolo; ha effetto dopo qualche minuto. Se il ruolo passa da Privileged Identity Management, "
        "attivalo e riprova."
    ),
    "refused.no-data-role": (
        "Il log c'è, ma per leggere i BLOB serve un ruolo dati apposito: `Reader` (Lettore), e perfino `Owner` "
        "(Proprietario), non lo includono."
    ),
    "refused.no-data-role.next": (
        "Fatti assegnare `Storage Blob Data Reader` (Lettore dei dati del BLOB di archiviazione) sull'account di "
        "archiviazione o sulla sottoscrizione; ha effetto dopo qualche minuto."
    ),
    "refused.firewall": "Le regole di rete dell'account di archiviazione non mi fanno entrare.",
    "refused.firewall.next": (
        "Leggi il log da una rete consentita dall'account, con i comandi qui sotto, oppure fai consentire la rete di "
        "questo bot. Non modificare un gruppo di staging durante un'esecuzione."
    ),
    "refused.keys-disabled": "L'account di archiviazione non accetta chiavi condivise, e la richiesta ne usava una.",
    "refused.keys-disabled.next": "Leggilo con il tuo accesso: `--auth-mode login`, come nei comandi qui sotto.",
    "refused.unauthorized": "Azure non ha accettato l'accesso: è scaduto, oppure riguarda un'altra directory.",
    "refused.unauthorized.next": "Riprova; se non cambia nulla, scrivi `esci da Azure` e accedi di nuovo.",
    "refused.other-tenant": "La sottoscrizione appartiene a una directory (tenant) diversa da quella del tuo accesso.",
    "refused.other-tenant.next": (
        "Accedi con un account di quella directory, oppure esegui i comandi dopo `az login --tenant <tenant>` e "
        "incolla ciò che mostrano."
    ),
    "refused.not-found": "Azure non lo trova: è stato eliminato, il nome è sbagliato, oppure non posso vederlo.",
    "refused.not-found.next": (
        "Controlla nome, gruppo di risorse e sottoscrizione. Con un modello si eliminano anche il suo stato e i suoi "
        "log."
    ),
    "refused.no-run": "Il modello non è ancora stato eseguito, quindi non c'è nulla da leggere.",
    "refused.no-run.next": "Avvia un'esecuzione e guarda di nuovo, oppure guarda un altro modello.",
    "refused.no-log": "L'esecuzione non ha (ancora) scritto alcun log.",
    "refused.no-log.next": (
        "Il log comincia con la VM di compilazione, alcuni minuti dopo l'avvio. Se l'esecuzione è terminata senza "
        "log, si è fermata prima: il messaggio di stato dice dove."
    ),
    "refused.log-gone": (
        "Il log non c'è più: il suo gruppo di staging o il suo account di archiviazione non esiste più."
    ),
    "refused.log-gone.next": (
        "È stato eliminato con il modello, a mano, oppure dall'attività della pipeline dopo un esito positivo. La "
        "prossima esecuzione ne scriverà uno nuovo."
    ),
    "refused.conflict": (
        "Azure non può rispondere nello stato attuale: è in corso un'altra operazione, oppure un provider non è "
        "registrato."
    ),
    "refused.conflict.next": (
        "Attendi un minuto e riprova. Per un provider non registrato: `az provider register -n "
        "Microsoft.VirtualMachineImages`."
    ),
    "refused.busy": "Azure ha ricevuto troppe richieste e chiede una pausa.",
    "refused.busy.next": "Riprova dopo la pausa; non si perde nulla.",
    "refused.azure-trouble": "In questo momento è Azure stesso ad avere problemi.",
    "refused.azure-trouble.next": (
        "Riprova tra qualche minuto; se non cambia nulla, controlla l'integrità del servizio nell'area."
    ),
    "refused.too-slow": "Azure ha impiegato più tempo di quanto io possa attendere.",
    "refused.too-slow.next": "Riprova, oppure indica il modello con il suo ID completo: così c'è meno da cercare.",
    "refused.no-network": "Da qui non riesco a collegarmi ad Azure.",
    "refused.no-network.next": "Riprova; se non cambia nulla, il problema è nella rete di questo bot o nel suo proxy.",
    "refused.suspicious": (
        "Il percorso indicato non appartiene a questo modello, quindi non ho inviato lì alcuna credenziale e non ho "
        "letto nulla."
    ),
    "refused.suspicious.next": "Se il log è davvero lì, leggilo tu. Se non sai da dove viene quel testo, non fidarti.",
    "refused.unexpected": "Azure ha risposto in un modo che non conosco.",
    "refused.unexpected.next": "Riprova; se non cambia nulla, esegui tu i comandi e incolla ciò che mostrano.",
}
