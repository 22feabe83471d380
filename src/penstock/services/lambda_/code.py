"""Where a function's or a layer's code comes from, and where it lies.

A zip file is unpacked once, under its hash; an image is an image asset of an app. Two bucket names stand for this
machine: the key is then the path of a directory, which is used in place. In `penstock.source` it is watched for
changes, in `penstock.asset` it stays.
"""

import asyncio
import base64
import hashlib
import io
import os
import shutil
import zipfile
import zlib
from pathlib import Path
from typing import NamedTuple

import orjson

from penstock.base.errors import AwsError
from penstock.call import Context, Kernel
from penstock.services.lambda_.names import invalid
from penstock.services.lambda_.state import state
from penstock.services.lambda_.store import DOCUMENTS, SELECT_KIND
from penstock.web.http import Reply
from penstock.web.site import Place
from penstock.wire.message import Request, Response
from penstock.wire.model import Json

ASSET_BUCKET = "penstock.asset"
SOURCE_BUCKET = "penstock.source"

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_ZIPPED = 52_428_800
MAX_UNZIPPED = 262_144_000
_DIGEST_LENGTH = 64
_SKIPPED = frozenset({"__pycache__", "cdk.out"})
_CHUNK = 1 << 20
# What the library says of archives that are none, of passwords, and of names that no file can have.
_UNREADABLE = (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError, zlib.error)


class Code(NamedTuple):
    """Unpacked code. `sha256` in base64, `size` in bytes of the zip file, or of the directory's files.

    Of an image, `path` is the build context and `image` what else is known of it; `sha256` is in hexadecimal then.
    """

    path: str
    sha256: str
    size: int
    live: bool = False
    image: Json | None = None

    @property
    def document(self) -> Json:
        return {"Path": self.path, "Live": self.live, **({"Image": self.image} if self.image else {})}


async def obtain(ctx: Context, given: Json) -> Code:
    """The code that a request brings or names. Raises AwsError."""
    if "ImageUri" in given:
        return _image(ctx, given["ImageUri"])
    bucket, key = given.get("S3Bucket"), given.get("S3Key")
    if bucket in (ASSET_BUCKET, SOURCE_BUCKET):
        return await asyncio.to_thread(_directory, Path(key or ""), bucket == SOURCE_BUCKET)
    if "ZipFile" in given:
        data = _uploaded(given["ZipFile"])
    elif bucket and key:
        data = await _from_s3(ctx, bucket, key, given.get("S3ObjectVersion"))
    else:
        raise invalid("Please provide a source for function code.")
    return await asyncio.to_thread(_unpack, state(ctx).assets, data)


def _uploaded(data: bytes) -> bytes:
    """What is larger than this comes by way of S3."""
    if len(data) > MAX_ZIPPED:
        message = f"Zipped size must be smaller than {MAX_ZIPPED} bytes"
        raise AwsError("RequestEntityTooLargeException", message, status=413, Type="User")
    return data


# -- images ------------------------------------------------------------------------------------------


def remember_image(ctx: Context, uri: str, source: Json) -> None:
    """An image asset, to be found again when the template is not at hand. `source`: Directory, Dockerfile, BuildArgs,
    Target.
    """
    DOCUMENTS.put(ctx.store, "", "image", uri, source)


def _image(ctx: Context, uri: str) -> Code:
    source = DOCUMENTS.get(ctx.store, "", "image", uri)
    if source is None:
        raise invalid(
            f"Source image {uri} does not exist. Provide a valid source image. Penstock runs images that are built "
            "from a Dockerfile in the app (DockerImageCode.fromImageAsset)."
        )
    directory = Path(source["Directory"])
    digest = hashlib.sha256(uri.encode()).hexdigest()  # an asset's tag is the hash of its contents
    return Code(str(directory), digest, 0, not directory.name.startswith("asset."), {"ImageUri": uri, **source})


def image_location(image: Json, sha256: str) -> Json:
    """As GetFunction answers it."""
    uri: str = image["ImageUri"]
    resolved = f"{uri.rpartition(':')[0]}@sha256:{sha256}"
    return {"RepositoryType": "ECR", "ImageUri": uri, "ResolvedImageUri": resolved}


# -- packages ----------------------------------------------------------------------------------------


