"""A service's image, from its Dockerfile and the folders that it copies."""

from pathlib import Path

from aws_cdk import IgnoreMode
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_ecs as ecs

ROOT = Path(__file__).parent.parent.parent
HEALTH_COMMAND = ("CMD", "python", "-m", "shared.http.health")
PORT = 8080


def image(package: str) -> ecs.ContainerImage:
    """The rest of the folder is left out, so that it does not make for a new image."""
    kept = ("__init__.py", "Dockerfile", "requirements.txt", "domain", "service")
    return ecs.ContainerImage.from_asset(
        str(ROOT),
        file=f"{package}/Dockerfile",
        platform=ecr_assets.Platform.LINUX_AMD64,
        ignore_mode=IgnoreMode.GIT,
        exclude=[
            *("/*", "!/shared", "/shared/*", "!/shared/__init__.py", "!/shared/http"),
            *(f"!/{package}", f"/{package}/*", *(f"!/{package}/{name}" for name in kept)),
            "__pycache__",
        ],
    )
