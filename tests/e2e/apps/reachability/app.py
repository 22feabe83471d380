"""CDK stages, each one case of the reachability tests: `clean_...` have no finding, the others one fault each."""

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_ecs_patterns as patterns
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_ssm as ssm

ISOLATED = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
PUBLIC = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC)
IMAGE = ecs.ContainerImage.from_registry("python:3.11")
URL = "http://event-receiver.dev.shipping.local:8080/receiver"
PULLS = {
    "EcrApi": ec2.InterfaceVpcEndpointAwsService.ECR,
    "EcrDkr": ec2.InterfaceVpcEndpointAwsService.ECR_DOCKER,
    "Logs": ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
}


def stack(scope, id="Stack"):
    return cdk.Stack(scope, id, synthesizer=cdk.DefaultStackSynthesizer(generate_bootstrap_version_rule=False))


def function(scope, id="F", **options):
    code = lambda_.Code.from_inline("x")
    return lambda_.Function(scope, id, runtime=lambda_.Runtime.PYTHON_3_11, handler="i.h", code=code, **options)


def isolated_vpc(scope, id="Vpc"):
    subnets = [ec2.SubnetConfiguration(name="iso", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)]
    return ec2.Vpc(scope, id, nat_gateways=0, max_azs=2, subnet_configuration=subnets)


def endpoints(vpc, interfaces, **options):
    vpc.add_gateway_endpoint("S3", service=ec2.GatewayVpcEndpointAwsService.S3)
    return {id: vpc.add_interface_endpoint(id, service=service, **options) for id, service in interfaces.items()}


def private_service(scope, vpc, subnets=None, image=IMAGE, **options):
    """Fargate with the Cloud Map name event-receiver.dev.shipping.local and port 8080."""
    namespace = ecs.CloudMapNamespaceOptions(name="dev.shipping.local", vpc=vpc)
    cluster = ecs.Cluster(scope, "Cluster", vpc=vpc, default_cloud_map_namespace=namespace)
    task = ecs.FargateTaskDefinition(scope, "Task")
    logs = ecs.LogDrivers.aws_logs(stream_prefix="web")
    ports = [ecs.PortMapping(container_port=8080)]
    task.add_container("web", image=image, logging=logs, port_mappings=ports)
    name = ecs.CloudMapOptions(name="event-receiver")
    options |= {"vpc_subnets": subnets} if subnets else {}
    return ecs.FargateService(
        scope, "Service", cluster=cluster, task_definition=task, cloud_map_options=name, **options
    )


def from_ecr(scope):
    return ecs.ContainerImage.from_ecr_repository(ecr.Repository(scope, "Repository"))


def table(scope):
    key = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
    return dynamodb.Table(scope, "Table", partition_key=key)


def alb(scope, **options):
    image = patterns.ApplicationLoadBalancedTaskImageOptions(image=IMAGE, container_port=8080)
    return patterns.ApplicationLoadBalancedFargateService(scope, "Web", task_image_options=image, **options)


def nlb(scope, **options):
    image = patterns.NetworkLoadBalancedTaskImageOptions(image=IMAGE, container_port=8080)
    return patterns.NetworkLoadBalancedFargateService(
        scope, "Web", task_image_options=image, public_load_balancer=False, **options
    )


# -- nothing to find -----------------------------------------------------------------------------------


def clean_alb(scope):
    it = stack(scope)
    table(it).grant_read_write_data(alb(it).task_definition.task_role)


def clean_alb_public_tasks(scope):
    it = stack(scope)
    vpc = ec2.Vpc(it, "Vpc", nat_gateways=0, max_azs=2)
    alb(it, vpc=vpc, assign_public_ip=True, task_subnets=PUBLIC)


def clean_nat(scope):
    it = stack(scope)
    vpc = ec2.Vpc(it, "Vpc", max_azs=2)
    caller = function(it, vpc=vpc, environment={"URL": URL})
    private_service(it, vpc).connections.allow_from(caller, ec2.Port.tcp(8080))
    table(it).grant_read_data(caller)


def clean_isolated(scope):
    it = stack(scope)
    vpc = isolated_vpc(it)
    endpoints(vpc, PULLS)
    vpc.add_gateway_endpoint("Dynamo", service=ec2.GatewayVpcEndpointAwsService.DYNAMODB)
    service = private_service(it, vpc, ISOLATED, from_ecr(it))
    table(it).grant_read_write_data(service.task_definition.task_role)
    caller = function(it, vpc=vpc, vpc_subnets=ISOLATED, environment={"URL": URL})
    service.connections.allow_from(caller, ec2.Port.tcp(8080))


