"""The words of a support case's drafts and ways out in English: the list, the portal, the commands, the files."""

from __future__ import annotations

TEXTS = {
    "drafts.title": "Your drafts",
    "drafts.open": "Under way: {title}",
    "drafts.line": "{number}: {title} · put aside {at} UTC",
    "drafts.what": "Five drafts are kept at most, fewer when they are long; the oldest go first.",
    "drafts.none": "You have no drafts.",
    "drafts.gone": "That draft is no longer there.",
    "button.take-up": "Take up {number}",
    "case.ways": "How to send it",
    "case.ways.portal": (
        "**Open in Azure portal** opens a new request with product and topic chosen as far as possible. Paste the text "
        "there: the link holds ids only. It asks for a support plan for technical requests."
    ),
    "case.ways.plain": (
        "If that page chooses the wrong thing, use the **empty form** and choose what the text names at its top."
    ),
    "case.ways.az": "**az commands** create the same request from a terminal.",
    "case.ways.file": "**As a file** gives you the text to attach or to keep: Markdown, JSON or plain text.",
    "case.ways.in.usgovernment": "If your subscription is in Azure US Government: {url}",
    "case.ways.in.public": "If your subscription is in public Azure: {url}",
    "button.portal": "Open in Azure portal",
    "button.portal-plain": "Empty form in Azure portal",
    "button.az-case": "az commands",
    "button.file-case": "As a file",
    "button.file-markdown": "As Markdown",
    "button.file-json": "As JSON",
    "button.file-text": "As plain text",
    "case.page": "That is a page: open its address in a browser.",
    "case.not-now": "There is no finished case at hand. Draft it first.",
    "case.az": "The case by command",
    "case.az.before": (
        "Save the English text as {name} where you run this, fill in what stands in angle brackets, and run the "
        "commands of one shell. They look the topic up first, since ids change, then create the request."
    ),
    "case.az.after": (
        "It needs the Azure CLI with its `support` extension, a support plan and the role Support Request Contributor. "
        "Not tried against Azure. On Windows `az` is a batch file that reads its arguments a second time: unverified "
        "there."
    ),
    "case.az.first": "first name",
    "case.az.last": "last name",
    "case.az.email": "you@example.com",
    "case.az.zone": "Windows time zone, such as W. Europe Standard Time",
    "case.az.country": "three letters, such as ITA",
    "case.az.fill-in": "Fill in what stands in angle brackets first.",
    "case.az.no-topic": "No topic for Image Builder was found. Create the request in the portal: {url}",
    "case.file.offer": "The case as a file, {name}. It goes to your own OneDrive if you allow it.",
    "case.file.text": "Support case in English, plain text",
    "case.file.markdown": "Support case, Markdown",
    "case.file.json": "Support case, JSON",
    "case.file.heading": "Support case",
    "case.file.heading-english": "The same in English",
}
