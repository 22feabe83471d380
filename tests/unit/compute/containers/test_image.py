"""Dockerfiles with their contexts, built into directories and run."""

import importlib.metadata
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from penstock.compute.containers import files, interpreters
from penstock.compute.containers.base import Base, base, official
from penstock.compute.containers.image import ImageError
from penstock.compute.containers.model import ContainerSpec, ImageSource
from penstock.compute.containers.paths import Places

SCRIPT = {"main.py": "print('hello')\n"}


def tree(root: Path) -> dict[str, str]:
    return {str(file.relative_to(root)): file.read_text() for file in sorted(root.rglob("*")) if file.is_file()}


def output(lab: Any, source: ImageSource, **fields: Any) -> list[str]:
    """What a container of the image prints."""

    async def work() -> None:
        task = lab.task(ContainerSpec(name="main", image=source, **fields))
        await task.start()
        await task.ended
        assert [status.reason for status in task.containers] == [""]

    lab.run(work)
    return list(lab.lines)


def test_copy_into_place(lab: Any) -> None:
    files = {"a.txt": "a", "src/b.txt": "b", "src/c.md": "c", ".git/x": "x", ".dockerignore": ".git\nDockerfile\n"}
    image = lab.image(
        "FROM scratch\nWORKDIR /w\nCOPY a.txt one\nCOPY a.txt two/\nCOPY src three\nCOPY src/*.txt a.txt /four/\n"
        "COPY --chmod=750 a.txt .\nADD . /all\n",
        files,
    )
    assert tree(image.root) == {
        "w/one": "a",
        "w/two/a.txt": "a",
        "w/three/b.txt": "b",
        "w/three/c.md": "c",
        "w/a.txt": "a",
        "four/b.txt": "b",
        "four/a.txt": "a",
        "all/a.txt": "a",
        "all/src/b.txt": "b",
        "all/src/c.md": "c",
        "all/.dockerignore": ".git\nDockerfile\n",
    }
    assert (image.root / "w/a.txt").stat().st_mode & 0o777 == 0o750


def test_configuration(lab: Any) -> None:
    image = lab.image(
        "ARG V=1\nFROM python:3\nARG V\nARG W=w\nARG GIVEN=no\nENV A=$V B=$W.$GIVEN\nENV A=2 C=$A\n"
        "WORKDIR /x\nWORKDIR y\n"
        'EXPOSE 80 $C/udp\nUSER me\nSTOPSIGNAL SIGINT\nLABEL k="v w"\nENTRYPOINT ["e"]\nCMD run $A\nVOLUME /data\n'
        "HEALTHCHECK --interval=5s CMD true\nMAINTAINER me\n",
        build_args={"GIVEN": "yes"},
    )
    config = image.config
    assert {name: config.environment[name] for name in "ABC"} == {"A": "2", "B": "w.yes", "C": "1"}
    assert (config.working_directory, config.stop_signal) == ("/x/y", "SIGINT")
    assert config.ports == ("80", "1/udp")
    assert (config.entry_point, config.command) == (("e",), ("/bin/sh", "-c", "run $A"))
    assert (image.root / "data").is_dir()
    assert config.notes == ()


def test_only_the_stages_that_are_needed_are_built(lab: Any) -> None:
    text = (
        "FROM scratch AS never\nCOPY not-there /\n"
        "FROM scratch AS one\nCOPY a.txt /a\nENV X=1\nONBUILD COPY b.txt /b\n"
        "FROM one AS two\nCOPY --from=one /a /copied\n"
        "FROM scratch\nCOPY not-there /\n"
    )
    image = lab.image(text, {"a.txt": "a", "b.txt": "b"}, target="two")
    assert tree(image.root) == {"a": "a", "b": "b", "copied": "a"}
    assert image.config.environment["X"] == "1"


def test_here_documents_and_archives(lab: Any) -> None:
    folder = lab.context()
    (folder / "inner.txt").write_text("inner")
    with tarfile.open(folder / "x.tar.gz", "w:gz") as archive:
        archive.add(folder / "inner.txt", "inner.txt")
    text = "FROM scratch\nENV N=7\nCOPY <<EOF /etc/app.conf\nn = $N\nEOF\nADD x.tar.gz /un/\n"
    image = lab.image(f"{text}RUN <<EOF\nmkdir -p /made/it\nEOF\n")
    assert tree(image.root) == {"etc/app.conf": "n = 7\n", "un/inner.txt": "inner"}
    assert (image.root / "made/it").is_dir()


