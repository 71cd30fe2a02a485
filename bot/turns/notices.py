"""Short texts that the bot sends without its dialogs, in both languages: failures, refusals, progress, sign-in."""

from __future__ import annotations

from typing import Literal

from knowledge.model.entry import Language

NoticeId = Literal[
    "image",
    "sound",
    "file",
    "file-in-group",
    "files-many",
    "unread-beside",
    "snippet",
    "unread",
    "strange-button",
    "private-failed",
    "failed",
    "too-slow",
    "state-lost",
    "not-understood",
    "not-shown",
    "file-declined",
    "file-given",
    "file-changed",
    "file-failed",
    "file-not-here",
    "answer-follows",
    "done-before",
    "search-what",
    "search-none",
    "message-empty",
    "cut-off",
    "so-far",
    "so-far-ended",
    "sign-in-card",
    "sign-in-button",
    "sign-in-down",
    "sign-in-as-other",
]

_TEXTS: dict[NoticeId, dict[Language, str]] = {
    "image": {
        "en": "I can't read pictures. Copy the error as text and paste it here, or type help.",
        "it": "Non so leggere le immagini. Copia l'errore come testo e incollalo qui, oppure scrivi aiuto.",
    },
    "sound": {
        "en": "I can't listen to recordings. Write what failed, paste the error as text, or type help.",
        "it": "Non posso ascoltare le registrazioni. Scrivi che cosa non ha funzionato, incolla l'errore come testo, "
        "oppure scrivi aiuto.",
    },
    "file": {
        "en": "I can't open that kind of attachment. In our own chat, attach the log as a file (.log, .txt, .zip or "
        ".gz), or copy its last 100 lines or so and paste them here as text.",
        "it": "Non so aprire questo tipo di allegato. Nella nostra chat allega il log come file (.log, .txt, .zip o "
        ".gz), oppure copia le ultime 100 righe circa e incollale qui come testo.",
    },
    "file-in-group": {
        "en": "Files reach me only in our own chat, not where others are. Attach the log there, or paste the error "
        "here as text. {link}",
        "it": "I file mi arrivano solo nella nostra chat, non dove ci sono altre persone. Allega il log lì, oppure "
        "incolla qui l'errore come testo. {link}",
    },
    "files-many": {
        "en": "I read the first five files of your message. Attach the others after that.",
        "it": "Leggo i primi cinque file del messaggio. Allega gli altri dopo.",
    },
    "unread-beside": {
        "en": "Not everything attached to your message is a file that I can read; what isn't, I left out.",
        "it": "Non tutto ciò che hai allegato al messaggio è un file che so leggere; il resto l'ho tralasciato.",
    },
    "snippet": {
        "en": "I can't see inside a code snippet. Paste its content as an ordinary message.",
        "it": "Non riesco a vedere il contenuto di un frammento di codice. Incollalo come messaggio normale.",
    },
    "unread": {
        "en": "I read the text of your message, but I can't open what was attached to it. "
        "If the error is in there, paste it as text.",
        "it": "Ho letto il testo del messaggio, ma non posso aprire l'allegato. "
        "Se l'errore si trova lì, incollalo come testo.",
    },
    "strange-button": {
        "en": "I don't know what that button meant, so nothing was changed. Type help, or paste the error again.",
        "it": "Non riconosco questo pulsante, quindi non ho modificato nulla. Scrivi aiuto, "
        "oppure incolla di nuovo l'errore.",
    },
    "private-failed": {
        "en": "I could not write to you in private: Teams does not let me, as a rule because Image Medic is not "
        "installed for you. Open our chat, add the app where Teams asks for it, and paste the error there. {link}",
        "it": "Non ho potuto scriverti in privato: Teams non me lo permette, di solito perché Image Medic non è "
        "installato per te. Apri la nostra chat, aggiungi l'app se Teams lo chiede e incolla lì l'errore. {link}",
    },
    "failed": {
        "en": "Something went wrong on my side and your last message was not used. Send it again; if it fails again, "
        "type restart, or tell whoever runs this bot the reference {reference}.",
        "it": "Si è verificato un problema da parte mia e l'ultimo messaggio non è stato elaborato. Invialo di nuovo; "
        "se succede ancora, scrivi ricomincia, oppure comunica a chi gestisce questo bot il riferimento {reference}.",
    },
    "too-slow": {
        "en": "That took too long, so I stopped. Paste a shorter part (the last 100 lines are usually enough), or tell "
        "whoever runs this bot the reference {reference}.",
        "it": "L'operazione richiedeva troppo tempo e l'ho interrotta. Incolla una parte più breve (di solito bastano "
        "le ultime 100 righe), oppure comunica a chi gestisce questo bot il riferimento {reference}.",
    },
    "state-lost": {
        "en": "I can't keep the state of our conversation at the moment, so your last message was not used. Send it "
        "again in a minute, or tell whoever runs this bot the reference {reference}.",
        "it": "Al momento non riesco a salvare lo stato della conversazione, quindi l'ultimo messaggio non è "
        "stato elaborato. Invialo di nuovo tra un minuto, oppure comunica a chi gestisce questo bot il riferimento "
        "{reference}.",
    },
    "answer-follows": {
        "en": "That takes a little longer. The answer comes here as soon as I have it.",
        "it": "Ci vuole un po' più di tempo. La risposta arriva qui appena è pronta.",
    },
    "done-before": {
        "en": "I have done that already. The latest message shows where we are.",
        "it": "L'ho già fatto. L'ultimo messaggio mostra a che punto siamo.",
    },
    "search-what": {
        "en": "Type an error, a few words or part of a title, such as build timeout.",
        "it": "Scrivi un errore, alcune parole o una parte di un titolo, per esempio timeout.",
    },
    "search-none": {
        "en": "I found nothing. Try other words, or the text of the error.",
        "it": "Non trovo nulla. Prova con altre parole o con il testo dell'errore.",
    },
    "message-empty": {
        "en": "There is no text in that message that I could read. Paste the error in our chat instead.",
        "it": "In quel messaggio non c'è testo che io possa leggere. Incolla invece l'errore nella nostra chat.",
    },
    "sign-in-card": {
        "en": "Sign in with the account that you use in Teams. I look at Azure with your own rights, read-only, and "
        "keep no password and no token.",
        "it": "Accedi con l'account che usi in Teams. Guardo in Azure con le tue autorizzazioni, in sola lettura, e "
        "non conservo né password né token.",
    },
    "sign-in-button": {"en": "Sign in", "it": "Accedi"},
    "sign-in-down": {
        "en": "I can't reach the sign-in service at the moment, so nothing was looked at. Try again in a few minutes, "
        "or paste the log here.",
        "it": "Al momento non riesco a raggiungere il servizio di accesso, quindi non ho guardato nulla. Riprova tra "
        "qualche minuto, oppure incolla qui il log.",
    },
    "sign-in-as-other": {
        "en": "You signed in with another account than the one that you use in Teams. I look at Azure only as the "
        "person who talks to me here, so I forgot that sign-in. Sign in with your Teams account.",
        "it": "Hai effettuato l'accesso con un account diverso da quello che usi in Teams. Guardo in Azure solo per "
        "conto di chi mi scrive qui, quindi ho dimenticato quell'accesso. Accedi con il tuo account di Teams.",
    },
    "not-understood": {
        "en": "I can't do that here. Type help to see what I can do.",
        "it": "Qui non posso farlo. Scrivi aiuto per vedere che cosa posso fare.",
    },
    "file-declined": {
        "en": "All right, no file. The text of the case above can be copied.",
        "it": "Va bene, niente file. Il testo della richiesta qui sopra si può copiare.",
    },
    "file-given": {
        "en": "The file is in your OneDrive now.",
        "it": "Ora il file è nel tuo OneDrive.",
    },
    "file-changed": {
        "en": "The case has been changed since this file was offered, so I did not give it to you. Type my drafts, "
        "open the case, and ask for the file again.",
        "it": "La richiesta è cambiata da quando ho offerto questo file, quindi non te l'ho dato. Scrivi le mie bozze, "
        "apri la richiesta e chiedi di nuovo il file.",
    },
    "file-failed": {
        "en": "The file could not be put into your OneDrive. Ask for it again, or copy the text of the case.",
        "it": "Non è stato possibile salvare il file nel tuo OneDrive. Chiedilo di nuovo, oppure copia il testo della "
        "richiesta.",
    },
    "file-not-here": {
        "en": "This test client takes no files; in Teams the file would be offered here. python app.py draft writes it "
        "from a log.",
        "it": "Questo client di prova non accetta file; in Teams il file comparirebbe qui. python app.py draft lo "
        "scrive a partire da un log.",
    },
    "not-shown": {
        "en": "My answer could not be shown here, but what you did was kept. Type back to see where we are, or tell "
        "whoever runs this bot the reference {reference}.",
        "it": "La mia risposta non può essere mostrata qui, ma quello che hai fatto è stato salvato. Scrivi indietro "
        "per vedere a che punto siamo, oppure comunica a chi gestisce questo bot il riferimento {reference}.",
    },
    "cut-off": {
        "en": "I was cut off each time that I worked on your message, so I gave it up. Paste a shorter part, or tell "
        "whoever runs this bot.",
        "it": "Ogni tentativo di elaborare il tuo messaggio si è interrotto, quindi ci ho rinunciato. Incolla una "
        "parte più breve, oppure avvisa chi gestisce questo bot.",
    },
    "so-far": {"en": "So far: {percent} %", "it": "Finora: {percent} %"},
    "so-far-ended": {"en": "Finished: see below.", "it": "Terminato: vedi qui sotto."},
}


def detect_language(locale: str | None) -> Language:
    """Return the language to answer in when nothing but the client's locale is known."""
    return "it" if (locale or "").lower().split("-")[0] == "it" else "en"


def render_notice(notice: NoticeId, language: Language, reference: str = "", link: str = "", percent: int = 0) -> str:
    """Return the notice in `language`; some of them name a failure's reference, a link or a percentage."""
    return _TEXTS[notice][language].format(reference=reference, link=link, percent=percent).rstrip()