def clean_polling(scope):
    """Lambda polls the queue and sends to the dead-letter queues: nothing of it passes through the VPC."""
    it = stack(scope)
    dead = sqs.Queue(it, "Dead")
    queue = sqs.Queue(it, "Queue", dead_letter_queue=sqs.DeadLetterQueue(queue=dead, max_receive_count=2))
    proxy = function(it, vpc=isolated_vpc(it), vpc_subnets=ISOLATED, dead_letter_queue=dead)
    proxy.add_event_source(sources.SqsEventSource(queue))


def clean_gateways(scope):
    it = stack(scope)
    vpc = ec2.Vpc(it, "Vpc", max_azs=2)
    behind = nlb(it, vpc=vpc)
    behind.service.connections.allow_from(ec2.Peer.ipv4(vpc.vpc_cidr_block), ec2.Port.tcp(8080))
    link = apigateway.VpcLink(it, "Link", targets=[behind.load_balancer])
    options = apigateway.IntegrationOptions(connection_type=apigateway.ConnectionType.VPC_LINK, vpc_link=link)
    uri = f"http://{behind.load_balancer.load_balancer_dns_name}"
    kind = apigateway.IntegrationType.HTTP_PROXY
    integration = apigateway.Integration(type=kind, integration_http_method="ANY", uri=uri, options=options)
    apigateway.RestApi(it, "Rest").root.add_proxy(default_integration=integration)
    function(it, vpc=vpc, environment={"NLB": behind.load_balancer.load_balancer_dns_name})


def clean_http_api(scope):
    it = stack(scope)
    vpc = ec2.Vpc(it, "Vpc", max_azs=2)
    web = alb(it, vpc=vpc, public_load_balancer=False)
    integration = integrations.HttpAlbIntegration("Integration", web.listener)
    apigatewayv2.HttpApi(it, "Http", default_integration=integration)
    function(it, vpc=vpc, environment={"URL": f"http://{web.load_balancer.load_balancer_dns_name}/"})


def clean_stacks(scope):
    vpc = ec2.Vpc(stack(scope, "Net"), "Vpc", max_azs=2)
    service = private_service(stack(scope, "App"), vpc)
    caller = function(stack(scope, "Caller"), vpc=vpc, environment={"URL": URL})
    caller.connections.allow_to(service, ec2.Port.tcp(8080))


def clean_nested(scope):
    it = stack(scope)
    vpc = isolated_vpc(cdk.NestedStack(it, "Net"))
    vpc.add_gateway_endpoint("Dynamo", service=ec2.GatewayVpcEndpointAwsService.DYNAMODB)
    table(it).grant_read_data(function(it, vpc=vpc, vpc_subnets=ISOLATED))


def clean_imported(scope):
    it = stack(scope)
    vpc = ec2.Vpc.from_vpc_attributes(
        it,
        "Vpc",
        vpc_id="vpc-1",
        availability_zones=["a"],
        private_subnet_ids=["subnet-1"],
        private_subnet_route_table_ids=["rtb-1"],
    )
    table(it).grant_read_data(function(it, vpc=vpc, environment={"URL": URL}))
    private_service(it, vpc)


def clean_namespace_by_api(scope):
    """The namespace's own name is what DiscoverInstances takes, which works from anywhere."""
    it = stack(scope)
    private_service(it, ec2.Vpc(it, "Vpc", max_azs=2))
    function(it, environment={"NAMESPACE": "dev.shipping.local", "FROM": "a@web.dev.shipping.local"})


# -- one fault each ------------------------------------------------------------------------------------


def outside(scope):
    it = stack(scope)
    private_service(it, ec2.Vpc(it, "Vpc", max_azs=2))
    function(it, environment={"RECEIVER_URL": URL})


def outside_by_parameter(scope):
    first, second = stack(scope, "First"), stack(scope, "Second")
    private_service(first, ec2.Vpc(first, "Vpc", max_azs=2))
    ssm.StringParameter(first, "Url", parameter_name="/receiver/url", string_value=URL)
    url = ssm.StringParameter.value_for_string_parameter(second, "/receiver/url")
    function(second, environment={"RECEIVER_URL": url})


def outside_of_balancer(scope):
    first, second = stack(scope, "First"), stack(scope, "Second")
    web = alb(first, vpc=ec2.Vpc(first, "Vpc", max_azs=2), public_load_balancer=False)
    function(second, environment={"WEB": f"http://{web.load_balancer.load_balancer_dns_name}/"})


def other_vpc(scope):
    it = stack(scope)
    private_service(it, ec2.Vpc(it, "Vpc", max_azs=2))
    function(it, vpc=ec2.Vpc(it, "Other", max_azs=2), environment={"RECEIVER_URL": URL})


