"""Extract ids, names, and states from a text, and observe what they show together.

Each pattern allows only the characters that its value can have, and limits its length, so no secret gets through.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from knowledge.azure_names import (
    GUID,
    RESOURCE_GROUP_NAME,
    STORAGE_ACCOUNT_NAME,
    TEMPLATE_NAME,
    get_last_segment,
    is_name_cut_off,
)
from knowledge.azure_times import compute_seconds_between, format_time
from knowledge.build_log.build import Build
from knowledge.build_log.observations import Observation
from knowledge.patterns import LiteralSet
from knowledge.redaction.patterns import BytePattern
from knowledge.template.run import DEFAULT_TIMEOUT_MINUTES
from knowledge.text.indexed_text import IndexedText
from knowledge.text.lines import LogLine, format_iso

if TYPE_CHECKING:
    from knowledge.template.image_template import ImageTemplate

FactValue = str | int | None

MAX_IDS = 40
_MAX_FACT_BYTES = 300
_MAX_SECONDS_AFTER = 300
"""How long after its limit a run may still end: Image Builder cleans up first."""
_MAX_SECONDS_BEFORE = 5
_ENDED_STATES = ("canceled", "failed")

_ID = r"[0-9a-z]{1,12}(?:-[0-9a-z]{1,12}){1,5}"
# The name of a fact, a lower-case literal, and a pattern whose group is the fact. The literal occurs in
# everything that the pattern matches, so one search for all literals shows which patterns are worth trying. If a name
# has several patterns, the first that matches counts.
_PATTERNS: tuple[tuple[str, bytes, BytePattern], ...] = tuple(
    (name, literal.encode(), BytePattern(f"(?i){pattern}"))
    for name, literal, pattern in (
        ("correlation_id", "correlation", rf"correlation[ _-]?id\W{{1,6}}(?P<fact>{_ID})"),
        ("operation_id", "operation", rf"operation[ _-]?id\W{{1,6}}(?P<fact>{_ID})"),
        (
            "log_url",
            "packerlogs/",
            r"(?P<fact>https://[a-z0-9x]{3,24}\.blob\.core\.[a-z.]{3,40}/packerlogs/[\w.-]{1,64}/(?:customization|validation)\.log)",
        ),
        ("template", "imagetemplates/", rf"Microsoft\.VirtualMachineImages/imageTemplates/(?P<fact>{TEMPLATE_NAME})"),
        (
            "resource_group",
            "imagetemplates/",
            rf"/resourceGroups/(?P<fact>{RESOURCE_GROUP_NAME})/providers/Microsoft\.VirtualMachineImages",
        ),
        ("template", "template", r"\btemplate(?: name:?| call failed for template)\W{1,8}(?P<fact>t_\w{1,60})"),
        ("template", "imagetemplates", r"VirtualMachineImages/imageTemplates ['\"](?P<fact>[\w.-]{1,64})['\"]"),
        ("subscription", "subscriptions/", rf"/subscriptions?/(?P<fact>{_ID})\b"),
        ("staging_resource_group", "resourcegroupname", r"ResourceGroupName\s*:\s*'(?P<fact>[^'\s]{1,90})'"),
        ("staging_resource_group", "/resourcegroups/it_", r"/resourceGroups/(?P<fact>IT_[\w.()-]{1,87})"),
        (
            "staging_resource_group",
            "exactstagingresourcegroup",
            r"exactStagingResourceGroup\W{1,6}(?P<fact>/subscriptions/[\w./()-]{1,200})",
        ),
        ("region", "location", r"-> Location\s*:\s*'(?P<fact>[\w ]{1,40})'"),
        ("region", "location", r'"location"\s*:\s*"(?P<fact>[a-z0-9 ]{3,40})"'),
        ("source_image", "sourceimagename", r"-> SourceImageName\s*:\s*'(?P<fact>[^'\s]+)'"),
        ("run_state", "runstate", r"\b(?:LastRunStatus)?RunState\W{1,6}(?P<fact>\w{3,20})"),
        ("run_sub_state", "runsubstate", r"\b(?:LastRunStatus)?RunSubState\W{1,6}(?P<fact>\w{3,20})"),
        ("provisioning_state", "provisioningstate", r"\bprovisioningState\W{1,6}(?P<fact>\w{3,20})"),
        ("error_code", "provisioningerrorcode", r"provisioningErrorCode\W{1,6}(?P<fact>\w{3,60})"),
        ("run_started", "starttime", r"startTime\W{1,6}(?P<fact>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)"),
        ("run_ended", "endtime", r"endTime\W{1,6}(?P<fact>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)"),
        ("vm_size", "vmsize", r"vmSize\W{1,6}(?P<fact>Standard_\w{1,40})"),
        ("build_timeout", "buildtimeoutinminute", r"buildTimeoutInMinutes?\W{1,6}(?P<fact>\d{1,4})"),
        # as our own command prints it
        ("build_timeout", "limit", r"\blimit\W{1,6}(?P<fact>\d{1,4})\W{1,8}run\W"),
        ("exit_code", "exit status", r"non-zero exit status: ?(?P<fact>-?\d{1,10})"),
        ("exit_code", "exited with code", r"' exited with code: (?P<fact>-?[1-9]\d{0,9})"),
        ("deployment", "pkrdp", r"\b(?P<fact>pkrdp\w{6,20})\b"),
    )
)
_NAMES = frozenset({"template", "resource_group", "staging_resource_group"})
# without groups: with them, so long a pattern would take several times as long
_LOG_BLOB_PATH = BytePattern(
    rf"(?i)(?:https://|storageAccounts/){STORAGE_ACCOUNT_NAME}[\w./-]{{0,80}}/packerlogs/[\w-]{{8,40}}/"
    r"(?:customization|validation)"
)
_STORAGE_ACCOUNT = BytePattern(rf"(?i)//?(?P<account>{STORAGE_ACCOUNT_NAME})")
_RESOURCE_ID = BytePattern(r"(?i)/subscriptions?/[\w-]{1,40}(?:/[\w.()-]+){2,14}")
_NAMED_ID = BytePattern(rf"(?i)\b(?P<label>[a-z]{{0,20}}[ _-]?id)\W{{1,6}}(?P<id>{GUID})\b")
_OPERATION_SUFFIX = BytePattern(r"(?i)/(?:validate|operations|operationStatuses)(?:/.*)?$")
_LINUX = BytePattern(
    r"(?i)\b(?:canonical|ubuntu|redhat|rhel|suse|debian|centos|almalinux|rockylinux|mariner|azurelinux)\b|"
    r"waagent|/tmp/script_|\bapt-get\b|\bsudo\b|for SSH\b"
)
# windows.net is the domain of every storage account, and JSON's `https:\/\/` is not a drive.
_WINDOWS = BytePattern(
    r"(?i)windows(?:[^.]|\.[^n]|$)|powershell|\.ps1\b|WinRM|sysprep|\bmsiexec\b|\b[a-z]:\\|Win1[01]\b"
)
_PATTERN_LITERALS = LiteralSet(dict.fromkeys(literal for _, literal, _ in _PATTERNS))
_INTERRUPTION_EXIT_CODES = (101, 1115, 1190, 1717)  # left behind by a restart or a stop


def extract_facts(
    indexed_text: IndexedText, build: Build | None, template: ImageTemplate | None = None
) -> Mapping[str, FactValue]:
    """Return every fact in the text by name; if it occurs several times, the first value.

    `template` is the image template in the text's JSON, whose facts are more reliable than a pattern's.
    """
    facts: dict[str, FactValue] = {}
    present = frozenset(_PATTERN_LITERALS.find_in(indexed_text.lower))
    for name, literal, pattern in _PATTERNS if present else ():
        if literal not in present or name in facts:
            continue
        value = _find_fact(name, pattern, indexed_text.flat)
        if value is not None:
            facts[name] = int(value) if name in ("exit_code", "build_timeout") else value
    blob_path = _LOG_BLOB_PATH.search(indexed_text.flat) if b"/packerlogs/" in indexed_text.lower else None
    if blob_path:
        facts["account"], facts["log_folder"] = _split_blob_path(blob_path.group())
    for name in ("run_started", "run_ended"):
        if name in facts and (time := format_time(f"{facts.pop(name)}Z")):
            facts[name] = time
    if isinstance(staging_group := facts.get("staging_resource_group"), str):
        facts["staging_resource_group"] = get_last_segment(staging_group)
    if template is not None:
        facts.update(template.compute_shown_facts())
    if build is not None:
        _add_build_facts(facts, build)
    return facts


def _find_fact(name: str, pattern: BytePattern, text: bytes) -> str | None:
    """Return the first value that isn't too much of the text, nor only part of a name."""
    for match in pattern.finditer(text):
        value = match.group("fact")
        # a pattern with a repeat count this high would take RE2 longer than all others together
        if len(value) > _MAX_FACT_BYTES or (name in _NAMES and is_name_cut_off(match.read_following("fact"))):
            continue
        return value.decode("utf-8", "replace").rstrip(".")
    return None


