"""Why a look at Azure came to nothing, and what to do, in English: a pair of texts for each reason."""

from __future__ import annotations

TEXTS = {
    "refused.row.what": "What I wanted to read",
    "refused.row.action": "Missing action",
    "refused.row.scope": "On",
    "refused.row.role": "Role that allows it",
    "refused.row.code": "Azure's code",
    "refused.subscriptions": "Subscriptions: {names}.",
    "refused.retry-after": "Azure asks to wait {seconds} s.",
    "refused.off": "Looks at Azure are turned off here.",
    "refused.off.next": "Run the commands yourself and paste what they print.",
    "refused.sign-in": "To look as you, I need you to sign in.",
    "refused.sign-in.next": "Sign in below; I go on with the look by myself afterwards.",
    "refused.consent": "A consent is missing: this bot may not yet read Azure in your name.",
    "refused.consent.next": (
        "Sign in again and accept what is asked. Where your organization does not let you, its Entra administrator "
        "grants consent for this app once, for everybody."
    ),
    "refused.conditional-access": (
        "Your organization's sign-in rules (Conditional Access) ask for something that only you can do."
    ),
    "refused.conditional-access.next": (
        "Type `sign out` and sign in again, with the second factor or on the device that the rules want. If it stays "
        "refused, show the code to your Entra administrator."
    ),
    "refused.not-allowed": (
        "The operator of this bot has not put you, or this subscription, on the list of those that it may look for."
    ),
    "refused.not-allowed.next": (
        "Ask the operator to change that. Until then, run the commands yourself and paste what they print."
    ),
    "refused.denied": "Azure does not let me read that.",
    "refused.denied.next": (
        "Somebody with `Owner` or `User Access Administrator` there can assign the role; it works after some "
        "minutes. If the right comes from Privileged Identity Management, activate your role and try again."
    ),
    "refused.no-data-role": (
        "The log is there, but reading blobs needs a data role of its own: `Reader`, and even `Owner`, do not "
        "include it."
    ),
    "refused.no-data-role.next": (
        "Have `Storage Blob Data Reader` assigned on the storage account or on the subscription; it works after some "
        "minutes."
    ),
    "refused.firewall": "The network rules of the storage account do not let me in.",
    "refused.firewall.next": (
        "Read the log from a network that the account allows, with the commands below, or have this bot's network "
        "allowed. Do not edit a staging group while a run is under way."
    ),
    "refused.keys-disabled": "The storage account takes no shared keys, and the request came with one.",
    "refused.keys-disabled.next": "Read it with your sign-in: `--auth-mode login`, as in the commands below.",
    "refused.unauthorized": "Azure did not accept the sign-in: it has expired, or is for another directory.",
    "refused.unauthorized.next": "Try again; if nothing changes, type `sign out` and sign in anew.",
    "refused.other-tenant": "The subscription belongs to another directory (tenant) than your sign-in.",
    "refused.other-tenant.next": (
        "Sign in with an account of that directory, or run the commands after `az login --tenant <tenant>` and paste "
        "what they print."
    ),
    "refused.not-found": "Azure does not find it: it was deleted, the name is wrong, or I may not see it.",
    "refused.not-found.next": (
        "Check name, resource group and subscription. With a template its status and its logs are deleted, too."
    ),
    "refused.no-run": "The template has not run yet, so there is nothing to read.",
    "refused.no-run.next": "Start a run and look again, or look at another template.",
    "refused.no-log": "The run has written no log (yet).",
    "refused.no-log.next": (
        "A log begins with the build VM, some minutes into the run. If the run ended without one, it failed before: "
        "the status message says where."
    ),
    "refused.log-gone": "The log is gone: its staging group or its storage account no longer exists.",
    "refused.log-gone.next": (
        "It was deleted with the template, or by hand, or by the pipeline task after a success. The next run writes "
        "a new one."
    ),
    "refused.conflict": (
        "Azure cannot answer in the present state: another operation is under way, or a provider is not registered."
    ),
    "refused.conflict.next": (
        "Wait a minute and try again. For a provider that is not registered: `az provider register -n "
        "Microsoft.VirtualMachineImages`."
    ),
    "refused.busy": "Azure has had too many requests and wants a pause.",
    "refused.busy.next": "Try again after that; nothing is lost.",
    "refused.azure-trouble": "Azure itself has trouble at the moment.",
    "refused.azure-trouble.next": (
        "Try again in some minutes; if nothing changes, check the service health of the region."
    ),
    "refused.too-slow": "Azure took longer to answer than I can wait.",
    "refused.too-slow.next": "Try again, or name the template exactly, with its full id: then there is less to search.",
    "refused.no-network": "I have no connection to Azure from here.",
    "refused.no-network.next": (
        "Try again; if nothing changes, the network of this bot's machine or its proxy is in the way."
    ),
    "refused.suspicious": (
        "The place that was named does not belong to this template, so I sent no sign-in there and read nothing."
    ),
    "refused.suspicious.next": (
        "If the log really lies there, read it yourself. If you do not know where that text came from, do not trust it."
    ),
    "refused.unexpected": "Azure answered in a way that I don't know.",
    "refused.unexpected.next": "Try again; if nothing changes, run the commands yourself and paste what they print.",
}
