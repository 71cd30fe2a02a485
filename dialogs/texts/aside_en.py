"""What is said beside a conversation, in English: the search of a message box, a colleague's message."""

from __future__ import annotations

TEXTS = {
    "aside.none": "Nothing that I know",
    "aside.none-why": (
        "This message holds no failure of Azure VM Image Builder that I recognize. In our chat I can do more: paste a "
        "longer part of the log there, or type **guided questions**."
    ),
    "aside.only-you": "Only you see this. **Share** puts a card without the lines of the text into your message box.",
    "button.share": "Share",
    "aside.first-step": "**First of {count} steps:** {do}",
    "aside.more": "For the other steps, type “{title}” in a chat with me.",
    "aside.page": "Open page: {title}",
    "button.was-right": "Diagnosis was right",
    "button.was-wrong": "It was wrong",
    "feedback.right": "Thank you: that helps to keep the knowledge right. Only the count is kept.",
    "feedback.wrong": "Thank you for saying so. Only the count is kept, nothing of your text.",
    "feedback.really": "What was it really?",
    "feedback.really-none": "Guided questions may lead to it, and a support case can hold what you found out.",
    "button.forget": "Forget it all",
    "button.keep": "Keep it",
    "forget.title": "What I keep of you here",
    "forget.kept": (
        "Of this conversation I keep your last text as far as it was diagnosed (redacted), the steps you tried, the "
        "drafts of cases, the language, and which templates I looked at or watch for you. After a time without a word "
        "from you it goes by itself. The counts of what recurs name nobody."
    ),
    "forget.ask": (
        "Shall I forget all of it now? You will be signed out of Azure too. What stands in the chat stays there: Teams "
        "keeps that."
    ),
    "forget.done": (
        "Forgotten. Of this conversation nothing is kept any more; other chats with me have a memory of their own."
    ),
}
