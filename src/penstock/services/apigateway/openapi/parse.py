"""OpenAPI documents as they are sent: JSON or YAML.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-import-api.html
"""

import yaml

from penstock.services.apigateway.lookup import bad_request
from penstock.template.document import load_yaml
from penstock.wire.model import Json


def parse(body: bytes, strict: bool = False) -> Json:
    """The document, from JSON or YAML. `strict`: what is only warned of is an error. Raises BadRequestException."""
    try:
        spec = load_yaml(body)
    except yaml.YAMLError as error:
        raise bad_request(f"Invalid OpenAPI input: {error}") from None
    if not isinstance(spec, dict) or not ("swagger" in spec or "openapi" in spec):
        raise bad_request("Invalid OpenAPI input. The document names neither a swagger nor an openapi version.")
    if "openapi" in spec and not str(spec["openapi"]).startswith("3"):
        raise bad_request("Only OpenAPI 3.x.x are currently supported")
    if strict and "paths" not in spec:
        raise bad_request("Failed to parse the uploaded OpenAPI document due to: 'paths' is a required property")
    return spec
