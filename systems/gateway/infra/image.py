"""The service's image: built from this app's Dockerfile, or one that is in ECR already."""

from pathlib import Path

from aws_cdk import IgnoreMode
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_ecs as ecs
from constructs import Construct

ROOT = Path(__file__).parent.parent
_KEPT = ("Dockerfile", "domain", "service")


def image(scope: Construct, given: str) -> ecs.ContainerImage:
    """`given`: a directory from the app's, which begins with a dot, or `<repository>:<tag>`."""
    if given.startswith("."):
        return ecs.ContainerImage.from_asset(
            str(ROOT / given),
            platform=ecr_assets.Platform.LINUX_AMD64,
            ignore_mode=IgnoreMode.GIT,
            exclude=["/*", *(f"!/{name}" for name in _KEPT), "__pycache__"],
        )
    name, _, tag = given.partition(":")
    repository = ecr.Repository.from_repository_name(scope, "Repository", name)
    return ecs.ContainerImage.from_ecr_repository(repository, tag or "latest")