def _split_blob_path(path: bytes) -> tuple[str, str]:
    """Return the storage account and the folder of a log whose path is given without its extension."""
    account = _STORAGE_ACCOUNT.search(path)
    assert account is not None  # the path has one
    _, folder, _ = path.rsplit(b"/", 2)
    return account.group("account").decode(), folder.decode()


def _add_build_facts(facts: dict[str, FactValue], build: Build) -> None:
    """Replace or complete the text's facts with what the log's structure shows."""
    run_id = next((line.run_id for line in build.lines if line.run_id), None)
    if run_id:
        facts["operation_id"] = run_id
    failed_run = build.failed_run
    exit_code = build.script_exit_code
    if exit_code is None and failed_run:
        exit_code = failed_run.exit_code
    if exit_code is not None:
        facts["exit_code"] = exit_code
    elif build.outcome == "canceled" or facts.get("exit_code") in _INTERRUPTION_EXIT_CODES:
        facts.pop("exit_code", None)  # it isn't how the script ended
    times = build.lines.times
    if times:
        if build.has_start:  # a pasted tail doesn't begin where the run did
            facts.setdefault("run_started", format_iso(times[0]))
        facts.setdefault("run_ended", format_iso(times[-1]) if build.outcome not in ("running", "unknown") else None)