def closed_service(scope):
    it = stack(scope)
    vpc = ec2.Vpc(it, "Vpc", max_azs=2)
    private_service(it, vpc)
    function(it, vpc=vpc, environment={"RECEIVER_URL": URL})


def wrong_port(scope):
    it = stack(scope)
    vpc = ec2.Vpc(it, "Vpc", max_azs=2)
    caller = function(it, vpc=vpc, environment={"RECEIVER_URL": URL})
    private_service(it, vpc).connections.allow_from(caller, ec2.Port.tcp(80))


def closed_caller(scope):
    it = stack(scope)
    vpc = ec2.Vpc(it, "Vpc", max_azs=2)
    group = ec2.SecurityGroup(it, "Group", vpc=vpc, allow_all_outbound=False)
    function(it, vpc=vpc, security_groups=[group], environment={"RECEIVER_URL": URL})
    private_service(it, vpc).connections.allow_from_any_ipv4(ec2.Port.tcp(8080))


def closed_target(scope):
    it = stack(scope)
    nlb(it, vpc=ec2.Vpc(it, "Vpc", max_azs=2))


def closed_listener(scope):
    it = stack(scope)
    alb(it, vpc=ec2.Vpc(it, "Vpc", max_azs=2), open_listener=False)


def closed_link(scope):
    it = stack(scope)
    vpc = ec2.Vpc(it, "Vpc", max_azs=2)
    web = alb(it, vpc=vpc, public_load_balancer=False, open_listener=False)
    integration = integrations.HttpAlbIntegration("Integration", web.listener)
    apigatewayv2.HttpApi(it, "Http", default_integration=integration)


def isolated_function(scope):
    it = stack(scope)
    vpc = isolated_vpc(it)
    vpc.add_gateway_endpoint("Dynamo", service=ec2.GatewayVpcEndpointAwsService.DYNAMODB)
    caller = function(it, vpc=vpc, vpc_subnets=ISOLATED)
    table(it).grant_read_data(caller)
    sqs.Queue(it, "Queue").grant_send_messages(caller)


def isolated_service(scope):
    it = stack(scope)
    vpc = isolated_vpc(it)
    endpoints(vpc, {"EcrApi": PULLS["EcrApi"]})
    private_service(it, vpc, ISOLATED, from_ecr(it))


def isolated_public_image(scope):
    it = stack(scope)
    vpc = isolated_vpc(it)
    endpoints(vpc, PULLS)
    private_service(it, vpc, ISOLATED)


def public_without_address(scope):
    it = stack(scope)
    vpc = ec2.Vpc(it, "Vpc", nat_gateways=0, max_azs=2)
    private_service(it, vpc, PUBLIC)


def public_function(scope):
    it = stack(scope)
    vpc = ec2.Vpc(it, "Vpc", max_azs=2)
    table(it).grant_read_data(function(it, vpc=vpc, vpc_subnets=PUBLIC, allow_public_subnet=True))


def isolated_from_nested(scope):
    it = stack(scope)
    vpc = isolated_vpc(cdk.NestedStack(it, "Net"))
    table(it).grant_read_data(function(it, vpc=vpc, vpc_subnets=ISOLATED))


def closed_link_to_name(scope):
    it = stack(scope)
    vpc = ec2.Vpc(it, "Vpc", max_azs=2)
    service = private_service(it, vpc)
    link = apigatewayv2.VpcLink(it, "Link", vpc=vpc)
    integration = integrations.HttpServiceDiscoveryIntegration("Integration", service.cloud_map_service, vpc_link=link)
    apigatewayv2.HttpApi(it, "Http", default_integration=integration)


def closed_endpoint(scope):
    it = stack(scope)
    vpc = isolated_vpc(it)
    endpoints(vpc, {"Sqs": ec2.InterfaceVpcEndpointAwsService.SQS}, open=False)
    sqs.Queue(it, "Queue").grant_send_messages(function(it, vpc=vpc, vpc_subnets=ISOLATED))


CASES = (
    clean_alb,
    clean_alb_public_tasks,
    clean_nat,
    clean_isolated,
    clean_polling,
    clean_gateways,
    clean_http_api,
    clean_stacks,
    clean_nested,
    clean_imported,
    clean_namespace_by_api,
    outside,
    outside_by_parameter,
    outside_of_balancer,
    other_vpc,
    closed_service,
    wrong_port,
    closed_caller,
    closed_target,
    closed_listener,
    closed_link,
    closed_link_to_name,
    closed_endpoint,
    isolated_function,
    isolated_service,
    isolated_public_image,
    isolated_from_nested,
    public_without_address,
    public_function,
)

app = cdk.App()
for case in CASES:
    case(cdk.Stage(app, case.__name__.replace("_", "-")))
app.synth()
