"""What the gateway answers itself, in the API's own words."""


def test_status_headers_and_body_of_ones_own(api):
    template = '{"m": $context.error.messageString, "t": "$context.error.responseType", "s": "$context.stage"}'
    api.client.put_gateway_response(
        restApiId=api.id,
        responseType="MISSING_AUTHENTICATION_TOKEN",
        statusCode="404",
        responseParameters={
            "gatewayresponse.header.X-Literal": "'a'",
            "gatewayresponse.header.X-Accept": "method.request.header.Accept",
        },
        responseTemplates={"application/json": template},
    )
    api.mock("/a")
    api.deploy()
    answer = api.call("/nowhere", headers={"Accept": "text/csv"})
    assert answer.status == 404
    assert answer.json == {"m": "Missing Authentication Token", "t": "MISSING_AUTHENTICATION_TOKEN", "s": "dev"}
    assert (answer.headers["X-Literal"], answer.headers["X-Accept"]) == ("a", "text/csv")


def test_a_general_response_keeps_the_status(api):
    headers = {"gatewayresponse.header.Access-Control-Allow-Origin": "'*'"}
    api.client.put_gateway_response(restApiId=api.id, responseType="DEFAULT_4XX", responseParameters=headers)
    api.client.put_gateway_response(restApiId=api.id, responseType="DEFAULT_5XX", responseParameters=headers)
    api.function("/bad", lambda event: "text")
    api.deploy()
    missing, bad = api.call("/nowhere"), api.call("/bad")
    assert (missing.status, missing.json) == (403, {"message": "Missing Authentication Token"})
    assert (bad.status, bad.json) == (502, {"message": "Internal server error"})
    assert missing.headers["Access-Control-Allow-Origin"] == bad.headers["Access-Control-Allow-Origin"] == "*"


def test_the_template_for_what_the_client_accepts(api):
    templates = {"application/json": "{}", "application/xml": "<m>$context.error.message</m>"}
    api.client.put_gateway_response(restApiId=api.id, responseType="DEFAULT_4XX", responseTemplates=templates)
    api.mock("/a")
    api.deploy()
    answer = api.call("/nowhere", headers={"Accept": "application/xml"})
    assert (answer.body, answer.headers["Content-Type"]) == (b"<m>Missing Authentication Token</m>", "application/xml")


def test_responses_are_part_of_the_deployment(api):
    api.mock("/a")
    api.deploy()
    api.client.put_gateway_response(restApiId=api.id, responseType="DEFAULT_4XX", statusCode="418")
    assert api.call("/nowhere").status == 403
    api.deploy()
    assert api.call("/nowhere").status == 418


def test_every_answer_names_its_request(api):
    api.mock("/a")
    api.deploy()
    for answer in (api.call("/a"), api.call("/nowhere")):
        assert len(answer.headers["x-amzn-RequestId"]) == 36
        assert answer.headers["x-amz-apigw-id"]
