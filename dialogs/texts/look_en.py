"""What is said around the live template, in English."""

from __future__ import annotations

TEXTS = {
    "button.look": "Look at my template",
    "button.look-again": "Look again",
    "button.look-other": "Another template",
    "button.look-yes": "Yes, look",
    "button.look-no": "No, thanks",
    "button.look-retry": "Try again",
    "button.failing": "Which ones failed?",
    "button.more-failing": "More",
    "button.whole-log": "Read the whole log",
    "help.look-words": (
        "About Azure you can type: `look at win11-golden`, a template's full id or its link in the portal, `what "
        "failed`, `read the whole log`, `watch win11-golden`, `sign out`."
    ),
    # Leave
    "look.sandbox": "Sandbox: the Azure shown here is made up.",
    "welcome.sandbox": "This is the **sandbox**, with a made-up Azure to look at: try `what failed`.",
    "look.consent.title": "May I look at Azure?",
    "look.consent.user": (
        "I look **as you**: with your sign-in and your rights, in your subscriptions. What you may not see, I do not "
        "see either."
    ),
    "look.consent.bot": (
        "I look with **this bot's own identity**, in the subscriptions that its operator has listed: I may see more "
        "there, or less, than you do yourself."
    ),
    "look.consent.local": "I look with the `az login` of **this computer** and its rights.",
    "look.consent.sandbox": (
        "This is the **sandbox**: I look at made-up templates on this computer, and at nothing of yours."
    ),
    "look.consent.what": (
        "I read templates, the status of their last run, and their build log. I change nothing. I ask only once in "
        "this conversation."
    ),
    "look.declined": (
        "Fine, I do not look at Azure. Everything else goes on as before; “{button}” asks you again should you "
        "change your mind."
    ),
    "look.in-private": (
        "What Azure shows is for your eyes only, so we go on in our private chat, where I have just written to you."
    ),
    "look.from-thread": "You asked for this where others read along; what I see is shown here only.",
    "look.signed-in": "You are signed in.",
    "look.not-signed-in-now": "The sign-in did not succeed, so I looked at nothing. You can try again at any time.",
    "look.signed-out": (
        "You are signed out. I have forgotten your sign-in, and ask for your permission again before the next look."
    ),
    "look.not-signed-in": "You were not signed in. Before the next look I ask for your permission again.",
    # Which template
    "look.which.title": "Which template?",
    "look.which.how": (
        "Type its name, its full resource id, or paste its link from the Azure portal. You can add the resource "
        "group: `win11-golden in rg-images`."
    ),
    "look.several.title": "More than one template fits. Which one?",
    "look.several.more": "There are more than I can show; for any other one, type its full resource id.",
    "look.none.title": "No template matches {name}.",
    "look.none.near": "These have a similar name:",
    "look.none.more": "There are more templates than I could look through in time.",
    "look.none.how": (
        "Type another name or the full resource id. A deleted template is not found any more, and neither is one "
        "that I may not see."
    ),
    "look.looked-in": "Subscriptions that I looked in: {count} ({names}).",
    "look.looked-nowhere": "I found no subscription that I could look in.",
    "look.denied-in": "Subscriptions that I could not read, because Reader is missing there: {count} ({names}).",
    "look.failing.title": "Templates whose last run failed",
    "look.failing.none": "No template that I can see has a failed last run",
    "look.failing.page": "{first} to {last} of {count}, the newest first.",
    "look.failing.ago": "{took} ago",
    "look.failing.unknown": "Its status does not say why; its log may.",
    # Status
    "look.title": "Template {name}",
    "look.never-ran": "This template has **not run yet**.",
    "look.never-made": "Azure refused this template, so it has **not run yet**.",
    "look.ran": "Last run: **{state}**",
    "look.ran-in": "Last run: **{state}** in **{sub}**",
    "look.running": "A run is under way: **{state}**",
    "look.running-in": "A run is under way: **{state}**, now in **{sub}**",
    "look.provisioning-says": "What Azure says about the template itself:",
    "look.run-says": "What Azure says about the run:",
    "look.of-limit": "{took} of {limit} min",
    "look.default-size": "the default: `Standard_D1_v2`, or `Standard_D2ds_v4` for a generation 2 source",
    "look.no-identity": "none",
    "look.own-network": "your own virtual network",
    "look.os.windows": "Windows",
    "look.os.linux": "Linux",
    "look.customizers-listed": "Customizers of the template: {count} ({names}).",
    "look.customizers": "Customizers of the template: {count}. What the log shows of the run:",
    "look.rows": "What the log shows of the run:",
    "look.position": "The run got to customizer **{number} of {count}**:",
    "look.after-customizers": (
        "All customizers ended ({count}); the run got to a step of Image Builder's own after them:"
    ),
    "look.rows-before": "({count} earlier ones not shown)",
    "look.rows-after": "({count} later ones not shown)",
    "look.fact.provisioning": "Template state",
    "look.fact.took": "Duration",
    "look.fact.started": "Run (UTC)",
    "look.fact.vm_size": "Build VM",
    "look.fact.os_disk": "OS disk",
    "look.fact.identities": "Identities",
    "look.fact.source": "Source",
    "look.fact.region": "Region",
    "look.fact.network": "Network",
    "look.fact.staging": "Staging group",
    "look.fact.on_error": "On an error",
    "look.fact.output": "Output",
    "look.fact.message": "Message of the run",
    "look.more": "More about the template",
    # Log
    "look.log.whole": "I read all of {file} ({read}).",
    "look.log.back-to": (
        "I read {file} back to where that customizer began ({read} of {size}); lines are counted from there."
    ),
    "look.log.tail": "I read the end of {file} ({read} of {size}); lines are counted from there.",
    "look.log.growing": "The run still writes to it; what it says now may change.",
    "look.log.same": "**The same error** as the one we are solving. The steps now show your template's names.",
    "look.log.now-certain": "With this it is **certain**.",
    "look.log.nothing": "I recognize no known error in it.",
    "look.log.empty": "Its log is empty so far.",
    "look.log.refused": "**The log could not be read.**",
    "look.reading": (
        "I'm reading the whole log of {name}, {size}. I write here when I am done; you can go on meanwhile."
    ),
    "look.reading-all": "I'm reading the whole log of {name}. I write here when I am done; you can go on meanwhile.",
    "look.meanwhile": "I have read the whole log of {name}",
    "look.meanwhile.how": (
        "You went on with something else meanwhile, so I leave that as it is. “Look again” takes this up."
    ),
    "look.succeeded-since": (
        "The last run **succeeded**: the error that you pasted is of another run, or of something around the build."
    ),
    # Facts
    "look.facts-on": "**What the facts say of “{title}”.**",
    "look.facts.for": "For it: {facts}.",
    "look.facts.against": "Against it: {facts}.",
    "look.facts.unseen": "Not known: {facts}.",
    "look.facts.certain-all-the-same": "The text proves it all the same.",
    "measure.provisioning_state": "the state of the template",
    "measure.error_code": "the provisioning error code",
    "measure.run_state": "the state of the run",
    "measure.run_sub_state": "how far the run got",
    "measure.run_minutes": "how long the run took",
    "measure.run_share": "how much of its time limit the run took",
    "measure.build_timeout": "the time limit",
    "measure.vm_cpus": "the size of the build VM",
    "measure.identities": "the identities",
    "measure.own_network": "the network",
    "measure.os": "the operating system",
    "measure.customizers": "the customizers",
    # By hand
    "look.by-hand.title": "Look at your template",
    "look.by-hand.why": (
        "I do not look at Azure here (whoever runs this bot has not turned that on). These commands show what I would "
        "read."
    ),
    "look.by-hand.status": "**The status of the template:**",
    "look.by-hand.log": "**Its build log:** find the account, then the newest folder, then download the file.",
    "look.by-hand.failing": "**The templates whose last run failed:**",
    "look.by-hand.paste": (
        "Paste the output here; of the log, the last 100 lines are mostly enough. I read it as if I had looked myself."
    ),
    "button.watch": "Watch the next run",
    "button.watch-run": "Watch this run",
    "button.unwatch": "Stop watching",
    "button.unwatch-named": "Stop: {name}",
    "watch.this-run": (
        "I'm watching {name}: when this run has ended I write to you here, with the diagnosis if it failed. I watch "
        "for {hours} hours at most."
    ),
    "watch.next-run": (
        "No run of {name} is under way. I'm watching the template: when its next run has ended I write to you here, "
        "with the diagnosis if it failed. I watch for {hours} hours at most."
    ),
    "watch.already": "I'm already watching {name}.",
    "watch.enough": "I'm already watching three templates, which is the most: {names}. Stop one of them first.",
    "watch.none": "I'm not watching anything at the moment.",
    "watch.none-of": "I'm not watching that one. I'm watching: {names}.",
    "watch.stopped": "I no longer watch: {names}.",
    "watch.ended": "**{name}: the run that you asked me to watch has ended: {state}.**",
    "watch.over": "I have watched {name} for {hours} hours, and no run of it has ended. Shall I go on?",
    "watch.refused": "I can no longer watch {name}.",
}
