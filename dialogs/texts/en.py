"""The conversation's sentences in English."""

from __future__ import annotations

TEXTS = {
    # Words of one line
    "confidence.certain": "certain",
    "confidence.likely": "likely",
    "confidence.possible": "possible",
    "confidence.certain.long": "certain: the text itself says so",
    "confidence.likely.long": "likely: the text points here, but part of the proof is not in it",
    "confidence.possible.long": "possible: it fits, but nothing in the text proves it",
    "confidence.picked.long": "possible: your own pick",
    "phase.submission": "Submitting the template",
    "phase.build": "During the build",
    "phase.distribution": "During distribution",
    "phase.devops": "In Azure DevOps or GitHub",
    "phase.after-build": "After the build",
    "phase.log-access": "Opening the log",
    "reached.prepare": "preparation",
    "reached.deploy": "deploying the build VM",
    "reached.connect": "connecting to the build VM",
    "reached.customize": "customizing",
    "reached.deprovision": "deprovisioning",
    "reached.capture": "capturing the image",
    "reached.clean-up": "clean-up",
    "kind.build-log": "a build log",
    "kind.status": "the status of a template",
    "kind.deployment-error": "a deployment or CLI error",
    "kind.task-log": "the log of a pipeline task",
    "kind.question": "a question in words",
    "kind.unknown": "something I can't place",
    "outcome.failed": "failed",
    "outcome.canceled": "canceled",
    "outcome.succeeded": "succeeded",
    "outcome.running": "still running, or the log was cut before the end",
    "outcome.unknown": "unknown",
    "group.scripts-and-windows": "Scripts, Windows Update, Sysprep",
    "group.rights-and-limits": "Rights, policies, quotas",
    "group.template-and-images": "Template, source or target image",
    "group.network-and-time": "Network, time limits, the service",
    "group.around-the-build": "Pipeline, logs, clean-up",
    "area.template": "The template itself",
    "area.permissions": "Rights and identities",
    "area.policy-and-quota": "Policies and quotas",
    "area.source-image": "The source image",
    "area.network": "The network",
    "area.containers": "Azure Container Instances",
    "area.scripts": "Scripts and files",
    "area.windows-update": "Windows Update and restarts",
    "area.sysprep": "Sysprep and deprovisioning",
    "area.time": "Time limits",
    "area.gallery": "Gallery and replication",
    "area.pipeline": "The pipeline",
    "area.cleanup": "Deleting and cleaning up",
    "area.logs": "Logs and status",
    "area.image-in-use": "VMs made from the image",
    "area.service": "The Azure service",
    # Buttons
    "button.example": "Show me an example",
    "button.guided": "I have no error text",
    "button.guided-questions": "Guided questions",
    "button.guides": "How-to guides",
    "button.other-guides": "Other guides",
    "button.more-guides": "More guides",
    "button.back-to-step": "Back to step {number}",
    "button.help": "Help",
    "button.worked": "It worked",
    "button.next": "Next step",
    "button.no-help": "It didn't help",
    "button.others": "Other candidates ({count})",
    "button.draft": "Draft a support case",
    "button.restart": "Start over",
    "button.none": "None of these",
    "button.back": "Back",
    "button.step": "Back to the step",
    # Welcome, help, small talk
    "welcome.title": "Image Medic",
    "welcome.what": (
        "I help when an image build with Azure VM Image Builder fails. I name the known error behind it, show the line "
        "that proves it, say whether running it again helps, and go through the solution with you step by step. When "
        "nothing helps, I draft the support case."
    ),
    "welcome.paste": (
        "**Paste** an error message, the status of a template (`lastRunStatus`), or the last part of "
        "`customization.log`; the lines around the error are enough."
    ),
    "welcome.limits.off": (
        "I do not look at Azure here: I give you the commands and read what you paste back. Passwords, keys and tokens "
        "in a text are hidden before I show or keep anything."
    ),
    "welcome.limits.on": (
        "I look at a template and its log only after you have allowed it, and I change nothing in Azure. Passwords, "
        "keys and tokens are hidden before I show or keep anything."
    ),
    "welcome.limits.files": (
        "I look at a template and its log only after you have allowed it, and I change nothing in Azure. A support "
        "request is filed only when you have seen it and said yes. Passwords, keys and tokens are hidden before I show "
        "or keep anything."
    ),
    "help.title": "What I can do",
    "help.guides": (
        "I also answer questions such as: where is the log, how do I read it, which permissions do I need "
        "for it. `guides` lists them all."
    ),
    "help.words": (
        "You can also type: `next`, `it worked`, `other candidates`, `draft a case`, `my drafts`, `guided`, `cancel`, "
        "`start over`, `forget me`, `italiano`, or the number of a button."
    ),
    "talk.hello": (
        "Hello. Paste the error of an image build or the last part of its log, and I tell you what I know of it."
    ),
    "talk.thanks": "You're welcome. Paste the next error whenever there is one.",
    "talk.language": "I'll go on in English.",
    "talk.cancel": "Canceled. What you have tried so far is kept for a support case. Paste another text to go on.",
    "talk.restart": "We start afresh: I have forgotten the text, the steps and the case. Paste the next error or log.",
    "talk.empty": "I received no text. Paste the error message or the last part of `customization.log`.",
    "talk.not-recognised": (
        "I didn't find anything of an image build in that. I read error messages, template states and build logs; a "
        "description in words works too, if it says what you see."
    ),
    "talk.still-here": "We are still at this solution:",
    "talk.example": "This is the example, the end of a build log:",
    # Trouble on our side or with old cards
    "trouble.old-card": "That button is on a card of another version of Image Medic, so I can't tell what it meant.",
    "trouble.unknown-button": "I don't know that button; its card may come from another version of Image Medic.",
    "trouble.entry-gone": "The entry behind that button no longer exists.",
    "trouble.no-walk": "No solution is under way here; the earlier one is gone or was never begun.",
    "trouble.go-on": "Paste the error or the log again, or choose from the buttons.",
    "trouble.earlier-text": (
        "This card belongs to a text that I no longer have, so its commands show `<placeholders>` instead of "
        "your values."
    ),
    "trouble.lost": (
        "I can no longer read what we had said before (it was stored by another version, or was damaged), so we start "
        "afresh."
    ),
    # Work in the background
    "trouble.reference": "If it happens again, tell whoever runs this bot the reference `{reference}`.",
    "work.broken": "What I did in the background failed on my side, so I have no result. Ask for it again.",
    "work.too-long": "What I did in the background took too long, so I stopped it. Ask for it again, or go on without.",
    "work.stopped": (
        "What I did in the background was cut off each time that I tried, so I gave it up. Go on without it, or tell "
        "whoever runs this bot."
    ),
    "work.too-many": (
        "I am still busy with what you asked for before, so I did not begin this. Ask again when that is over."
    ),
    # Diagnosis
    "diagnosis.possible": "Possible: {title}",
    "diagnosis.silence": "It wrote nothing for {duration} after line {line}.",
    "diagnosis.reached": "Phase reached: {phase}.",
    "diagnosis.outcome": "The run: {outcome}.",
    "diagnosis.failed-run": "The {provisioner} provisioner failed",
    "diagnosis.stopped-run": "The {provisioner} provisioner was stopped",
    "diagnosis.running-run": "The {provisioner} provisioner has not ended",
    "diagnosis.after": " after {duration}",
    "diagnosis.exit-code": " with exit code {code}",
    "retry.yes": "**Does running it again help? Yes.**",
    "retry.no": "**Does running it again help? No.**",
    "retry.after-fix": "**Does running it again help? After the fix.**",
    "retry.yes.reason": "The cause often passes by itself.",
    "retry.no.reason": "The same run would fail in the same way.",
    "retry.after-fix.reason": "Unchanged, it would fail in the same way.",
    "diagnosis.cause": "**Cause.** {cause}",
    "diagnosis.script": "**What the script itself says.** {advice}",
    "diagnosis.explains": "A consequence of this, not another cause: {titles}.",
    "diagnosis.wrapper": "This message only says that something failed; the cause stands further up in the log.",
    "diagnosis.inferred": "This entry is our own conclusion; no documentation says it.",
    "diagnosis.reported": "This entry rests on reports of other users, not on documentation.",
    "diagnosis.partial": "I saw only a part of the log; the cause could stand in the rest.",
    "diagnosis.tell": "**To tell the candidates apart:**",
    "diagnosis.tell-one": "**{title}**: {tell}",
    "diagnosis.several": "Several known errors fit this text, and nothing in it proves one of them",
    "diagnosis.several-ask": "Which one describes what you see? Choose it, or paste more of the log.",
    "candidate.line": "**{title}** ({confidence})",
    "harmless.says": "**Harmless.** Builds that end well show this message too; it is not why yours failed.",
    "harmless.ask": (
        "If the build did fail, paste the rest: the last 100 lines before the end of `customization.log`, or the whole "
        "message of `lastRunStatus`."
    ),
    "succeeded.title": "The build in this log succeeded",
    "succeeded.says": "There is no failure in it to look for.",
    "succeeded.harmless": "Harmless messages in it: {titles}.",
    "succeeded.ask": (
        "If something is wrong all the same, it happened later (distribution, the pipeline, a VM made from the image): "
        "paste that message, or answer the guided questions."
    ),
    "unmatched.title": "I don't know this error",
    "unmatched.says": "No known error fits this text well enough to name it. This is what I found in it:",
    "unmatched.kind": "Kind of text",
    "unmatched.outcome": "Outcome",
    "unmatched.phase": "Phase reached",
    "unmatched.last": "Last provisioner",
    "unmatched.exit-code": "Exit code",
    "unmatched.ask": (
        "More text may settle it: the lines before the first error, or the message of `lastRunStatus`. "
        "Otherwise answer "
        "the guided questions, or draft a support case with what is here."
    ),
    # Walk
    "walk.step": "**Step {number} of {count}.** {do}",
    "walk.tried": "Step {number}: tried, did not help. {do}",
    "walk.expect": "What to expect: {expect}",
    "walk.changes": "**This step changes something.**",
    "walk.deletes": "**This step deletes something.**",
    "walk.save-first": "**Save first:** {what}",
    "walk.save-first-default": "what you still need of it; the logs of a template go with the template",
    "walk.placeholders": "Replace what stands between `<` and `>`.",
    "walk.no-steps": "I know the cause, but no steps for it. A support case is the next thing to try.",
    "walk.worked": "Good: solved by step {number} of “{title}”.",
    "walk.worked-none": "Good to hear.",
    "walk.worked-next": "If the same build fails again, paste its new error.",
    "walk.end": "Those were all the steps of “{title}”.",
    "walk.end-others": "Other known errors fit your text as well; one of them may be the real cause.",
    "walk.end-case": "What remains is a support case; I fill it in with what you pasted and what you tried.",
    "others.title": "Other candidates",
    "others.none": "There is no other candidate for this text.",
    "others.no-text": "I have no diagnosed text to take other candidates from.",
    # How-to guides
    "guides.title": "How-to guides",
    "guides.intro": "Choose one, or ask me in a few words, such as: where is the log?",
    "guides.gone": "That guide no longer exists.",
    "guides.step": "**{number}.** {do}",
    "guides.references": "Read on: {pages}",
    # Guided questions
    "guided.phase": "When did it fail?",
    "guided.group": "What has it to do with?",
    "guided.area": "What has it to do with?",
    "guided.sign": "What do you see?",
    "guided.titles": "Which of these comes nearest?",
    "guided.gone": "These questions have changed since that card; here they are from the start.",
    "guided.end": (
        "Then it is none of the errors that I know. Paste any message you have, however short, or draft a support case."
    ),
    "guided.empty": "There are no entries to ask about.",
}
