"""A table's key schema and indexes, as items are checked against them and placed by them.

Built from a table's definition (what CreateTable and UpdateTable said, as it is stored); never changed in place.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from penstock.services.dynamodb.errors import INVALID, KEY_MISMATCH, NOT_VALID, invalid
from penstock.services.dynamodb.keys import ENCODERS, Key, bucket, joined
from penstock.services.dynamodb.values import Item, Value, item_size, type_of
from penstock.wire.model import Json

MAX_HASH_SIZE = 2048
MAX_RANGE_SIZE = 1024
MAX_EXPIRED = 5 * 365 * 86400

# Members of a definition, as operations show them.
DESTINATIONS = "KinesisDataStreamDestinations"
PRECISION = "ApproximateCreationDateTimePrecision"


class Attribute(NamedTuple):
    """A key attribute and its type: S, N or B."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Schema:
    """Partition key and sort key of a table or an index; a global index's may have up to four attributes each."""

    hashes: tuple[Attribute, ...]
    ranges: tuple[Attribute, ...]

    @property
    def hash(self) -> Attribute:
        return self.hashes[0]

    @property
    def range(self) -> Attribute | None:
        return self.ranges[0] if self.ranges else None

    @property
    def is_simple(self) -> bool:
        return len(self.hashes) == 1 and len(self.ranges) <= 1

    def __iter__(self) -> Iterator[Attribute]:
        yield from self.hashes
        yield from self.ranges

    def find(self, item: Item) -> Key | None:
        """Where an item stands; None where it has not all keys, as it may in an index."""
        encoded = []
        for name, kind in self:
            value = item.get(name)
            content = value.get(kind) if value is not None else None
            if not content:
                return None
            encoded.append(ENCODERS[kind](content))
        count = len(self.hashes)
        hash_key = joined(encoded[:count])
        return Key(bucket(hash_key), hash_key, joined(encoded[count:]))


@dataclass(frozen=True, slots=True)
class Index:
    """`projected` are the attributes it keeps; None for all. `backfilling` until the items of before are in it."""

    id: int
    name: str
    is_global: bool
    schema: Schema
    projected: frozenset[str] | None
    backfilling: bool = False

    def project(self, item: Item) -> Item:
        if self.projected is None:
            return item
        return {name: value for name, value in item.items() if name in self.projected}

    def size(self, item: Item, whole: int) -> int:
        """Bytes that an item of `whole` bytes takes in this index."""
        return whole if self.projected is None else item_size(self.project(item))

    def differs(self, old: Item, new: Item) -> bool:
        """Whether what the index keeps of the item has changed."""
        if self.projected is None:
            return old != new
        return any(old.get(name) != new.get(name) for name in self.projected)


class Stream(NamedTuple):
    """The enabled stream of a table."""

    id: int
    arn: str
    view_type: str


class Destination(NamedTuple):
    """The Kinesis stream that a table writes to, and the unit of its records' times: MILLISECOND or MICROSECOND."""

    stream_arn: str
    precision: str


@dataclass(frozen=True, slots=True)
class Table:
    id: int
    arn: str
    name: str
    schema: Schema
    indexes: dict[str, Index]
    definition: Json
    ttl_attribute: str | None
    stream: Stream | None
    destination: Destination | None

    def key(self, given: Item) -> Key:
        """The place that a `Key` parameter names. Raises ValidationException."""
        hash_attribute, range_attribute = self.schema.hash, self.schema.range
        if len(given) != 1 + (range_attribute is not None):
            raise invalid(KEY_MISMATCH)
        hash_key = _encoded(given, hash_attribute, MAX_HASH_SIZE)
        range_key = b"" if range_attribute is None else _encoded(given, range_attribute, MAX_RANGE_SIZE)
        return Key(bucket(hash_key), hash_key, range_key)

    def place(self, item: Item) -> Key:
        """Where a whole item goes, its index keys checked. Raises ValidationException."""
        for attribute in self.schema:
            if attribute.name not in item:
                raise invalid(f"{INVALID}Missing the key {attribute.name} in the item")
            actual = type_of(item[attribute.name])
            if actual != attribute.type:
                mismatch = f"Type mismatch for key {attribute.name} expected: {attribute.type} actual: {actual}"
                raise invalid(INVALID + mismatch)
        hash_attribute, range_attribute = self.schema.hash, self.schema.range
        hash_key = _encoded(item, hash_attribute, MAX_HASH_SIZE)
        range_key = b"" if range_attribute is None else _encoded(item, range_attribute, MAX_RANGE_SIZE)
        for index in self.indexes.values():
            check_index_keys(index, item)
        return Key(bucket(hash_key), hash_key, range_key)

    def key_of(self, item: Item) -> Item:
        """The item's primary key, as responses give it."""
        return {attribute.name: item[attribute.name] for attribute in self.schema}

    def expires_at(self, item: Item, now: float) -> float | None:
        """When the item's time to live ends, in epoch seconds; None for never.

        A time of more than five years ago is taken for a mistake, and the item stays.
        """
        number = item.get(self.ttl_attribute or "", {}).get("N")
        expires_at = float(number) if number is not None else 0.0
        return expires_at if expires_at > now - MAX_EXPIRED else None

    @property
    def has_collections(self) -> bool:
        """Item collections have a size limit, and metrics, where there are local indexes."""
        return any(not index.is_global for index in self.indexes.values())


