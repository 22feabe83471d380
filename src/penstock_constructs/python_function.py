"""A Lambda function in Python: traced, with its own log group and a role that may do nothing beyond that."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import jsii
from aws_cdk import (
    Acknowledgment,
    BundlingOptions,
    Duration,
    IgnoreMode,
    ILocalBundling,
    RemovalPolicy,
    Validations,
)
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

RUNTIME = lambda_.Runtime.PYTHON_3_14
ARCHITECTURE = lambda_.Architecture.ARM_64

# Wheels for Lambda's machine, whatever machine this is. uv where it is installed, else pip.
INSTALLERS = {
    "uv": ("uv", "pip", "install", "--python-platform", "aarch64-manylinux2014"),
    "pip": (sys.executable, "-m", "pip", "install", "--platform", "manylinux2014_aarch64"),
}
# What a function needs without its code asking for it. In a VPC, Lambda makes network interfaces with the same role:
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
TRACING = ("xray:PutTraceSegments", "xray:PutTelemetryRecords")
NETWORK = (
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
)

WHEELS_ONLY = ("--quiet", "--python-version", "3.14", "--only-binary", ":all:")


class PythonFunction(lambda_.Function):
    """`packages` are the folders under `root` that make up the code; `requirements` is a file in one of them.

    For AWS the asset is these folders plus the requirements, installed at synthesis. With PENSTOCK=1 in the environment
    (as `penstock` sets it) it is the folders alone: the Python that runs them has the requirements already, and
    synthesis needs neither network nor seconds. Nothing else differs.

    `options` go to `aws_lambda.Function`.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        root: Path,
        handler: str,
        packages: Sequence[str] = ("domain", "functions"),
        requirements: str = "functions/requirements.txt",
        log_retention_days: logs.RetentionDays = logs.RetentionDays.ONE_MONTH,
        **options: Any,
    ) -> None:
        log_group = _log_group(scope, id, log_retention_days)
        role = _role(scope, id, log_group, in_vpc="vpc" in options)
        local = os.environ.get("PENSTOCK") == "1"
        defaults: dict[str, Any] = {"memory_size": 512, "timeout": Duration.seconds(10)}
        super().__init__(
            scope,
            id,
            runtime=RUNTIME,
            architecture=ARCHITECTURE,
            handler=handler,
            code=_code(root, packages, None if local else requirements),
            role=role,
            log_group=log_group,
            **defaults | options,
        )
        function = cast(lambda_.CfnFunction, self.node.default_child)
        # Not `tracing=`: that would put the X-Ray statement, with its `*`, among the statements of the user's grants.
        function.tracing_config = lambda_.CfnFunction.TracingConfigProperty(mode="Active")


@jsii.implements(ILocalBundling)
class _Vendored:
    """Copies the packages and installs the requirements beside them, without Docker."""

    def __init__(self, root: Path, packages: Sequence[str], requirements: str) -> None:
        self.root, self.packages, self.requirements = root, packages, requirements

    def try_bundle(self, output_dir: str, *_options: Any, **_more: Any) -> bool:
        for package in self.packages:
            shutil.copytree(
                self.root / package, Path(output_dir, package), ignore=shutil.ignore_patterns("__pycache__")
            )
        installer = INSTALLERS["uv" if shutil.which("uv") else "pip"]
        where = ("--target", output_dir, "--requirement", str(self.root / self.requirements))
        subprocess.run([*installer, *WHEELS_ONLY, *where], check=True)
        return True


def _code(root: Path, packages: Sequence[str], requirements: str | None) -> lambda_.Code:
    """The asset's hash is that of the sources, pinned requirements included: unchanged code is not bundled again."""
    bundling = (
        BundlingOptions(
            image=RUNTIME.bundling_image, local=cast(ILocalBundling, _Vendored(root, packages, requirements))
        )
        if requirements
        else None
    )
    return lambda_.Code.from_asset(
        str(root),
        exclude=["/*", *(f"!/{package}" for package in packages), "__pycache__"],
        ignore_mode=IgnoreMode.GIT,
        bundling=bundling,
    )


def _log_group(scope: Construct, id: str, retention: logs.RetentionDays) -> logs.LogGroup:
    """Under the name where everybody looks for it. A generated one would not show which function it belongs to."""
    return logs.LogGroup(
        scope,
        f"{id}LogGroup",
        log_group_name=f"/aws/lambda/{scope.node.path.replace('/', '-')}-{id}",
        retention=retention,
        removal_policy=RemovalPolicy.DESTROY,
    )


def _role(scope: Construct, id: str, log_group: logs.LogGroup, in_vpc: bool) -> iam.Role:
    needs = {"Tracing": TRACING, **({"Network": NETWORK} if in_vpc else {})}
    role = iam.Role(
        scope,
        f"{id}Role",
        assumed_by=cast(iam.IPrincipal, iam.ServicePrincipal("lambda.amazonaws.com")),
        inline_policies={name: _anywhere(actions) for name, actions in needs.items()},
    )
    log_group.grant_write(role)
    Validations.of(cast(Construct, role.node.default_child)).acknowledge(
        Acknowledgment(
            id="AwsSolutions-IAM5[Resource::*]",
            reason="X-Ray has no resource to name in these actions, nor has EC2 before the network interface exists.",
        )
    )
    return role


def _anywhere(actions: Sequence[str]) -> iam.PolicyDocument:
    return iam.PolicyDocument(statements=[iam.PolicyStatement(actions=list(actions), resources=["*"])])
