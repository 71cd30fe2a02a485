"""What is said beside a conversation, in Italian: the search of a message box, a colleague's message."""

from __future__ import annotations

TEXTS = {
    "aside.none": "Niente di noto",
    "aside.none-why": (
        "In questo messaggio non riconosco nessun errore di Image Builder per macchine virtuali di Azure. Nella nostra "
        "chat posso fare di più: incolla lì una parte più lunga del log, oppure scrivi **domande guidate**."
    ),
    "aside.only-you": (
        "Questo lo vedi solo tu. **Condividi** inserisce nella tua casella di messaggio una scheda senza le righe del "
        "testo."
    ),
    "button.share": "Condividi",
    "aside.first-step": "**Primo di {count} passaggi:** {do}",
    "aside.more": "Per gli altri passaggi, scrivi “{title}” in una chat con me.",
    "aside.page": "Apri la pagina: {title}",
    "button.was-right": "La diagnosi era giusta",
    "button.was-wrong": "Era sbagliata",
    "feedback.right": "Grazie: così ciò che so resta corretto. Conservo solo il conteggio.",
    "feedback.wrong": "Grazie per avermelo detto. Conservo solo il conteggio, niente del tuo testo.",
    "feedback.really": "Che cos'era in realtà?",
    "feedback.really-none": (
        "Le domande guidate possono portarti alla causa, e una richiesta di supporto può contenere ciò che hai "
        "scoperto."
    ),
    "button.forget": "Dimentica tutto",
    "button.keep": "Conserva",
    "forget.title": "Che cosa conservo di te qui",
    "forget.kept": (
        "Di questa conversazione conservo il tuo ultimo testo per quanto serve alla diagnosi (con i segreti nascosti), "
        "i passaggi che hai provato, le bozze delle richieste, la lingua e i modelli che ho guardato o sto osservando "
        "per te. Dopo un periodo senza tuoi messaggi tutto viene eliminato da sé. I conteggi degli errori ricorrenti "
        "non indicano nessuno."
    ),
    "forget.ask": (
        "Vuoi che dimentichi tutto adesso? Verrà chiusa anche la tua sessione in Azure. Ciò che si trova nella chat "
        "rimane: lo conserva Teams."
    ),
    "forget.done": (
        "Fatto: di questa conversazione non conservo più nulla. Le altre chat con me hanno una memoria propria."
    ),
}
