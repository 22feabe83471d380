"""One room per AWS service, all of one shape; see docs/architecture.md. A service never imports another: it calls.

A room's code is loaded when somebody asks for the service: the start of the runtime and its memory pay for what is
used, not for all there is.
"""

from penstock.call import Room


def _room(name: str, signs_as: str, *types: str, where: str = "", places: tuple[str, ...] = ()) -> Room:
    return Room(name, f"{__name__}.{where or f'{name}:SERVICE'}", signs_as, types, places)


# As botocore calls them, with the name in a request's credential scope.
SERVICES: tuple[Room, ...] = (
    _room("apigateway", "apigateway", "AWS::ApiGateway::", places=("execute-api", "custom-domain")),
    _room("apigatewaymanagementapi", "execute-api", where="apigatewayv2:MANAGEMENT"),
    _room("apigatewayv2", "apigateway", "AWS::ApiGatewayV2::", places=("execute-api",)),
    _room(
        "cloudformation",
        "cloudformation",
        "AWS::CloudFormation::",
        "Custom::AWS",
        "Custom::CDKBucketDeployment",
        "Custom::CrossRegionExportReader",
        "Custom::CrossRegionExportWriter",
        "Custom::LogRetention",
        "Custom::S3AutoDeleteObjects",
        "Custom::S3BucketNotifications",
        "Custom::Trigger",
        places=("cloudformation-custom-resource", "cloudformation-wait-condition"),
    ),
    _room("cloudwatch", "monitoring", "AWS::CloudWatch::"),
    _room("dynamodb", "dynamodb", "AWS::DynamoDB::"),
    _room("dynamodbstreams", "dynamodb", where="dynamodb:STREAMS"),
    _room("ec2", "ec2", "AWS::EC2::", "Custom::VpcRestrictDefaultSG"),
    _room("ecs", "ecs", "AWS::ECS::", places=("ecs",)),
    _room("elbv2", "elasticloadbalancing", "AWS::ElasticLoadBalancingV2::", places=("elb",)),
    _room("events", "events", "AWS::Events::"),
    _room("iam", "iam", "AWS::IAM::"),
    _room("kinesis", "kinesis", "AWS::Kinesis::"),
    _room("lambda", "lambda", "AWS::Lambda::", where="lambda_:SERVICE", places=("lambda-url", "lambda-code")),
    _room("logs", "logs", "AWS::Logs::"),
    _room("pipes", "pipes", "AWS::Pipes::"),
    _room("s3", "s3", "AWS::S3::", places=("s3-website",)),
    _room("scheduler", "scheduler", "AWS::Scheduler::"),
    _room("secretsmanager", "secretsmanager", "AWS::SecretsManager::"),
    _room("servicediscovery", "servicediscovery", "AWS::ServiceDiscovery::"),
    _room("sns", "sns", "AWS::SNS::", places=("sns",)),
    _room("sqs", "sqs", "AWS::SQS::"),
    _room("ssm", "ssm", "AWS::SSM::"),
    _room("stepfunctions", "states", "AWS::StepFunctions::"),
    _room("sts", "sts"),
)
