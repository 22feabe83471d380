"""One handler, in each way in which Lambda runs functions, behind one HTTP API."""

from pathlib import Path

from aws_cdk import App, CfnOutput, Duration, Stack
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_lambda as lambda_
from aws_cdk.aws_apigatewayv2_integrations import HttpLambdaIntegration

HERE = Path(__file__).parent
app = App()
stack = Stack(app, "Runtimes")


def packaged(name: str, runtime: lambda_.Runtime, handler: str) -> lambda_.Function:
    code = lambda_.Code.from_asset(str(HERE / name))
    return lambda_.Function(
        stack, name, code=code, runtime=runtime, handler=handler, timeout=Duration.seconds(20), memory_size=256
    )


def image(name: str, directory: str, command: list[str] | None = None) -> lambda_.Function:
    code = lambda_.DockerImageCode.from_image_asset(str(HERE / directory), cmd=command)
    return lambda_.DockerImageFunction(stack, name, code=code, timeout=Duration.seconds(20), memory_size=256)


functions = {
    "python": packaged("python", lambda_.Runtime.PYTHON_3_12, "app.handler"),
    "node": packaged("node", lambda_.Runtime.NODEJS_22_X, "app.handler"),
    "bootstrap": packaged("bootstrap", lambda_.Runtime.PROVIDED_AL2023, "any"),
    "image": image("image", "image"),
    "image-node": image("image-node", "image-node", ["app.handler"]),
}
api = apigateway.HttpApi(stack, "Api")
for name, function in functions.items():
    integration = HttpLambdaIntegration(f"To{name}", function)
    api.add_routes(path=f"/{name}", methods=[apigateway.HttpMethod.POST], integration=integration)
streaming = (
    functions["node"]
    .add_alias("live")
    .add_function_url(auth_type=lambda_.FunctionUrlAuthType.NONE, invoke_mode=lambda_.InvokeMode.RESPONSE_STREAM)
)
CfnOutput(stack, "Url", value=api.api_endpoint)
CfnOutput(stack, "Streaming", value=streaming.url)
app.synth()
