"""The code that a template means, as Lambda's operations take it.

An asset of the app is used in place: a directory of the cloud assembly as it is, a source directory watched.
"""

import io
import zipfile
from pathlib import Path

from penstock.services.lambda_.code import ASSET_BUCKET, SOURCE_BUCKET, remember_image
from penstock.template.provider import Properties, ResourceContext
from penstock.wire.model import Json

# The metadata under which a construct names the live source behind its asset.
SOURCE_METADATA = "penstock:source"
_MODULES = Path(__file__).parent / "inline"
_INLINE = {"python": ("index.py", "cfnresponse.py"), "nodejs": ("index.js", "cfn-response.js")}


def given_code(rc: ResourceContext, code: Properties, runtime: str = "") -> Json:
    """FunctionCode or LayerVersionContentInput."""
    if "ImageUri" in code:
        _remember(rc, str(code["ImageUri"]))
        return {"ImageUri": code["ImageUri"]}
    if (source := rc.metadata.get(SOURCE_METADATA)) and Path(source).is_dir():
        return {"S3Bucket": SOURCE_BUCKET, "S3Key": str(source)}
    if "ZipFile" in code:
        return {"ZipFile": _inline(str(code["ZipFile"]), runtime)}
    path = rc.asset(code.get("S3Bucket", ""), code.get("S3Key", ""))
    if path is None:
        return dict(code)
    if path.is_file():
        return {"ZipFile": path.read_bytes()}
    bucket = ASSET_BUCKET if path.name.startswith("asset.") else SOURCE_BUCKET
    return {"S3Bucket": bucket, "S3Key": str(path.resolve())}


def _remember(rc: ResourceContext, uri: str) -> None:
    asset = rc.image(uri)
    if asset is not None:
        source: Json = {
            "Directory": str(asset.directory),
            "Dockerfile": asset.dockerfile,
            "BuildArgs": dict(asset.build_args),
            "Target": asset.target,
        }
        remember_image(rc.engine.ctx, uri, source)


def _inline(text: str, runtime: str) -> bytes:
    """The zip file that CloudFormation makes of code in a template, with the module that answers custom resources."""
    name, module = next((names for prefix, names in _INLINE.items() if runtime.startswith(prefix)), ("index", ""))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), text)
        if module and Path(module).stem in text:
            archive.writestr(zipfile.ZipInfo(module), (_MODULES / module).read_text())
    return buffer.getvalue()