def _encoded(item: Item, attribute: Attribute, limit: int) -> bytes:
    value = item.get(attribute.name)
    content = value.get(attribute.type) if value is not None else None
    if content is None:
        raise invalid(KEY_MISMATCH)
    check_content(content, attribute)
    encoded = ENCODERS[attribute.type](content)
    if len(encoded) > limit:
        raise invalid(INVALID + _TOO_LONG[limit])
    return encoded


def check_content(content: str | bytes, attribute: Attribute) -> None:
    if not content:
        raise invalid(f"{NOT_VALID}{_empty(attribute.type)} Key: {attribute.name}")


def check_empty_keys(table: Table, given: Item) -> None:
    """That the key attributes that are there are not empty."""
    for attribute in table.schema:
        value = given.get(attribute.name)
        if value is not None and attribute.type in value:
            check_content(value[attribute.type], attribute)


_TOO_LONG = {
    MAX_HASH_SIZE: "Size of hashkey has exceeded the maximum size limit of2048 bytes",
    MAX_RANGE_SIZE: "Aggregated size of all range keys has exceeded the size limit of 1024 bytes",
}


def _empty(kind: str) -> str:
    noun = "string" if kind == "S" else "binary"
    return f"The AttributeValue for a key attribute cannot contain an empty {noun} value."


def check_index_keys(index: Index, item: Item) -> None:
    """That the item's attributes that are keys of an index can be; an item without them is just not in the index."""
    for attribute in index.schema:
        value = item.get(attribute.name)
        if value is None:
            continue
        actual = type_of(value)
        if actual != attribute.type:
            raise index_mismatch(index, attribute, actual)
        if not value[actual]:
            raise invalid(
                f"{NOT_VALID}A value specified for a secondary index key is not supported. {_empty(actual)} "
                f"IndexName: {index.name}, IndexKey: {attribute.name}"
            )
        if actual != "N" and len(value[actual].encode() if actual == "S" else value[actual]) > _limit(index, attribute):
            raise invalid(INVALID + _TOO_LONG[_limit(index, attribute)])


def _limit(index: Index, attribute: Attribute) -> int:
    return MAX_HASH_SIZE if attribute in index.schema.hashes else MAX_RANGE_SIZE


def index_mismatch(index: Index, attribute: Attribute, actual: str) -> Exception:
    mismatch = f"Type mismatch for Index Key {attribute.name} Expected: {attribute.type} Actual: {actual}"
    return invalid(f"{INVALID}{mismatch} IndexName: {index.name}")


def check_updated_index_keys(index: Index, old: Item, new: Item) -> None:
    """As `check_index_keys`, for what an update expression has made of them; DynamoDB words it in another way."""
    for attribute in index.schema:
        value: Value | None = new.get(attribute.name)
        if value is None or value is old.get(attribute.name):
            continue
        if attribute.type not in value:
            raise invalid("The update expression attempted to update the secondary index key to unsupported type")
        if not value[attribute.type]:
            raise invalid(
                f"{NOT_VALID}The update expression attempted to update a secondary index key to a value that is not "
                f"supported. {_empty(attribute.type)}"
            )
        check_index_keys(index, {attribute.name: value})


# -- from a definition -------------------------------------------------------------------------------


def schema_of(key_schema: list[Json], types: dict[str, str]) -> Schema:
    attributes: dict[str, list[Attribute]] = {"HASH": [], "RANGE": []}
    for element in key_schema:
        name = element["AttributeName"]
        attributes[element["KeyType"]].append(Attribute(name, types[name]))
    return Schema(tuple(attributes["HASH"]), tuple(attributes["RANGE"]))


def table_of(table_id: int, arn: str, definition: Json, index_ids: dict[str, int]) -> Table:
    types = {given["AttributeName"]: given["AttributeType"] for given in definition["AttributeDefinitions"]}
    schema = schema_of(definition["KeySchema"], types)
    indexes = {}
    for kind in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
        for given in definition.get(kind, ()):
            name = given["IndexName"]
            indexes[name] = _index(index_ids[name], given, kind.startswith("Global"), schema, types)
    ttl = definition.get("TimeToLive")
    name = definition["TableName"]
    ttl_attribute = ttl["AttributeName"] if ttl else None
    followers = (_stream(definition), _destination(definition))
    return Table(table_id, arn, name, schema, indexes, definition, ttl_attribute, *followers)


def _stream(definition: Json) -> Stream | None:
    if "StreamSpecification" not in definition:
        return None
    view_type = definition["StreamSpecification"]["StreamViewType"]
    return Stream(definition["StreamId"], definition["LatestStreamArn"], view_type)


def _destination(definition: Json) -> Destination | None:
    for given in definition.get(DESTINATIONS, ()):
        if given["DestinationStatus"] == "ACTIVE":
            return Destination(given["StreamArn"], given.get(PRECISION, "MILLISECOND"))
    return None


def _index(index_id: int, given: Json, is_global: bool, base: Schema, types: dict[str, str]) -> Index:
    schema = schema_of(given["KeySchema"], types)
    projection = given["Projection"]
    kept = None
    if projection["ProjectionType"] != "ALL":
        keys = [attribute.name for attribute in (*base, *schema)]
        kept = frozenset((*keys, *projection.get("NonKeyAttributes", ())))
    return Index(index_id, given["IndexName"], is_global, schema, kept, given.get("Backfilling", False))
