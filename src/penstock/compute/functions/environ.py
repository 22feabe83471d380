"""The environment variables of a function: AWS's documented ones, the function's own, nothing of the user's shell.

Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
"""

import os

from penstock.compute.functions.model import FunctionSpec
from penstock.compute.sessions import Credentials

RESERVED = frozenset(
    {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
    }
)

# Nothing of the user's own profile may be found; AWS's metadata service is not asked (nobody answers there). The
# endpoint is an address, which no word can be put before (`sync-`, for StartSyncExecution).
SEALED = {
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
    "AWS_EC2_METADATA_DISABLED": "true",
}


def variables(spec: FunctionSpec, credentials: Credentials, endpoint: str, stream: str) -> dict[str, str]:
    """Defaults, then the function's own variables, then the reserved ones, which nobody overrides."""
    reserved = {**SEALED, **_reserved(spec, credentials, stream)}
    if spec.container is not None:  # its own variables are put together with the image's
        return {**_always(endpoint), **reserved}
    return {**_always(endpoint), **_of_package(spec), **spec.environment, **reserved}


def _always(endpoint: str) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:2000",
        "HOME": "/tmp",
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
    }


def _of_package(spec: FunctionSpec) -> dict[str, str]:
    """Where things are of a function that is not from an image."""
    bin_dirs = [str(layer / "bin") for layer in spec.layers if (layer / "bin").is_dir()]
    libraries = [str(spec.code), str(spec.code / "lib"), *(str(layer / "lib") for layer in spec.layers)]
    return {
        "LD_LIBRARY_PATH": ":".join(libraries),
        "PATH": ":".join([*bin_dirs, os.environ.get("PATH", os.defpath)]),
        "PYTHONPATH": ":".join([str(spec.code), *(str(layer / "python") for layer in spec.layers)]),
        # Byte code is told apart by the second and size of its source, which is too coarse for code being edited.
        **({"PYTHONDONTWRITEBYTECODE": "1"} if spec.live else {}),
    }


def _reserved(spec: FunctionSpec, credentials: Credentials, stream: str) -> dict[str, str]:
    logging = {"AWS_LAMBDA_LOG_FORMAT": "JSON" if spec.json_logs else "Text"}
    if spec.application_log_level:
        logging["AWS_LAMBDA_LOG_LEVEL"] = spec.application_log_level
    runtime = spec.runtime and not spec.runtime.startswith("provided")
    named = {"AWS_EXECUTION_ENV": f"AWS_Lambda_{spec.runtime}"} if runtime else {}
    return {
        "_HANDLER": spec.handler,
        "AWS_ACCESS_KEY_ID": credentials.access_key_id,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_access_key,
        "AWS_SESSION_TOKEN": credentials.session_token,
        "AWS_DEFAULT_REGION": spec.region,
        "AWS_REGION": spec.region,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(spec.memory),
        "AWS_LAMBDA_FUNCTION_NAME": spec.name,
        "AWS_LAMBDA_FUNCTION_VERSION": spec.version,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": spec.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": stream,
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
        "LAMBDA_TASK_ROOT": str(spec.code),
        **logging,
        **named,
    }