async def _from_s3(ctx: Context, bucket: str, key: str, version: str | None) -> bytes:
    request = {"Bucket": bucket, "Key": key, **({"VersionId": version} if version else {})}
    try:
        body = (await ctx.call("s3", "GetObject", request))["Body"]
    except AwsError as error:
        message = f"Error occurred while GetObject. S3 Error Code: {error.code}. S3 Error Message: {error.message}"
        raise invalid(message) from error
    return body if isinstance(body, bytes) else b"".join([chunk async for chunk in body])


def _unpack(assets: Path, data: bytes) -> Code:
    digest = hashlib.sha256(data).digest()
    target = assets / digest.hex()
    if not target.is_dir():
        assets.mkdir(parents=True, exist_ok=True)
        unfinished = assets / f"{digest.hex()}.unpacking"
        shutil.rmtree(unfinished, ignore_errors=True)
        _extract(data, unfinished)
        target.with_suffix(".zip").write_bytes(data)
        unfinished.rename(target)
    return Code(str(target), base64.b64encode(digest).decode(), len(data))


def _extract(data: bytes, target: Path) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if sum(entry.file_size for entry in entries) > MAX_UNZIPPED:
                raise invalid(f"Unzipped size must be smaller than {MAX_UNZIPPED} bytes")
            for entry in entries:
                path = Path(archive.extract(entry, target))
                if not entry.is_dir() and (mode := entry.external_attr >> 16 & 0o777):
                    path.chmod(mode)
        target.mkdir(exist_ok=True)
    except _UNREADABLE as error:
        raise invalid("Could not unzip uploaded file. Please check your file, then try to upload again.") from error


def _directory(path: Path, live: bool) -> Code:
    if not path.is_absolute() or not path.is_dir():
        raise invalid(f"The code directory {path} does not exist; it has to be an absolute path.")
    digest, size = hashlib.sha256(), 0
    for file in files_of(path):
        length = file.stat().st_size
        size += length
        digest.update(f"{file.relative_to(path)}\0{length}\0".encode())
        with file.open("rb") as content:
            while chunk := content.read(_CHUNK):
                digest.update(chunk)
    return Code(str(path), base64.b64encode(digest.digest()).decode(), size, live)


def files_of(directory: Path) -> list[Path]:
    """Every file but those of caches: a live source directory also holds what tools leave behind."""
    found = []
    for folder, names, files in os.walk(directory):
        names[:] = [name for name in names if name not in _SKIPPED and not name.startswith(".")]
        found += [Path(folder, file) for file in files]
    return sorted(found)


# -- download ----------------------------------------------------------------------------------------


def location(ctx: Context, sha256: str) -> str:
    """The URL at which the zip file can be had, as GetFunction answers it."""
    return f"{ctx.config.endpoint}/_aws/lambda-code/{base64.b64decode(sha256).hex()}"


def zipped(assets: Path, path: Path) -> bytes:
    """The zip file as it was uploaded, or one made of a directory."""
    kept = assets / f"{path.name}.zip"
    if path.parent == assets and kept.exists():
        return kept.read_bytes()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files_of(path):
            archive.write(file, file.relative_to(path))
    return buffer.getvalue()


def place(kernel: Kernel) -> Place:
    """Answers `/_aws/lambda-code/<hash>` with the zip file of a function version or layer."""

    def handle(request: Request, reply: Reply, digest: str, path: str) -> bool:
        ctx = kernel.context()
        found = _path_of(ctx, digest)
        if found is not None:
            reply(Response(200, [("Content-Type", "application/zip")], zipped(state(ctx).assets, found)))
        return found is not None

    return handle


def _path_of(ctx: Context, digest: str) -> Path | None:
    kept = state(ctx).assets / digest
    if len(digest) == _DIGEST_LENGTH and digest.isalnum() and kept.is_dir():
        return kept
    for function in state(ctx).functions.values():
        for version in function.kind("version").values():
            if base64.b64decode(version["Configuration"]["CodeSha256"]).hex() == digest:
                return Path(version["Code"]["Path"])
    for _, _, text in ctx.store.all(SELECT_KIND, "layer"):
        layer = orjson.loads(text)
        if base64.b64decode(layer["Content"]["CodeSha256"]).hex() == digest:
            return Path(layer["Code"]["Path"])
    return None
