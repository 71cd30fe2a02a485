"""The vCPUs of a VM size: what its name says, and the old series whose numbers say something else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.template.vm_size import count_vcpus


@pytest.mark.parametrize(
    ("sizes", "vcpus"),
    [
        ("Standard_A0 Standard_A1 Basic_A1 Standard_A1_v2 Standard_B1ls Standard_B1ms Standard_D1_v2 Standard_DS1 Standard_F1s", 1),
        ("Standard_D11-1_v2 Standard_DS11-1_v2 Standard_DC1s_v2", 1),
        ("Standard_A5 Standard_A2m_v2 Standard_B2ts_v2 Standard_D2 Standard_D2_v2 Standard_D2s_v3 Standard_D2ds_v4", 2),
        ("Standard_D11_v2 Standard_DS11_v2_Promo Standard_E4-2s_v3 Standard_G1 Standard_D2_v2_Promo", 2),
        ("Standard_A3 Basic_A3 Standard_A6 Standard_D3_v2 Standard_DS3_v2 Standard_D4s_v5 Standard_D12 Standard_DS12_v2 Standard_GS2", 4),
        ("Standard_NC4as_T4_v3 standard_d3_v2 STANDARD_D4_V3 Standard_E16-4as_v5 Standard_M8-4ms", 4),
        ("Standard_A4 Standard_A7 Standard_A8 Standard_A10 Standard_A8_v2 Standard_D4_v2 Standard_D13_v2 Standard_G3", 8),
        ("Standard_A9 Standard_A11 Standard_D5_v2 Standard_DS14_v2 Standard_D16ads_v5 Standard_F16 Standard_G4", 16),
        ("Standard_D15_v2 Standard_DS15_v2 Standard_B20ms", 20),
        ("Standard_G5 Standard_GS5 Standard_D32_v3", 32),
        ("Standard_ND96asr_v4 Standard_D96ads_v6", 96),
        ("Standard_HB120rs_v2", 120),
        ("Standard_M1792ixds_32_v3", 1792),
    ],
)  # fmt: skip
def test_the_vcpus_of_a_size(sizes: str, vcpus: int) -> None:
    assert {size: count_vcpus(size) for size in sizes.split()} == dict.fromkeys(sizes.split(), vcpus)


@pytest.mark.parametrize(
    "size", ["", "x", "Standard_", "Standard_Large", "D2_v3", "Standard_X0", "Standard_D99_v2", "[parameters('size')]"]
)
def test_a_name_that_says_nothing(size: str) -> None:
    assert count_vcpus(size) is None


@given(st.text(max_size=60) | st.from_regex(r"Standard_[A-Z]{1,9}\d{1,9}[a-z_-]{0,20}\d{0,5}", fullmatch=True))
def test_any_text_is_a_number_or_nothing(size: str) -> None:
    vcpus = count_vcpus(size)
    assert vcpus is None or vcpus > 0
