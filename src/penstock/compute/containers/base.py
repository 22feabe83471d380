"""What is known of the images that Dockerfiles start from: their interpreter and its version. Nothing is downloaded."""

import re
from typing import NamedTuple

_REGISTRY = re.compile(
    r"(?:docker\.io/(?:library/)?|index\.docker\.io/library/|public\.ecr\.aws/docker/library/|mirror\.gcr\.io/library/|"
    r"registry\.hub\.docker\.com/library/|library/)"
)
# What holds no more than a distribution: its programs are this machine's.
_DISTRIBUTIONS = "debian|ubuntu|alpine|busybox|amazonlinux|al2023|fedora|centos|rockylinux"
_DISTRIBUTION = re.compile(rf"(?:(?:public\.ecr\.aws/)?(?:amazonlinux|debian|ubuntu)/)?(?:{_DISTRIBUTIONS})")
_PLAIN = re.compile(rf"scratch|(?:.*/)?(?:{_DISTRIBUTIONS}|base|static|cc)(?:-debian\d+|-ubuntu)?")
# Lambda's own: an interpreter with AWS's runtime, whose entry point takes the handler as CMD.
_FUNCTION = re.compile(r"(?:public\.ecr\.aws/lambda/|(?:public\.ecr\.aws/)?amazon/aws-lambda-)(?P<language>[a-z]+)")
_VERSION = re.compile(r"(\d+(?:\.\d+)?)")


class Base(NamedTuple):
    """`python` and `node` are versions: "" for any, None for none at all. `known`: nothing else is in the image.

    `function` is Lambda's name of the runtime in its base images ("python3.12").
    """

    python: str | None = None
    node: str | None = None
    known: bool = True
    function: str = ""

    @property
    def command(self) -> tuple[str, ...] | None:
        if self.node is not None:
            return ("node",)
        return ("python3",) if self.python else None


def base(image: str) -> Base:
    """What `FROM image` begins with."""
    name, tag = _split(image)
    if match := _FUNCTION.fullmatch(name):
        return _function(match["language"], _version(tag))
    last = name.rpartition("/")[2]
    if last == "uv" and tag.startswith("python"):
        return Base(python=_version(tag.removeprefix("python")))
    if last.startswith("node"):
        version = _version(tag, last.removeprefix("nodejs"))
        return Base(node=version.partition(".")[0], known=_official(name))
    if "python" in last:
        return Base(python=_version(tag, last.removeprefix("python")) or "3", known=_official(name))
    return Base(python="", known=bool(_PLAIN.fullmatch(name)))


def _function(language: str, version: str) -> Base:
    if language == "nodejs":
        return Base(node=version.partition(".")[0], function=f"nodejs{version}.x")
    if language == "python":
        return Base(python=version or "3", function=f"python{version}")
    return Base(known=language == "provided", function=language)


def official(image: str) -> bool:
    """Whether it can run a command as it is: the official Python and Node images, and mere distributions."""
    name = _split(image)[0]
    return name in ("python", "node") or bool(_DISTRIBUTION.fullmatch(name))


def _split(image: str) -> tuple[str, str]:
    """Name without the usual registries, and tag."""
    match = _REGISTRY.match(image)
    name = image[match.end() :] if match else image
    name, _, _ = name.partition("@")
    head, slash, last = name.rpartition("/")
    last, _, tag = last.partition(":")
    return f"{head}{slash}{last}", tag


def _official(name: str) -> bool:
    return name in ("python", "node") or "distroless/" in name


def _version(*places: str) -> str:
    """The number that the first of these begins with; "" where none does."""
    return next((match[1] for place in places if (match := _VERSION.match(place))), "")
