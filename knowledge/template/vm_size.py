"""The number of vCPUs in a VM size's name."""

from __future__ import annotations

import re
from collections.abc import Mapping

_D_SERIES: Mapping[int, int] = {1: 1, 2: 2, 3: 4, 4: 8, 5: 16, 11: 2, 12: 4, 13: 8, 14: 16, 15: 20}
_G_SERIES: Mapping[int, int] = {1: 2, 2: 4, 3: 8, 4: 16, 5: 32}
_VCPUS_BY_NUMBER: Mapping[tuple[str, str], Mapping[int, int]] = {
    ("a", ""): {0: 1, 1: 1, 2: 2, 3: 4, 4: 8, 5: 2, 6: 4, 7: 8, 8: 8, 9: 16, 10: 8, 11: 16},
    ("d", ""): _D_SERIES,
    ("ds", ""): _D_SERIES,
    ("d", "v2"): _D_SERIES,
    ("ds", "v2"): _D_SERIES,
    ("g", ""): _G_SERIES,
    ("gs", ""): _G_SERIES,
}
"""Family and version -> vCPUs by the number in the name, for the series whose number only counts their sizes.

Only series older than the F-series (2016) are like that: https://learn.microsoft.com/azure/virtual-machines/sizes-previous-gen
"""
_SIZE = (
    # family, number, active vCPUs where fewer than the number (`E16-4s_v5`), features, accelerator and version
    r"(?:standard|basic)_([a-z]{1,5})([0-9]{1,4})(?:-([0-9]{1,3}))?([a-z]{0,8})((?:_[a-z0-9]{1,12}){0,3})"
)


def count_vcpus(vm_size: str) -> int | None:
    """Return the number of vCPUs of a VM size such as `Standard_D2ds_v4`; None if its name doesn't say."""
    match = re.fullmatch(_SIZE, vm_size.lower())
    if match is None:
        return None
    family, number, active, features, suffix = match[1], int(match[2]), match[3], match[4], match[5]
    if active:
        return int(active) or None
    version = suffix.removesuffix("_promo").removeprefix("_")
    if not features and (family, version) in _VCPUS_BY_NUMBER:
        return _VCPUS_BY_NUMBER[family, version].get(number)
    return number or None
