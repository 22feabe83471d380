"""XML bodies of the query and rest-xml protocols, both ways.

Source: https://smithy.io/2.0/spec/protocol-traits.html#xml-bindings
"""

import base64
import re
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree
from xml.sax import saxutils

from penstock.wire.constraints import Malformed
from penstock.wire.model import Json, ServiceModel
from penstock.wire.query import SCALARS
from penstock.wire.timestamps import FORMATS, iso8601

# XML 1.0 cannot say these, not even by a reference: https://www.w3.org/TR/xml/#charsets
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REFERENCES = {"\r": "&#xD;", '"': "&quot;"}
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


def escape(text: str) -> str:
    """Text of an element or attribute; what XML has no characters for is replaced, so that the rest can be read."""
    return _UNWRITABLE.sub("\ufffd", saxutils.escape(text, _REFERENCES))


class Writer:
    """Writes results as XML text, members in the model's order; `instant` writes timestamps of no said format."""

    def __init__(self, model: ServiceModel, instant: Callable[[float], str] = iso8601) -> None:
        self._shapes = model.shapes
        self._instant = instant

    def members(self, shape_name: str, value: Json) -> str:
        """The inside of a structure's element."""
        parts = []
        for name, spec in self._shapes[shape_name].get("members", {}).items():
            item = value.get(name)
            if item is not None and not spec.get("xmlAttribute") and spec.get("location") is None:
                parts.append(self._member(spec, spec.get("locationName", name), item))
        return "".join(parts)

    def element(self, spec: Json, tag: str, value: Any) -> str:
        """One element; structures may carry attributes and a namespace."""
        shape = self._shapes[spec["shape"]]
        if shape["type"] != "structure":
            return self._member(spec, tag, value)
        return f"<{tag}{self._attributes(spec, shape, value)}>{self.members(spec['shape'], value)}</{tag}>"

    def _attributes(self, spec: Json, shape: Json, value: Json) -> str:
        namespace = spec.get("xmlNamespace") or shape.get("xmlNamespace")
        text = ""
        if namespace:
            prefix = f":{namespace['prefix']}" if "prefix" in namespace else ""
            text += f' xmlns{prefix}="{namespace["uri"]}"'
        for name, member in shape.get("members", {}).items():
            if member.get("xmlAttribute") and value.get(name) is not None:
                text += f' {member.get("locationName", name)}="{escape(str(value[name]))}"'
        return text

    def _member(self, spec: Json, tag: str, value: Any) -> str:
        shape = self._shapes[spec["shape"]]
        kind = shape["type"]
        if kind == "structure":
            return self.element(spec, tag, value)
        if kind == "list":
            return self._list(spec, shape, tag, value)
        if kind == "map":
            return self._map(spec, shape, tag, value)
        return f"<{tag}>{escape(scalar_text(spec, shape, value, self._instant))}</{tag}>"

    def _list(self, spec: Json, shape: Json, tag: str, value: list[Any]) -> str:
        member = shape["member"]
        if spec.get("flattened") or shape.get("flattened"):
            inner = member.get("locationName", tag)
            return "".join(self._member(member, inner, item) for item in value)
        inner = member.get("locationName", "member")
        return f"<{tag}>{''.join(self._member(member, inner, item) for item in value)}</{tag}>"

    def _map(self, spec: Json, shape: Json, tag: str, value: Json) -> str:
        key_tag = shape["key"].get("locationName", "key")
        value_tag = shape["value"].get("locationName", "value")
        flat = spec.get("flattened") or shape.get("flattened")
        entry = tag if flat else "entry"
        text = "".join(
            f"<{entry}><{key_tag}>{escape(key)}</{key_tag}>{self._member(shape['value'], value_tag, item)}</{entry}>"
            for key, item in value.items()
        )
        return text if flat else f"<{tag}>{text}</{tag}>"


def scalar_text(spec: Json, shape: Json, value: Any, instant: Callable[[float], str]) -> str:
    """A scalar as text; `instant` writes timestamps which the model says no format of."""
    if shape["type"] == "timestamp":
        form = spec.get("timestampFormat") or shape.get("timestampFormat")
        return str(FORMATS[form](value)) if form else instant(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return str(value)


class Reader:
    """Reads rest-xml bodies into dicts of the model's member names."""

    def __init__(self, model: ServiceModel) -> None:
        self._shapes = model.shapes

    def parse(self, spec: Json, body: bytes) -> Any:
        try:
            root = ElementTree.fromstring(body)
        except ElementTree.ParseError as error:
            raise Malformed(f"The XML you provided was not well-formed: {error}") from None
        for element in root.iter():
            element.tag = element.tag.rpartition("}")[2]
        return self._value(spec, root)

    def _value(self, spec: Json, element: ElementTree.Element) -> Any:
        shape = self._shapes[spec["shape"]]
        kind = shape["type"]
        if kind == "structure":
            return self._structure(shape, element)
        if kind == "list":
            return [self._value(shape["member"], child) for child in element]
        if kind == "map":
            return self._map(shape, element.findall("entry"))
        return SCALARS[kind](element.text or "")

    def _structure(self, shape: Json, element: ElementTree.Element) -> Json:
        result: Json = {}
        for name, spec in shape.get("members", {}).items():
            tag = spec.get("locationName", name)
            if spec.get("xmlAttribute"):
                found = _attribute(element, tag.rpartition(":")[2])
                if found is not None:
                    result[name] = found
                continue
            target = self._shapes[spec["shape"]]
            if target["type"] in ("list", "map") and (spec.get("flattened") or target.get("flattened")):
                children = element.findall(tag)
                if children:
                    result[name] = self._flattened(target, children)
            elif (child := element.find(tag)) is not None:
                result[name] = self._value(spec, child)
        return result

    def _flattened(self, shape: Json, children: list[ElementTree.Element]) -> Any:
        if shape["type"] == "map":
            return self._map(shape, children)
        return [self._value(shape["member"], child) for child in children]

    def _map(self, shape: Json, entries: list[ElementTree.Element]) -> Json:
        key_tag = shape["key"].get("locationName", "key")
        value_tag = shape["value"].get("locationName", "value")
        result = {}
        for entry in entries:
            value = entry.find(value_tag)
            result[entry.findtext(key_tag, "")] = self._value(shape["value"], value) if value is not None else None
        return result


def _attribute(element: ElementTree.Element, name: str) -> str | None:
    return next((value for key, value in element.attrib.items() if key.rpartition("}")[2] == name), None)
