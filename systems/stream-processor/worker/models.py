"""What a record of the stream looks like when it gets here."""

import base64
import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from domain.customer import Customer


class Refused(Exception):
    """The record will never be a customer; says why, naming the fields."""


def _decoded(data: Any) -> Any:
    """A pipe decodes data that are JSON when it transforms them; Kinesis itself hands them out in base64."""
    return json.loads(base64.b64decode(data, validate=True)) if isinstance(data, str) else data


class Model(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, hide_input_in_errors=True)


class Metadata(Model):
    event_id: str
    event_type: Literal["customer-created"]
    correlation_id: str = ""
    trace: str = ""


class Data(Model):
    customer_id: Annotated[str, Field(min_length=1, max_length=128)]
    first_name: Annotated[str, Field(min_length=1, max_length=100)]


class Message(Model):
    metadata: Metadata
    data: Data

    def customer(self) -> Customer:
        return Customer(self.data.customer_id, self.data.first_name)


class Record(Model):
    data: Annotated[Message, BeforeValidator(_decoded)]


def read(record: Any) -> Message:
    """Raises Refused."""
    try:
        return Record.model_validate(record).data
    except ValidationError as error:
        wrong = (f"{'.'.join(map(str, each['loc'])) or 'record'}: {each['msg']}" for each in error.errors())
        raise Refused("; ".join(wrong)) from None