@pytest.mark.parametrize("source", ["link/secret", "link/*", "../outside/secret"])
def test_nothing_is_copied_from_outside_the_context(lab: Any, tmp_path: Path, source: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("mine")
    context = tmp_path / "context"
    context.mkdir()
    (context / "link").symlink_to(outside)
    with pytest.raises(files.BuildError, match="not found"):
        files.copy(files.context(context, "Dockerfile"), [source], tmp_path / "image", "/x/")


def test_work_on_files_and_what_is_not_done(lab: Any) -> None:
    image = lab.image(
        "FROM debian:12\nWORKDIR /w\nCOPY a.txt .\n"
        "RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*\n"
        "RUN cp a.txt b.txt && mv a.txt /c.txt; ln -s ../c.txt link && chmod 600 b.txt && touch $(date)\n"
        "RUN useradd -m me && chown me /w\nRUN mkdir /etc2 && echo done\nRUN frobnicate --now\n",
        {"a.txt": "a"},
    )
    assert tree(image.root) == {"w/a.txt": "a"}  # $(date) needs a shell: none of that RUN is run
    assert (image.root / "etc2").is_dir()
    assert [note.partition(":")[0] for note in image.config.notes] == [
        "RUN apt-get update",
        "RUN apt-get install -y curl",
        "RUN cp a.txt b.txt && mv a.txt /c.txt; ln -s ../c.txt link && chmod 600 b.txt && touch $(date)",
        "RUN useradd -m me",
        "RUN chown me /w",
        "RUN frobnicate --now",
    ]
    assert lab.said == [f"assets:abc: {note}" for note in image.config.notes]


def test_links_hold_in_the_containers_copy(lab: Any) -> None:
    image = lab.image(
        "FROM debian\nWORKDIR /w\nCOPY a.txt .\nRUN ln -s /w/a.txt /link && cp a.txt b.txt", {"a.txt": "a"}
    )
    assert (image.root / "link").readlink() == Path("w/a.txt")
    assert tree(image.root)["w/b.txt"] == "a"


def test_nothing_is_written_outside_the_image(lab: Any, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    folder = lab.context(files={"a.txt": "a"})
    (folder / "way").symlink_to(outside)
    with pytest.raises(ImageError, match="leads out of the image"):
        lab.image("FROM scratch\nCOPY way /\nCOPY a.txt /way/a.txt\n")
    assert lab.image("FROM scratch\nCOPY a.txt ../../../a.txt\n").root.joinpath("a.txt").read_text() == "a"
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("FROM scratch\nCOPY none /x\n", 'line 2: "none": not found'),
        ("FROM python:3\nRUN pip install -r none.txt\n", "line 2: pip install -r: there is no none.txt in the image"),
        ("FROM python:3\nRUN python -c 'raise SystemExit(2)'\n", "did not succeed"),
        ("FROM $NOTHING\n", "should not be blank"),
        ("FORM python\n", "unknown instruction: FORM"),
    ],
)
def test_what_cannot_be_built_says_why(lab: Any, text: str, message: str) -> None:
    with pytest.raises(ImageError, match="CannotPullContainerError: ") as caught:
        lab.image(text)
    assert message in str(caught.value)
    assert "/Dockerfile: " in str(caught.value)  # which the lines are those of


def test_an_image_is_built_again_when_something_changed(lab: Any) -> None:
    source = lab.source("FROM scratch\nCOPY . /\n", {"a.txt": "1", ".dockerignore": "ignored\n"})

    async def work() -> None:
        first = await lab.images.get(source)
        inode = (first.root / "a.txt").stat().st_ino
        (source.directory / "ignored").write_text("whatever")
        assert (await lab.images.get(source)).digest == first.digest
        assert (first.root / "a.txt").stat().st_ino == inode
        (source.directory / "a.txt").write_text("2")
        second = await lab.images.get(source)
        assert second.digest != first.digest
        assert (second.root / "a.txt").read_text() == "2"
        assert not first.root.exists()

    lab.run(work)


def test_what_a_dockerfile_runs(lab: Any) -> None:
    text = 'FROM python:3-slim\nWORKDIR /app\nCOPY . .\nENV GREETING=hi\nENTRYPOINT ["python"]\nCMD ["main.py"]\n'
    files = {"main.py": "import os, sys; print(os.environ['GREETING'], os.getcwd().endswith('/app'), *sys.argv[1:])"}
    assert output(lab, lab.source(text, files)) == ["hi True"]
    assert output(lab, lab.source(text, files), command=("/app/main.py", "more"))[1:] == ["hi True more"]
    assert output(lab, lab.source(text, files), entry_point=("echo",))[2:] == [""]


def test_the_shell_form_and_paths_of_the_image(lab: Any) -> None:
    text = "FROM python:3\nCOPY main.py /srv/main.py\nENV WHERE=/srv URL=http://host/srv\nCMD exec python /srv/main.py"
    files = {"main.py": "import os; print(os.listdir(os.environ['WHERE']), os.environ['URL'])"}
    assert output(lab, lab.source(text, files)) == ["['main.py'] http://host/srv"]


def test_an_images_python_has_nothing_of_the_runtimes(lab: Any) -> None:
    text = "FROM python:3\nCOPY main.py /\nCMD python /main.py"
    files = {"main.py": "try:\n    import boto3\nexcept ImportError:\n    print('nothing')\n"}
    assert output(lab, lab.source(text, files)) == ["nothing"]


