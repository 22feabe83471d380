"""What was deployed is served again after a restart on the same data."""

from http.client import HTTPConnection

from penstock.call import Config
from penstock.testing import running


def get(runtime, path):
    connection = HTTPConnection("127.0.0.1", runtime.runtime.config.port, timeout=30)
    connection.request("GET", path)
    response = connection.getresponse()
    return response.status, response.read()


def test_deployments_and_routes_outlive_the_process(tmp_path):
    with running(Config(port=0, data=tmp_path)) as runtime:
        client = runtime.client("apigateway")
        api = client.create_rest_api(name="a")
        where = {"restApiId": api["id"], "resourceId": api["rootResourceId"], "httpMethod": "GET"}
        client.put_method(**where, authorizationType="NONE")
        client.put_integration(**where, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'})
        client.put_integration_response(**where, statusCode="200", responseTemplates={"application/json": "still here"})
        client.create_deployment(restApiId=api["id"], stageName="dev")
        http = runtime.client("apigatewayv2").create_api(
            Name="h", ProtocolType="HTTP", Target="arn:aws:lambda:us-east-1:000000000000:function:nobody"
        )
    with running(Config(port=0, data=tmp_path)) as runtime:
        assert get(runtime, f"/_aws/execute-api/{api['id']}/dev") == (200, b"still here")
        assert get(runtime, f"/_aws/execute-api/{http['ApiId']}/x")[0] == 500
        assert get(runtime, "/_aws/execute-api/nosuchapi0/x")[0] == 403
