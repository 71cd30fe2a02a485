"""Le frasi intorno al modello in Azure, in italiano (si dà del tu)."""

from __future__ import annotations

TEXTS = {
    "button.look": "Guarda il mio modello",
    "button.look-again": "Guarda di nuovo",
    "button.look-other": "Un altro modello",
    "button.look-yes": "Sì, guarda",
    "button.look-no": "No, grazie",
    "button.look-retry": "Riprova",
    "button.failing": "Quali falliscono?",
    "button.more-failing": "Altri",
    "button.whole-log": "Leggi tutto il log",
    "help.look-words": (
        "Su Azure puoi scrivere: `guarda win11-golden`, l'ID completo di un modello o il suo collegamento nel portale, "
        "`quali falliscono`, `leggi tutto il log`, `osserva win11-golden`, `esci da Azure`."
    ),
    # Consenso
    "look.sandbox": "Sandbox: l'Azure che vedi qui è inventato.",
    "welcome.sandbox": "Questa è la **sandbox**, con un Azure inventato da guardare: prova `cosa è fallito`.",
    "look.consent.title": "Posso guardare in Azure?",
    "look.consent.user": (
        "Guardo **a nome tuo**: con il tuo accesso e le tue autorizzazioni, nelle tue sottoscrizioni. Ciò che non "
        "puoi vedere tu non lo vedo nemmeno io."
    ),
    "look.consent.bot": (
        "Guardo con **l'identità di questo bot**, nelle sottoscrizioni indicate da chi lo gestisce: lì potrei vedere "
        "più cose di te, o di meno."
    ),
    "look.consent.local": "Guardo con l'`az login` di **questo computer** e le sue autorizzazioni.",
    "look.consent.sandbox": "Questa è la **sandbox**: guardo modelli inventati su questo computer, e nulla di tuo.",
    "look.consent.what": (
        "Leggo i modelli, lo stato della loro ultima esecuzione e il loro log di compilazione. Non modifico nulla. "
        "Te lo chiedo una sola volta in questa conversazione."
    ),
    "look.declined": (
        "Va bene, non guardo in Azure. Tutto il resto continua come prima; se cambi idea, “{button}” te lo chiede di "
        "nuovo."
    ),
    "look.in-private": (
        "Ciò che mostra Azure è solo per te, quindi continuiamo nella nostra chat privata, dove ti ho appena scritto."
    ),
    "look.from-thread": "Me l'hai chiesto dove leggono anche altri; ciò che vedo lo mostro solo qui.",
    "look.signed-in": "Hai effettuato l'accesso.",
    "look.not-signed-in-now": "L'accesso non è riuscito, quindi non ho guardato nulla. Puoi riprovare quando vuoi.",
    "look.signed-out": (
        "La tua sessione è chiusa: ho dimenticato il tuo accesso e ti chiedo di nuovo il permesso prima di guardare "
        "ancora."
    ),
    "look.not-signed-in": "Non avevi effettuato l'accesso. Prima di guardare ti chiedo di nuovo il permesso.",
    # Quale modello
    "look.which.title": "Quale modello?",
    "look.which.how": (
        "Scrivi il suo nome, il suo ID risorsa completo, oppure incolla il suo collegamento dal portale di Azure. Puoi "
        "aggiungere il gruppo di risorse: `win11-golden in rg-images`."
    ),
    "look.several.title": "Corrisponde più di un modello. Quale?",
    "look.several.more": "Ce ne sono più di quanti possa mostrarne; per un altro, scrivi il suo ID risorsa completo.",
    "look.none.title": "Nessun modello corrisponde a {name}.",
    "look.none.near": "Questi hanno un nome simile:",
    "look.none.more": "Ci sono più modelli di quanti abbia potuto esaminarne in tempo.",
    "look.none.how": (
        "Scrivi un altro nome o l'ID risorsa completo. Un modello eliminato non si trova più, e nemmeno uno che non "
        "posso vedere."
    ),
    "look.looked-in": "Sottoscrizioni in cui ho guardato: {count} ({names}).",
    "look.looked-nowhere": "Non ho trovato alcuna sottoscrizione in cui guardare.",
    "look.denied-in": "Sottoscrizioni che non ho potuto leggere, perché manca il ruolo Lettore: {count} ({names}).",
    "look.failing.title": "Modelli la cui ultima esecuzione non è riuscita",
    "look.failing.none": "Nessuno dei modelli che vedo ha un'ultima esecuzione non riuscita",
    "look.failing.page": "Da {first} a {last} di {count}, prima i più recenti.",
    "look.failing.ago": "{took} fa",
    "look.failing.unknown": "Il suo stato non dice perché; forse lo dice il log.",
    # Stato
    "look.title": "Modello {name}",
    "look.never-ran": "Questo modello **non è ancora stato eseguito**.",
    "look.never-made": "Azure ha rifiutato questo modello, che **non è ancora stato eseguito**.",
    "look.ran": "Ultima esecuzione: **{state}**",
    "look.ran-in": "Ultima esecuzione: **{state}** in **{sub}**",
    "look.running": "È in corso un'esecuzione: **{state}**",
    "look.running-in": "È in corso un'esecuzione: **{state}**, ora in **{sub}**",
    "look.provisioning-says": "Che cosa dice Azure del modello stesso:",
    "look.run-says": "Che cosa dice Azure dell'esecuzione:",
    "look.of-limit": "{took} su {limit} min",
    "look.default-size": "quella predefinita: `Standard_D1_v2`, o `Standard_D2ds_v4` con un'origine di generazione 2",
    "look.no-identity": "nessuna",
    "look.own-network": "una tua rete virtuale",
    "look.os.windows": "Windows",
    "look.os.linux": "Linux",
    "look.customizers-listed": "Personalizzatori del modello: {count} ({names}).",
    "look.customizers": "Personalizzatori del modello: {count}. Ecco che cosa mostra il log dell'esecuzione:",
    "look.rows": "Che cosa mostra il log dell'esecuzione:",
    "look.position": "L'esecuzione è arrivata al personalizzatore **{number} di {count}**:",
    "look.after-customizers": (
        "Personalizzatori terminati: tutti ({count}); dopo, l'esecuzione è arrivata a un passaggio proprio di Image "
        "Builder:"
    ),
    "look.rows-before": "(precedenti non mostrati: {count})",
    "look.rows-after": "(successivi non mostrati: {count})",
    "look.fact.provisioning": "Stato del modello",
    "look.fact.took": "Durata",
    "look.fact.started": "Esecuzione (UTC)",
    "look.fact.vm_size": "VM di compilazione",
    "look.fact.os_disk": "Disco del sistema operativo",
    "look.fact.identities": "Identità",
    "look.fact.source": "Origine",
    "look.fact.region": "Area",
    "look.fact.network": "Rete",
    "look.fact.staging": "Gruppo di staging",
    "look.fact.on_error": "In caso di errore",
    "look.fact.output": "Output",
    "look.fact.message": "Messaggio dell'esecuzione",
    "look.more": "Altro sul modello",
    # Log
    "look.log.whole": "Ho letto per intero {file} ({read}).",
    "look.log.back-to": (
        "Ho letto {file} a ritroso fino all'inizio di quel personalizzatore ({read} su {size}); le righe sono "
        "contate da lì."
    ),
    "look.log.tail": "Ho letto la fine di {file} ({read} su {size}); le righe sono contate da lì.",
    "look.log.growing": "L'esecuzione ci sta ancora scrivendo; ciò che dice ora può cambiare.",
    "look.log.same": "**Lo stesso errore** che stiamo risolvendo. I passaggi ora mostrano i nomi del tuo modello.",
    "look.log.now-certain": "Con questo è **certo**.",
    "look.log.nothing": "Non ci riconosco alcun errore noto.",
    "look.log.empty": "Per ora il suo log è vuoto.",
    "look.log.refused": "**Non è stato possibile leggere il log.**",
    "look.reading": (
        "Sto leggendo tutto il log di {name}, {size}. Ti scrivo qui quando ho finito; intanto puoi continuare."
    ),
    "look.reading-all": "Sto leggendo tutto il log di {name}. Ti scrivo qui quando ho finito; intanto puoi continuare.",
    "look.meanwhile": "Ho letto tutto il log di {name}",
    "look.meanwhile.how": (
        "Nel frattempo stavi facendo altro, quindi non cambio nulla. “Guarda di nuovo” riprende questo modello."
    ),
    "look.succeeded-since": (
        "L'ultima esecuzione **è riuscita**: l'errore che hai incollato è di un'altra esecuzione, o di qualcosa "
        "intorno alla compilazione."
    ),
    # Fatti
    "look.facts-on": "**Che cosa dicono i fatti di “{title}”.**",
    "look.facts.for": "A favore: {facts}.",
    "look.facts.against": "Contro: {facts}.",
    "look.facts.unseen": "Non noto: {facts}.",
    "look.facts.certain-all-the-same": "Il testo lo dimostra comunque.",
    "measure.provisioning_state": "lo stato del modello",
    "measure.error_code": "il codice dell'errore di provisioning",
    "measure.run_state": "lo stato dell'esecuzione",
    "measure.run_sub_state": "fin dove è arrivata l'esecuzione",
    "measure.run_minutes": "la durata dell'esecuzione",
    "measure.run_share": "quanta parte del limite di tempo è stata usata",
    "measure.build_timeout": "il limite di tempo",
    "measure.vm_cpus": "la dimensione della VM di compilazione",
    "measure.identities": "le identità",
    "measure.own_network": "la rete",
    "measure.os": "il sistema operativo",
    "measure.customizers": "i personalizzatori",
    # Da sé
    "look.by-hand.title": "Guarda il tuo modello",
    "look.by-hand.why": (
        "Qui non guardo in Azure (chi gestisce questo bot non l'ha attivato). Questi comandi mostrano ciò che leggerei."
    ),
    "look.by-hand.status": "**Lo stato del modello:**",
    "look.by-hand.log": (
        "**Il suo log di compilazione:** trova l'account, poi la cartella più recente, poi scarica il file."
    ),
    "look.by-hand.failing": "**I modelli la cui ultima esecuzione non è riuscita:**",
    "look.by-hand.paste": (
        "Incolla qui l'output; del log di solito bastano le ultime 100 righe. Lo leggo come se avessi guardato io."
    ),
    "button.watch": "Osserva la prossima esecuzione",
    "button.watch-run": "Osserva questa esecuzione",
    "button.unwatch": "Smetti di osservare",
    "button.unwatch-named": "Smetti: {name}",
    "watch.this-run": (
        "Sto osservando {name}: quando questa esecuzione termina ti scrivo qui, con la diagnosi se non è riuscita. "
        "Osservo al massimo per {hours} ore."
    ),
    "watch.next-run": (
        "Nessuna esecuzione di {name} è in corso. Sto osservando il modello: quando la prossima esecuzione termina ti "
        "scrivo qui, con la diagnosi se non è riuscita. Osservo al massimo per {hours} ore."
    ),
    "watch.already": "Sto già osservando {name}.",
    "watch.enough": "Sto già osservando tre modelli, il numero massimo: {names}. Prima smetti di osservarne uno.",
    "watch.none": "Al momento non sto osservando nulla.",
    "watch.none-of": "Quello non lo sto osservando. Sto osservando: {names}.",
    "watch.stopped": "Non osservo più: {names}.",
    "watch.ended": "**{name}: l'esecuzione che mi hai chiesto di osservare è terminata: {state}.**",
    "watch.over": "Ho osservato {name} per {hours} ore e nessuna sua esecuzione è terminata. Continuo?",
    "watch.refused": "Non posso più osservare {name}.",
}