def test_python_programs_of_the_app_are_run_while_it_is_built(lab: Any) -> None:
    text = "FROM python:3\nWORKDIR /app\nCOPY . .\nENV OUT=/app/made.txt\nRUN python make.py\n"
    image = lab.image(text, {"make.py": "import os; open(os.environ['OUT'], 'w').write('made')"})
    assert (image.root / "app/made.txt").read_text() == "made"


def test_a_version_that_is_not_here_is_said(lab: Any) -> None:
    image = lab.image("FROM python:3.99-slim\n")
    assert image.config.notes == (f"Python 3.99 is not on this machine, {interpreters.RUNNING} runs instead",)


def test_pinned_packages_that_the_runtime_has_are_not_installed(lab: Any) -> None:
    files = {"requirements.txt": f"httptools=={importlib.metadata.version('httptools')}  # parser\n"}
    image = lab.image(
        "FROM python:3\nCOPY requirements.txt .\nRUN pip install --no-cache-dir -r requirements.txt", files
    )
    assert image.bins == (Path(sys.prefix) / "bin",)
    assert lab.said == []


def test_a_package_is_installed_once_for_all_images(lab: Any) -> None:
    """The one test that needs PyPI, or what pip and uv have kept of it."""
    text = (
        "FROM python:3 AS b\nRUN python -m venv /venv && /venv/bin/pip install {}\n"
        "FROM python:3\nCOPY --from=b /venv /venv\nENV PATH=/venv/bin:$PATH\n"
        "CMD /venv/bin/python -c 'import iniconfig; print(iniconfig.__name__)'"
    )
    assert output(lab, lab.source(text.format("iniconfig==2.0.0"))) == ["iniconfig"]
    assert output(lab, lab.source(text.format("--no-cache-dir 'iniconfig==2.0.0'"))) == ["iniconfig"] * 2
    assert [line for line in lab.said if line.startswith("Installing")] == ["Installing 1 requirement of service, once"]


def test_an_installation_that_fails_is_the_reason(lab: Any) -> None:
    text = "FROM python:3\nCOPY p /p\nRUN pip install --no-index /p"
    with pytest.raises(ImageError, match="pip install did not succeed") as caught:
        lab.image(text, {"p/pyproject.toml": "[project]\nname = 'p'\nversion = '1'\ndependencies = ['no-such-xyz']\n"})
    assert "no-such-xyz" in str(caught.value) or "setuptools" in str(caught.value)
    assert not list((lab.directory / "cache").rglob(".penstock-complete"))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("python", Base(python="3")),
        ("python:3.12.4-slim-bookworm", Base(python="3.12")),
        ("public.ecr.aws/docker/library/python:3.11-alpine", Base(python="3.11")),
        ("docker.io/library/python:3.11@sha256:abc", Base(python="3.11")),
        ("node:20-alpine", Base(node="20")),
        ("node:lts", Base(node="")),
        ("gcr.io/distroless/nodejs20-debian12", Base(node="20")),
        ("ghcr.io/astral-sh/uv:python3.12-bookworm-slim", Base(python="3.12")),
        ("registry.example.com/python-base:3.12", Base(python="3.12", known=False)),
        ("debian:bookworm-slim", Base(python="")),
        ("public.ecr.aws/amazonlinux/amazonlinux:2023", Base(python="")),
        ("nginx:1.27", Base(python="", known=False)),
    ],
)
def test_base_images(name: str, expected: Base) -> None:
    assert base(name) == expected


@pytest.mark.parametrize(
    ("name", "runs"),
    [
        ("python:3.12-slim", True),
        ("alpine:3.20", True),
        ("public.ecr.aws/docker/library/busybox:latest", True),
        ("public.ecr.aws/amazonlinux/amazonlinux:2023", True),
        ("registry.example.com/alpine", False),
        ("nginx", False),
    ],
)
def test_images_that_run_a_command_as_they_are(name: str, runs: bool) -> None:
    assert official(name) is runs


def test_paths(tmp_path: Path) -> None:
    (tmp_path / "app/data").mkdir(parents=True)
    (tmp_path / "app/a.py").touch()
    bins = tmp_path / "env/bin"
    bins.mkdir(parents=True)
    (bins / "uvicorn").touch()
    places, root = Places(tmp_path, (bins,)), str(tmp_path)
    cases = {
        "/app/a.py": f"{root}/app/a.py",
        "--config=/app/a.py": f"--config={root}/app/a.py",
        "/app:/app/data:/nowhere/x": f"{root}/app:{root}/app/data:/nowhere/x",
        "/app/data/new.db": f"{root}/app/data/new.db",
        "sqlite:////app/data/new.db": f"sqlite:///{root}/app/data/new.db",
        "file:///app/a.py": f"file://{root}/app/a.py",
        "http://app/data": "http://app/data",
        "cd /app && ls '/app/a.py'": f"cd {root}/app && ls '{root}/app/a.py'",
        "/venv/bin/uvicorn": f"{bins}/uvicorn",
        "/etc/hosts": "/etc/hosts",
        "/health": "/health",
        "a/app/b": "a/app/b",
        "/app/" + 300 * "x": "/app/" + 300 * "x",
    }
    assert {text: places.text(text) for text in cases} == cases