def extract_ids(indexed_text: IndexedText, facts: Mapping[str, FactValue]) -> tuple[tuple[str, str], ...]:
    """Return the ids that are not among the facts, each once with its label: named GUIDs, then whole resource ids."""
    known = {str(value).lower() for value in facts.values()}
    named: dict[str, tuple[str, str]] = {}
    for match in _NAMED_ID.finditer(indexed_text.flat):
        label, value = " ".join(match.group("label").decode("utf-8", "replace").split()), match.group("id").decode()
        if value.lower() not in known:
            named.setdefault(value.lower(), (label, value))
        if len(named) >= MAX_IDS:
            break
    resources: dict[str, tuple[str, str]] = {}
    for match in _RESOURCE_ID.finditer(indexed_text.flat) if b"/subscription" in indexed_text.lower else ():
        suffix = _OPERATION_SUFFIX.search(resource := match.group())
        value = resource[: suffix.start() if suffix else None].decode("utf-8", "replace").rstrip("./")
        if value.lower() not in known:
            resources.setdefault(value.lower(), ("resource", value))
        if len(resources) >= MAX_IDS:
            break
    # A resource group's id adds nothing if there's the id of a resource in it.
    leaves = [pair for key, pair in resources.items() if not any(other.startswith(f"{key}/") for other in resources)]
    return (*named.values(), *leaves)


def detect_os(indexed_text: IndexedText, build: Build | None, facts: Mapping[str, FactValue]) -> str | None:
    """Return `windows` or `linux`, judged by the build's connection, the source image, or unmistakable words."""
    if build is not None and build.os:
        return build.os
    source_image = str(facts.get("source_image") or "").encode()
    for text in filter(None, (source_image, indexed_text.flat)):
        is_linux, is_windows = _LINUX.has_match(text), _WINDOWS.has_match(text)
        if is_linux != is_windows:
            return "linux" if is_linux else "windows"
    return None


def observe_status(facts: Mapping[str, FactValue], lines: Sequence[LogLine]) -> list[Observation]:
    """Return the observations about a run's status; without a limit in the text, it's taken for the default one."""
    if str(facts.get("run_state") or "").casefold() not in _ENDED_STATES or not lines:
        return []
    seconds = compute_seconds_between(str(facts.get("run_started") or ""), str(facts.get("run_ended") or ""))
    stated = facts.get("build_timeout")
    limit = 60 * (stated if isinstance(stated, int) and stated else DEFAULT_TIMEOUT_MINUTES)
    if seconds is None or not limit - _MAX_SECONDS_BEFORE <= seconds <= limit + _MAX_SECONDS_AFTER:
        return []
    shown = next((line for line in lines if "endtime" in line.body.casefold()), lines[0])
    return [Observation("ended-at-limit", (shown,))]
