def tags(sqs, url):
    return sqs.client.list_queue_tags(QueueUrl=url).get("Tags")


def test_tags_are_added_overwritten_and_taken_away(sqs):
    url = sqs.queue()
    assert tags(sqs, url) is None
    sqs.client.tag_queue(QueueUrl=url, Tags={"a": "1", "A": "2", "empty": ""})
    sqs.client.tag_queue(QueueUrl=url, Tags={"a": "3"})
    assert tags(sqs, url) == {"a": "3", "A": "2", "empty": ""}
    sqs.client.untag_queue(QueueUrl=url, TagKeys=["a", "empty", "never there"])
    assert tags(sqs, url) == {"A": "2"}
    sqs.client.untag_queue(QueueUrl=url, TagKeys=["A"])
    assert tags(sqs, url) is None


def test_tagging_is_no_change_of_attributes(sqs, penstock):
    url = sqs.queue()
    before = sqs.attributes(url, "LastModifiedTimestamp")
    penstock.advance(5)
    sqs.client.tag_queue(QueueUrl=url, Tags={"a": "1"})
    assert sqs.attributes(url, "LastModifiedTimestamp") == before


def test_limits_of_tags(sqs, refused):
    url = sqs.queue()
    error = refused(sqs.client.tag_queue, QueueUrl=url, Tags={"": "x"})
    assert error["Message"] == "Tag keys must be between 1 and 128 characters in length."
    error = refused(sqs.client.tag_queue, QueueUrl=url, Tags={str(i): "x" for i in range(51)})
    assert error["Message"].startswith("Too many tags added for queue")
    assert refused(sqs.client.tag_queue, QueueUrl=url)["Code"] == "MissingParameter"
    error = refused(sqs.client.tag_queue, QueueUrl=url, Tags={})
    assert (error["Code"], error["Message"]) == ("MissingParameter", "The request must contain the parameter Tags.")
    error = refused(sqs.client.untag_queue, QueueUrl=url, TagKeys=[])
    assert error["Message"] == "Tag keys must be between 1 and 128 characters in length."
