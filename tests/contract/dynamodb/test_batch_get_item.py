DUPLICATES = "Provided list of item keys contains duplicates"


def key(name):
    return {"pk": {"S": name}}


def test_gets_items_of_several_tables(dynamodb, hash_table, indexed, put):
    put(hash_table, pk="a", x=1)
    put(indexed, pk="b", sk="c")
    answer = dynamodb.batch_get_item(
        RequestItems={
            hash_table: {"Keys": [key("a"), key("nobody")], "ProjectionExpression": "x"},
            indexed: {"Keys": [{"pk": {"S": "b"}, "sk": {"S": "c"}}]},
        }
    )
    assert answer["Responses"] == {
        hash_table: [{"x": {"N": "1"}}],
        indexed: [{"pk": {"S": "b"}, "sk": {"S": "c"}}],
    }
    assert answer["UnprocessedKeys"] == {}


def test_what_does_not_fit_is_left_for_later(dynamodb, hash_table, put):
    for number in range(60):
        put(hash_table, pk=f"p{number}", payload="x" * 380_000)
    keys = [key(f"p{number}") for number in range(60)]
    answer = dynamodb.batch_get_item(RequestItems={hash_table: {"Keys": keys, "ConsistentRead": True}})
    found = len(answer["Responses"][hash_table])
    assert 40 <= found < 60
    assert answer["UnprocessedKeys"] == {hash_table: {"Keys": keys[found:], "ConsistentRead": True}}


def test_what_is_refused(dynamodb, hash_table, indexed, unique, refused):
    def message(**request_items):
        return refused(dynamodb.batch_get_item, RequestItems=request_items)

    many = [key(str(number)) for number in range(60)]
    both = [{"pk": {"S": str(number)}, "sk": {"S": "x"}} for number in range(60)]
    assert message(**{hash_table: {"Keys": [key("a"), key("a")]}}) == ("ValidationException", DUPLICATES)
    assert message(**{hash_table: {"Keys": many}, indexed: {"Keys": both}}) == (
        "ValidationException",
        "Too many items requested for the BatchGetItem call",
    )
    assert message(**{hash_table: {"Keys": [{"other": {"S": "a"}}]}}) == (
        "ValidationException",
        "The provided key element does not match the schema",
    )
    assert message(**{f"{unique}-gone": {"Keys": [key("a")]}}) == (
        "ResourceNotFoundException",
        "Requested resource not found",
    )
    mixed = {hash_table: {"Keys": [key("a")], "ProjectionExpression": "x"}}
    mixed[indexed] = {"Keys": both[:1], "AttributesToGet": ["x"]}
    assert message(**mixed)[0] == "ValidationException"
    assert message(**{hash_table: {"Keys": [key("a")], "ProjectionExpression": "x, x"}})[1].startswith(
        "Invalid ProjectionExpression: Two document paths overlap"
    )


def test_at_most_a_hundred_keys_a_table(dynamodb, hash_table, refused):
    keys = [key(str(number)) for number in range(101)]
    code, message = refused(dynamodb.batch_get_item, RequestItems={hash_table: {"Keys": keys}})
    assert code == "ValidationException"
    assert message.endswith("Member must have length less than or equal to 100")
