"""What compute needs to know of a version, derived from its documents and kept until they change."""

from pathlib import Path

from penstock.call import Context
from penstock.compute.containers.model import ContainerSpec, ImageSource
from penstock.compute.functions.model import FunctionSpec
from penstock.services.lambda_.names import LATEST, layer_ref
from penstock.services.lambda_.state import Function, state
from penstock.services.lambda_.store import DOCUMENTS
from penstock.wire.model import Json


def spec_of(ctx: Context, function: Function, version: str) -> FunctionSpec:
    spec = function.specs.get(version)
    if spec is None:
        spec = function.specs[version] = _derive(ctx, function, version)
    return spec


def _derive(ctx: Context, function: Function, version: str) -> FunctionSpec:
    document = function.kind("version")[version]
    settings, code, logging = document["Configuration"], document["Code"], document["Configuration"]["LoggingConfig"]
    return FunctionSpec(
        arn=function.arn,
        name=function.name,
        version=version,
        revision=document["Generation"],
        runtime=settings.get("Runtime", ""),
        handler=settings.get("Handler", ""),
        code=Path(code["Path"]),
        live=code["Live"],
        layers=tuple(_layers(ctx, [layer["Arn"] for layer in settings.get("Layers", ())])),
        environment=settings.get("Environment", {}).get("Variables", {}),
        memory=settings["MemorySize"],
        timeout=float(settings["Timeout"]),
        account=function.account,
        region=function.region,
        log_group=logging["LogGroup"],
        json_logs=logging["LogFormat"] == "JSON",
        application_log_level=logging.get("ApplicationLogLevel", ""),
        system_log_level=logging.get("SystemLogLevel", "INFO"),
        reserved_concurrency=_share(function, version),
        vpc=settings.get("VpcConfig", {}).get("VpcId", ""),
        container=_container(function.name, settings, code["Image"]) if "Image" in code else None,
    )


def _share(function: Function, version: str) -> int | None:
    """What is reserved for a function, of which a version has nothing where others have provisioned all of it."""
    aliases, provisioned = function.kind("alias"), function.kind("provisioned")
    others = sum(
        config["RequestedProvisionedConcurrentExecutions"]
        for name, config in provisioned.items()
        if version != (aliases[name]["FunctionVersion"] if name in aliases else name)
    )
    return 0 if others and others == function.reserved else function.reserved


def _container(name: str, settings: Json, image: Json) -> ContainerSpec:
    """The function as a container: what ImageConfig does not say is the image's."""
    given: Json = settings.get("ImageConfigResponse", {}).get("ImageConfig", {})
    return ContainerSpec(
        name=name,
        image=ImageSource(
            name=image["ImageUri"],
            directory=Path(image["Directory"]),
            dockerfile=image["Dockerfile"],
            build_args=image["BuildArgs"],
            target=image["Target"],
        ),
        entry_point=tuple(given.get("EntryPoint") or ()) or None,
        command=tuple(given.get("Command") or ()) or None,
        working_directory=given.get("WorkingDirectory", ""),
        environment=settings.get("Environment", {}).get("Variables", {}),
    )


def _layers(ctx: Context, arns: list[str]) -> list[Path]:
    """The unpacked layers; the last one named wins in AWS (it is unpacked over the others), so it comes first."""
    found = []
    for version_arn in reversed(arns):
        ref = layer_ref(ctx, version_arn)
        document = DOCUMENTS.get(ctx.store, f"{ref.account}:{ref.region}", "layer", f"{ref.name}:{ref.version}")
        if document is not None:
            found.append(Path(document["Code"]["Path"]))
    return found


def warm_up(ctx: Context, function: Function) -> None:
    """Gets compute ready for a function that was just deployed, before it is first invoked."""
    if state(ctx).functions.get(function.key) is function:
        state(ctx).pool.warm_up(spec_of(ctx, function, LATEST))
