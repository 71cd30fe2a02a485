"""The sentences about files that come with a message, in English."""

from __future__ import annotations

TEXTS = {
    "button.file-log": "Go on with {name}",
    "welcome.attach": (
        "Or **attach** the whole `customization.log` here, as it is or packed as `.zip` or `.gz`: I read all of it."
    ),
    "file.nameless": "the file",
    "file.reading": "I'm reading {names}. The answer comes here when I'm through.",
    "file.read": "I read all of {name}: {size}, {lines} lines.",
    "file.nothing": "I read all of {name} ({size}) and found nothing of an image build in it.",
    "file.nothing-in-any": "I read the {count} texts in {name} ({size}) and found nothing of an image build in them.",
    "file.several": "{name} holds several logs. Which one is it?",
    "file.meanwhile": "Meanwhile I have read {name}",
    "file.one-tells": "Of the logs in {archive}, {name} says what went wrong. The others:",
    "file.log": "{name} · {size}",
    "file.without.failed": "The build failed, but I find no known error in this log.",
    "file.without.canceled": "The build was canceled.",
    "file.without.succeeded": "The build in this log succeeded.",
    "file.without.running": "The log ends before the build does.",
    "file.without.unknown": "I find no known error in it.",
    "file.left": "Other texts in it that I did not read: {count}. I chose by name and size.",
    "file.choose": "Choose one to go on with it.",
    "file.gone": "I no longer have that log. Attach the file again.",
    "file.again": "Attach it once more; Teams gives me a fresh link each time.",
    "file.by-hand": "You can always open the log, copy its last 100 lines or so, and paste them here.",
    "file.refused.off": "I can't open files here.",
    "file.refused.wrong-place": (
        "I did not open {name}: it does not lie in the OneDrive or SharePoint of an organization, where Teams keeps "
        "what is attached, and I fetch files from nowhere else."
    ),
    "file.refused.expired": (
        "I could not open {name}: its link is no longer good. Teams' links last a few minutes, or the file was moved "
        "or deleted."
    ),
    "file.refused.page": (
        "Teams did not give me {name} itself, but a page that asks to sign in; some phones send files that way. Attach "
        "it in Teams on a computer."
    ),
    "file.refused.empty": "There is nothing in {name}: it has 0 bytes, or an empty text is packed in it.",
    "file.refused.too-large": (
        "{name} is too large: I read at most {most} of it. A log of one build is far smaller; attach that one alone."
    ),
    "file.refused.bomb": (
        "I stopped reading {name}: it is packed so tightly, or holds so many files, that no log would look like that. "
        "Attach the log itself."
    ),
    "file.refused.encrypted": "{name} is protected with a password, which I can't ask for. Attach the log without one.",
    "file.refused.no-log": (
        "I found no log in {name}. In an archive I read texts such as `customization.log`, but no archives within it."
    ),
    "file.refused.not-text": "{name} is not a text that I can read. I read logs as plain text, `.zip` or `.gz`.",
    "file.refused.damaged": "{name} is damaged: it ends too early, or its parts don't fit together.",
    "file.refused.no-network": "I could not fetch {name}: the place where Teams keeps it gives no proper answer.",
    "file.refused.too-slow": "I stopped fetching {name}: it came too slowly.",
    "file.refused.unexpected": "Something on my side failed while I read {name}.",
}
