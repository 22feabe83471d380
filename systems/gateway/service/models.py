"""What a client sends and gets."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, HttpUrl, TypeAdapter
from pydantic.alias_generators import to_camel

from domain.link import CODE, RESERVED, Link

_URL: TypeAdapter[HttpUrl] = TypeAdapter(HttpUrl)


def _address(text: str) -> str:
    """As it goes into a `Location` header: ASCII, percent-encoded, internationalized names in punycode."""
    url = _URL.validate_python(text)
    if url.username or url.password:
        raise ValueError("must not hold a user name or a password")
    return str(url)


def _code(text: str) -> str:
    if not CODE.fullmatch(text):
        raise ValueError("must be 1 to 64 letters, digits, hyphens and underscores")
    if text in RESERVED:
        raise ValueError(f"'{text}' is reserved")
    return text


class Model(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, hide_input_in_errors=True)


class NewLink(Model):
    url: Annotated[str, AfterValidator(_address)]
    code: Annotated[str, AfterValidator(_code)] | None = None


class ShownLink(Model):
    code: str
    url: str
    clicks: int
    created_at: datetime

    @classmethod
    def of(cls, link: Link) -> "ShownLink":
        return cls(code=link.code, url=link.url, clicks=link.clicks, created_at=link.created_at)
