"""Attributes of services, which say what all of their instances have in common.

Source: https://docs.aws.amazon.com/cloud-map/latest/api/API_UpdateServiceAttributes.html
"""

import orjson

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.servicediscovery import store
from penstock.services.servicediscovery.state import MapService, service_of, state
from penstock.wire.model import Json

MAX_ATTRIBUTES = 30


def get_service_attributes(ctx: Context, request: Json) -> Json:
    service = service_of(ctx, request["ServiceId"])
    members = {"ServiceArn": service.arn, "ResourceOwner": ctx.account, "Attributes": service.attributes}
    return {"ServiceAttributes": members}


def update_service_attributes(ctx: Context, request: Json) -> Json:
    service = service_of(ctx, request["ServiceId"])
    attributes = service.attributes | request["Attributes"]
    if len(attributes) > MAX_ATTRIBUTES:
        raise AwsError(
            "ServiceAttributesLimitExceededException",
            "Cannot update service attributes because the number of attributes for the service exceeds the limit of "
            f"{MAX_ATTRIBUTES}.",
        )
    _put(ctx, service, attributes)
    return {}


def delete_service_attributes(ctx: Context, request: Json) -> Json:
    service = service_of(ctx, request["ServiceId"])
    gone = request["Attributes"]
    _put(ctx, service, {key: value for key, value in service.attributes.items() if key not in gone})
    return {}


def _put(ctx: Context, service: MapService, attributes: dict[str, str]) -> None:
    texts = (orjson.dumps(value).decode() for value in (service.document, attributes, service.tags))
    ctx.store.run(store.UPDATE_SERVICE, *texts, service.arn)
    state(ctx).refresh_service(service.arn)
