"""Identifiers are masked, the same value by the same placeholder; those that support needs stay."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.redaction.identifiers import mask_identifiers

A = "4be1f0a7-93c2-4d57-8f66-0a51d2c7e913"
B = "d967678a-e358-4218-9a75-5cc7ca5fdefb"
USER = "jdoe"
RUN = "5f0c19d2-70a4-4e11-9b1c-fd1d3b0a6a77"

MASKED = [
    (f"/subscriptions/{A}/resourceGroups/rg", "/subscriptions/<subscription-1>/resourceGroups/rg"),
    (f'"subscriptionId": "{A}"', '"subscriptionId": "<subscription-1>"'),
    (f"https://login.microsoftonline.com/{B}/oauth2", "https://login.microsoftonline.com/<tenant-1>/oauth2"),
    (f"with object id '{B}' does not", "with object id '<object-1>' does not"),
    (f"The client '{A}' does not", "The client '<object-1>' does not"),
    (f"principalId={A}", "principalId=<object-1>"),
    (f"/subscriptions/{A} and {A.upper()}", "/subscriptions/<subscription-1> and <subscription-1>"),
    (f"/subscriptions/{A}, /subscriptions/{B}", "/subscriptions/<subscription-1>, /subscriptions/<subscription-2>"),
    ("The client 'jane@contoso.com' with", "The client '<email-1>' with"),
    ("jane@contoso.com bob@contoso.com Jane@contoso.com", "<email-1> <email-2> <email-1>"),
    ("connect to 52.174.12.9:5986", "connect to <ip-1>:5986"),
    ("from 2001:db8:85a3::8a2e:370:7334 port 22", "from <ip-1> port 22"),
    (f"C:\\Users\\{USER}\\AppData and /home/{USER}/x", "C:\\Users\\<user-1>\\AppData and /home/<user-1>/x"),
    ("net user jdoe [REDACTED] /add", "net user <user-1> [REDACTED] /add"),
    ('"adminUsername": "jdoe"', '"adminUsername": "<user-1>"'),
]

KEPT = [
    f"[{RUN}] PACKER OUT ==> azure-arm: Running builder ...",
    f"OperationId: {RUN}. Use this operationId to search packer logs.",
    f"Correlation ID: {RUN}. Not authorized",
    f'"correlationId": "{RUN}", "activityId":"{RUN}"',
    f"x-ms-request-id: {RUN}; trackingId: '{RUN}'",
    f"operationStatuses/{RUN}?[REDACTED]",
    f"packer-elevated-shell-{RUN}.ps1",
    "providers/Microsoft.VirtualMachineImages/imageTemplates/win11-golden",
    "version 10.0.20348.2227, packer v1.2.3.4, 168.63.129.16, 127.0.0.1",
    "2026/03/22 13:04:39 at 23:38:58",
    "C:\\Users\\packer\\AppData, C:\\Users\\Public, /home/packer/x",
    "[System.Net.Dns]::GetHostName() a::b",
]


@pytest.mark.parametrize(("text", "masked"), MASKED)
def test_identifier_is_masked(text: str, masked: str) -> None:
    assert mask_identifiers(text) == masked


@pytest.mark.parametrize("text", KEPT)
def test_what_support_needs_stays(text: str) -> None:
    assert mask_identifiers(text) == text


def test_operation_id_stays_wherever_it_is_named() -> None:
    text = f"[{RUN}] PACKER OUT x\nsee {RUN} in the log"
    assert mask_identifiers(text) == text


@settings(max_examples=200, deadline=None)
@given(st.text(), st.sampled_from([A, B, RUN, "jane@contoso.com", "52.174.12.9", "::", "C:\\Users\\"]), st.text())
def test_any_text_keeps_its_lines_and_is_done_after_once(before: str, middle: str, after: str) -> None:
    masked = mask_identifiers(before + middle + after)
    assert masked.count("\n") == (before + middle + after).count("\n")
    assert mask_identifiers(masked) == masked
