"""The table of properties has the names that the models of the newest API version have."""

from __future__ import annotations

from typing import Any

import azure.mgmt.imagebuilder.models as models

from knowledge.preflight.property_checks import KnownProperty, load_properties

MODELS = {
    "identity": models.ImageTemplateIdentity,
    "properties": models.ImageTemplateProperties,
    "properties.source:PlatformImage": models.ImageTemplatePlatformImageSource,
    "properties.source:ManagedImage": models.ImageTemplateManagedImageSource,
    "properties.source:SharedImageVersion": models.ImageTemplateSharedImageVersionSource,
    "properties.source.planInfo": models.PlatformImagePurchasePlan,
    "properties.customize[*]:Shell": models.ImageTemplateShellCustomizer,
    "properties.customize[*]:PowerShell": models.ImageTemplatePowerShellCustomizer,
    "properties.customize[*]:WindowsRestart": models.ImageTemplateRestartCustomizer,
    "properties.customize[*]:WindowsUpdate": models.ImageTemplateWindowsUpdateCustomizer,
    "properties.customize[*]:File": models.ImageTemplateFileCustomizer,
    "properties.optimize": models.ImageTemplatePropertiesOptimize,
    "properties.optimize.vmBoot": models.ImageTemplatePropertiesOptimizeVmBoot,
    "properties.optimize.workload": models.ImageTemplatePropertiesOptimizeWorkload,
    "properties.validate": models.ImageTemplatePropertiesValidate,
    "properties.validate.inVMValidations[*]:Shell": models.ImageTemplateShellValidator,
    "properties.validate.inVMValidations[*]:PowerShell": models.ImageTemplatePowerShellValidator,
    "properties.validate.inVMValidations[*]:File": models.ImageTemplateFileValidator,
    "properties.distribute[*]:ManagedImage": models.ImageTemplateManagedImageDistributor,
    "properties.distribute[*]:SharedImage": models.ImageTemplateSharedImageDistributor,
    "properties.distribute[*]:VHD": models.ImageTemplateVhdDistributor,
    "properties.distribute[*].targetRegions[*]": models.TargetRegion,
    "properties.distribute[*].versioning:Latest": models.DistributeVersionerLatest,
    "properties.distribute[*].versioning:Source": models.DistributeVersionerSource,
    "properties.errorHandling": models.ImageTemplatePropertiesErrorHandling,
    "properties.autoRun": models.ImageTemplateAutoRun,
    "properties.additionalDataDisks[*]": models.DataDisk,
    "properties.vmProfile": models.ImageTemplateVmProfile,
    "properties.vmProfile.vnetConfig": models.VirtualNetworkConfig,
}
"""The model of each object in the table."""


def read_model(model: type) -> dict[str, bool]:
    """The names of a model's properties as JSON has them, with whether only Azure writes them."""
    found: dict[str, bool] = {}
    for parent in reversed(model.__mro__):
        for name, value in vars(parent).items():
            if type(value).__name__ == "_RestField":
                field: Any = value
                found[field._rest_name_input or name] = field._visibility == ["read"]
    return found


def test_the_table_has_what_the_models_have() -> None:
    table = {
        name: {key: known.is_read_only for key, known in members.items()} for name, members in load_properties().items()
    }
    assert table == {name: read_model(model) for name, model in MODELS.items()}


def test_versions_look_like_versions() -> None:
    known = {known.since for members in load_properties().values() for known in members.values()}
    assert known == {"2020-02-14", "2021-10-01", "2022-02-14", "2022-07-01", "2023-07-01", "2024-02-01", "2025-10-01"}
    assert load_properties()["properties"]["errorHandling"] == KnownProperty("2023-07-01")
    assert load_properties()["properties"]["lastRunStatus"].is_read_only
