"""What of a Dockerfile's installations is to be installed here, and what is said before anything is built."""

from pathlib import Path
from typing import Any

import pytest

from penstock.compute.containers import locks
from penstock.compute.containers.files import BuildError
from penstock.compute.containers.model import ImageSource
from penstock.compute.containers.packages import Install, pip_install, uv_sync
from penstock.compute.containers.preview import Weight, preview


def install(root: Path, *argv: str, known: tuple[Install, ...] = ()) -> Install | None:
    return pip_install(argv, root / "w", root, "/usr/local", known)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "w").mkdir()
    (tmp_path / "w" / "base.txt").write_text("httpx>=0.27  # client\n\n# nothing\n")
    (tmp_path / "w" / "requirements.txt").write_text(
        "-r base.txt\n--index-url https://example.com/simple\nfastapi==1.0 \\\n    --hash=sha256:ab\n"
    )
    return tmp_path


def found(root: Path, *argv: str, **fields: Any) -> Install:
    one = install(root, *argv, **fields)
    assert one is not None
    return one


def test_requirement_files_are_read_through(root: Path) -> None:
    one = found(root, "--no-cache-dir", "-r", "requirements.txt", "uvicorn[standard]", "--upgrade")
    assert one.lines == (
        "httpx>=0.27",
        "--index-url https://example.com/simple",
        "fastapi==1.0 --hash=sha256:ab",
        "uvicorn[standard]",
    )
    assert one.place == "/usr/local"


def test_how_it_is_installed_does_not_change_what_is(root: Path) -> None:
    plain = found(root, "-r", "requirements.txt")
    other = found(
        root, "-q", "--root-user-action=ignore", "--timeout", "5", "-rrequirements.txt", "--target", "/x", "pip"
    )
    assert (plain.key, other.place) == (other.key, "/x")
    assert found(root, "a==1").key != found(root, "a==2").key
    assert found(root, "a==1").key != found(root, "a==1", "--pre").key


@pytest.mark.parametrize(
    ("argv", "place"),
    [
        (("--prefix=/install", "a"), "/install"),
        (("--user", "a"), "/root/.local"),
        (("--wheel-dir", "/wheels", "a"), "/wheels"),
    ],
)
def test_where_the_image_has_it(root: Path, argv: tuple[str, ...], place: str) -> None:
    assert found(root, *argv).place == place


def test_what_a_copy_takes_along(root: Path) -> None:
    one = found(root, "--prefix=/install", "a")
    assert [one.concerns(path) for path in ("/install", "/install/", "/install/lib/x", "/", "/installed", "/lib")] == [
        True,
        True,
        True,
        True,
        False,
        False,
    ]


def test_packages_are_known_where_they_were_copied_to(root: Path) -> None:
    wheels = found(root, "--wheel-dir", "/build/wheels", "a")
    assert wheels.moved("/build/wheels", "/wheels/").place == "/wheels"
    assert wheels.moved("/build", "/x/").place == "/x/wheels"
    assert wheels.moved("/build/wheels/a.whl", "/a.whl") == wheels
    assert install(root, "/wheels/*", known=(wheels.moved("/build/wheels/", "/wheels/"),)) is None


def test_what_is_there_already_is_not_installed(root: Path) -> None:
    assert install(root, "--upgrade", "pip", "wheel", "uv") is None
    wheels = found(root, "--wheel-dir", "/wheels", "a")
    assert install(root, "--no-index", "/wheels/*", known=(wheels,)) is None


def test_a_local_project_is_known_by_what_is_in_it(root: Path) -> None:
    project = root / "w" / "p"
    project.mkdir()
    (project / "pyproject.toml").write_text("[project]\n")
    first = found(root, "-e", "./p[dev]")
    assert first.lines == (f"{project}[dev]",)
    (project / "more.py").write_text("x = 1\n")
    second = found(root, "./p[dev]")
    assert (first.lines, first.key != second.key) == (second.lines, True)
    assert found(root, "/w/p").lines == (str(project),)


