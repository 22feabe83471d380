"""AWS integrations with services of the query protocol, with S3 and with SSM."""

import json

ROLE = "arn:aws:iam::000000000000:role/gateway"
FORM = {"integration.request.header.Content-Type": "'application/x-www-form-urlencoded'"}


def calls(api, path, uri, method="POST", template=None, answer=None, **settings):
    """A method that calls a service, and answers with what the service says, or with a template of it."""
    integration = {"type": "AWS", "integrationHttpMethod": "POST", "credentials": ROLE, **settings}
    integration["uri"] = f"arn:aws:apigateway:us-east-1:{uri}"
    if template is not None:
        integration["requestTemplates"] = {"application/json": template}
    api.method(path, method, integration)
    templates = {"application/json": answer} if answer is not None else {}
    api.client.put_integration_response(**api.where(path, method), statusCode="200", responseTemplates=templates)


def test_the_answers_of_a_query_service_are_json(api, functions, unique):
    url = functions.client("sqs").create_queue(QueueName=unique)["QueueUrl"]
    body = "Action=SendMessage&MessageBody=$input.body"
    answer = "$input.path('$.SendMessageResponse.SendMessageResult.MessageId')"
    uri = f"sqs:path/000000000000/{unique}"
    calls(api, "/whole", uri, template=body, requestParameters=FORM)
    calls(api, "/id", uri, template=body, answer=answer, requestParameters=FORM)
    accepting = {**FORM, "integration.request.header.Accept": "'application/xml'"}
    calls(api, "/xml", uri, template=body, requestParameters=accepting)
    api.deploy()
    whole = api.call("/whole", "POST", b"one").json["SendMessageResponse"]
    assert whole["SendMessageResult"]["SequenceNumber"] is None
    assert whole["ResponseMetadata"]["RequestId"]
    sent = api.call("/id", "POST", b"two").body.decode()
    assert b"<MessageId>" in api.call("/xml", "POST", b"three").body
    received = functions.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert {message["Body"]: message["MessageId"] for message in received}["two"] == sent


def test_message_attributes_by_either_name(api, functions, unique):
    url = functions.client("sqs").create_queue(QueueName=unique)["QueueUrl"]
    for name in ("MessageAttribute", "MessageAttributes"):
        attribute = "".join(
            f"&{name}.1.{end}" for end in ("Name=from", "Value.DataType=String", "Value.StringValue=$input.params('X')")
        )
        template = f"Action=SendMessage&MessageBody={name}{attribute}"
        calls(api, f"/{name}", f"sqs:path/000000000000/{unique}", template=template, requestParameters=FORM)
    api.deploy()
    for name in ("MessageAttribute", "MessageAttributes"):
        assert api.call(f"/{name}", "POST", b"{}", {"X": "there"}).status == 200
    received = functions.client("sqs").receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    )
    assert [found["MessageAttributes"]["from"]["StringValue"] for found in received["Messages"]] == ["there"] * 2


def test_an_error_of_a_query_service_is_json(api, unique):
    calls(api, "/a", f"sqs:path/000000000000/{unique}", template="Action=SendMessage&MessageBody=x")
    where = {**api.where("/a", "POST"), "statusCode": "400", "selectionPattern": "4\\d\\d"}
    api.client.put_integration_response(**where)
    api.deploy()
    answer = api.call("/a", "POST", b"{}")
    assert answer.status == 400
    assert answer.json["Error"]["Code"] == "AWS.SimpleQueueService.NonExistentQueue"


def test_a_parameter_is_read_by_the_older_protocol(api, functions, unique):
    functions.client("ssm").put_parameter(Name=unique, Value="123", Type="String")
    mapped = {"integration.request.querystring.Name": f"'{unique}'"}
    calls(api, "/a", "ssm:action/GetParameter", method="GET", requestParameters=mapped)
    api.deploy()
    parameter = api.call("/a").json["GetParameterResponse"]["GetParameterResult"]["Parameter"]
    assert (parameter["Value"], parameter["Selector"]) == ("123", None)


def test_any_method_goes_to_s3_as_it_came(api, functions, unique):
    s3 = functions.client("s3")
    s3.create_bucket(Bucket=unique)
    mapping = {"integration.request.path.key": "method.request.path.key"}
    api.method(
        "/{key+}",
        "ANY",
        {
            "type": "AWS",
            "integrationHttpMethod": "ANY",
            "credentials": ROLE,
            "uri": f"arn:aws:apigateway:us-east-1:s3:path/{unique}/{{key}}",
            "requestParameters": mapping,
        },
        requestParameters={"method.request.path.key": True},
    )
    api.client.put_integration_response(**api.where("/{key+}", "ANY"), statusCode="200")
    api.deploy()
    assert api.call("/a/b%20c.json", "PUT", json.dumps({"x": 1}).encode()).status == 200
    assert api.call("/a/b%20c.json").json == {"x": 1}
    assert [found["Key"] for found in s3.list_objects_v2(Bucket=unique)["Contents"]] == ["a/b c.json"]
    api.call("/a/b%20c.json", "DELETE")
    assert s3.list_objects_v2(Bucket=unique)["KeyCount"] == 0