@pytest.mark.parametrize("argv", [("-r", "none.txt"), ("./none",), ("-r",)])
def test_what_is_not_there_is_refused(root: Path, argv: tuple[str, ...]) -> None:
    with pytest.raises(BuildError):
        install(root, *argv)


def test_pins(root: Path) -> None:
    assert found(root, "a==1.0", "b-c == 2").pins() == {"a": "1.0", "b-c": "2"}
    assert found(root, "a==1.0", "b>=2").pins() is None
    assert found(root, "a[x]==1.0").pins() is None
    assert found(root, "a==1.0", "--pre").pins() is None


def test_uv_projects(root: Path) -> None:
    project = root / "w"
    with pytest.raises(BuildError, match=r"there is no pyproject\.toml"):
        uv_sync([], project, "/w/.venv")
    (project / "pyproject.toml").write_text("[project]\n")
    assert uv_sync(["--frozen"], project, "/w/.venv").project is None  # nothing says how it would be built
    (project / "pyproject.toml").write_text("[project]\n[build-system]\n")
    without = uv_sync(["--frozen", "--no-install-project"], project, "/w/.venv")
    whole = uv_sync(["--frozen"], project, "/w/.venv")
    (project / "main.py").write_text("x = 1\n")
    assert uv_sync(["--frozen", "--no-install-project"], project, "/w/.venv").key == without.key
    assert uv_sync(["--frozen"], project, "/w/.venv").key != whole.key


def test_lock_files(root: Path) -> None:
    (root / "poetry.lock").write_text(
        '[[package]]\nname = "a"\nversion = "1"\noptional = false\ngroups = ["main"]\n'
        "markers = \"os_name == 'posix'\"\n"
        '[[package]]\nname = "b"\nversion = "2"\noptional = false\ngroups = ["dev"]\n'
        '[[package]]\nname = "c"\nversion = "3"\noptional = false\n'
    )
    (root / "Pipfile.lock").write_text('{"default": {"d": {"version": "==4", "extras": ["x"]}}, "develop": {"e": {}}}')
    assert locks.poetry(root) == ["a==1 ; os_name == 'posix'", "c==3"]
    assert locks.pipenv(root) == ["d[x]==4"]
    with pytest.raises(BuildError, match=r"there is no poetry\.lock"):
        locks.poetry(root / "w")


def test_a_preview_names_what_will_not_be_done(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(
        "ARG BASE=golang\nFROM $BASE:1.22 AS unused\nRUN go build\nFROM nginx AS web\nFROM python:3.12\n"
        "RUN apt-get update && pip install fastapi && make\nRUN if true; then x; fi\nCOPY --from=web /etc /etc\n"
        "COPY --from=ghcr.io/astral-sh/uv:latest /uv /bin/\nADD https://example.com/x /x\nRUN <<EOF\nfrobnicate\nEOF\n"
    )
    assert [(remark.weight, remark.line, remark.subject) for remark in preview(source(tmp_path))] == [
        (Weight.UNSUPPORTED, 4, "FROM nginx"),
        (Weight.INERT, 6, "RUN apt-get update"),
        (Weight.UNSUPPORTED, 6, "RUN make"),
        (Weight.UNSUPPORTED, 7, "RUN if true; then x; fi"),
        (Weight.UNSUPPORTED, 10, "ADD https://example.com/x /x"),
        (Weight.UNSUPPORTED, 11, "RUN frobnicate"),
    ]


@pytest.mark.parametrize("text", ["", "FROM python\nFETCH x", "ARG A=${1!}\nFROM $A"])
def test_a_preview_of_what_is_no_dockerfile(tmp_path: Path, text: str) -> None:
    (tmp_path / "Dockerfile").write_text(text)
    assert [remark.weight for remark in preview(source(tmp_path))] == [Weight.INVALID]
    assert [remark.weight for remark in preview(source(tmp_path / "none"))] == [Weight.INVALID]


def source(directory: Path) -> ImageSource:
    return ImageSource(name="x", directory=directory)
