"""Task definitions: registered, refused, described, listed, deregistered, deleted."""

import pytest

FARGATE = {"cpu": "256", "memory": "512", "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"]}
APP = {"name": "app", "image": "python:3", "memory": 64}


def test_a_definition_has_its_defaults(ecs):
    made = ecs.client.register_task_definition(
        family=ecs.name, containerDefinitions=[{**APP, "portMappings": [{"containerPort": 80}]}]
    )["taskDefinition"]
    assert made["taskDefinitionArn"] == f"arn:aws:ecs:us-east-1:000000000000:task-definition/{ecs.name}:1"
    assert (made["revision"], made["status"], made["networkMode"]) == (1, "ACTIVE", "bridge")
    assert made["compatibilities"] == ["EXTERNAL", "EC2"]
    assert made["containerDefinitions"] == [
        {
            **APP,
            "cpu": 0,
            "portMappings": [{"containerPort": 80, "hostPort": 0, "protocol": "tcp"}],
            "essential": True,
            "environment": [],
            "mountPoints": [],
            "volumesFrom": [],
            "systemControls": [],
        }
    ]


def test_sizes_are_brought_to_units(ecs):
    sizes = FARGATE | {"cpu": ".5 vCPU", "memory": "1 GB"}
    made = ecs.client.register_task_definition(family=ecs.name, containerDefinitions=[APP], **sizes)["taskDefinition"]
    assert (made["cpu"], made["memory"], made["compatibilities"]) == ("512", "1024", ["EC2", "FARGATE"])


LOGS = {"logDriver": "awslogs", "options": {"awslogs-group": "g"}}
REFUSED = [
    ({"containerDefinitions": []}, "Container list cannot be empty."),
    ({"containerDefinitions": [{"image": "i"}]}, "Container.name should not be null or empty."),
    ({"containerDefinitions": [{"name": "n"}]}, "Container.image should not be null or empty."),
    ({"family": "no spaces"}, "Family contains invalid characters."),
    (
        {"containerDefinitions": [{"name": "n", "image": "i"}]},
        "Invalid setting for container 'n'. At least one of 'memory' or 'memoryReservation' must be specified.",
    ),
    ({"requiresCompatibilities": ["FARGATE"]}, "Fargate requires that 'cpu' be defined at the task level."),
    (FARGATE | {"networkMode": "bridge"}, "Fargate only supports network mode ‘awsvpc’."),
    (
        FARGATE | {"memory": "8192"},
        "No Fargate configuration exists for given values: 256 CPU, 8192 memory. See the Amazon ECS documentation for "
        "the valid values.",
    ),
    (
        FARGATE | {"containerDefinitions": [APP | {"logConfiguration": LOGS}]},
        "Fargate requires task definition to have execution role ARN to support log driver awslogs.",
    ),
    (
        FARGATE | {"pidMode": "host"},
        "Tasks using the Fargate launch type do not support pidMode 'host'. The supported value for pidMode is 'task'.",
    ),
    (
        FARGATE | {"containerDefinitions": [APP | {"portMappings": [{"containerPort": 80, "hostPort": 81}]}]},
        "When networkMode=awsvpc, the host ports and container ports in port mappings must match.",
    ),
    (
        {"cpu": "much"},
        "Invalid 'cpu' setting for task. For more information, see the Troubleshooting section of the Amazon ECS "
        "Developer Guide.",
    ),
]


@pytest.mark.parametrize(("change", "message"), REFUSED)
def test_a_definition_that_cannot_be_is_refused(ecs, refused, change, message):
    given = {"family": ecs.name, "containerDefinitions": [APP]} | change
    assert refused(ecs.client.register_task_definition, **given) == ("ClientException", message)


def test_what_does_not_run_here_can_be_registered_and_is_said_when_it_is_to_run(ecs, refused):
    proxy = {"type": "APPMESH", "containerName": "app", "properties": []}
    router = APP | {"name": "router", "firelensConfiguration": {"type": "fluentbit"}}
    for given in ({"containerDefinitions": [APP], "proxyConfiguration": proxy}, {"containerDefinitions": [router]}):
        made = ecs.client.register_task_definition(family=ecs.name, **given)["taskDefinition"]
        assert made.get("proxyConfiguration") == given.get("proxyConfiguration")
        run = {"cluster": ecs.name, "taskDefinition": ecs.name}
        code, message = refused(ecs.client.run_task, **run)
        assert (code, message.partition(" support ")[0]) == ("UnsupportedFeatureException", "Penstock does not")
        assert refused(ecs.client.create_service, serviceName="web", **run)[0] == "UnsupportedFeatureException"


@pytest.mark.parametrize(
    "members",
    [
        {"environmentFiles": [{"value": "arn:aws:s3:::b/f.txt", "type": "s3"}]},
        {"environmentFiles": [{"value": "arn:aws:s3:::b/f.env", "type": "s3"}] * 11},
        {"restartPolicy": {"enabled": True, "restartAttemptPeriod": 59}},
        {"restartPolicy": {"enabled": True, "ignoredExitCodes": list(range(51))}},
        {"portMappings": [{"name": "Web", "containerPort": 80}]},
        {"portMappings": [{"name": "web", "containerPort": 80}, {"name": "web", "containerPort": 81}]},
    ],
)
def test_members_of_containers_are_checked(ecs, refused, members):
    given = {"family": ecs.name, "containerDefinitions": [APP | members]}
    assert refused(ecs.client.register_task_definition, **given)[0] == "ClientException"


def test_a_range_of_ports_and_a_file_system_are_recorded(ecs):
    volumes = [{"name": "files", "efsVolumeConfiguration": {"fileSystemId": "fs-1"}}]
    container = APP | {"portMappings": [{"containerPortRange": "8000-8010"}]}
    made = ecs.client.register_task_definition(family=ecs.name, containerDefinitions=[container], volumes=volumes)
    definition = made["taskDefinition"]
    assert definition["containerDefinitions"][0]["portMappings"] == [
        {"containerPortRange": "8000-8010", "protocol": "tcp"}
    ]
    assert definition["volumes"][0]["efsVolumeConfiguration"] == {"fileSystemId": "fs-1", "rootDirectory": "/"}


def test_a_family_means_its_latest_active_revision(ecs, refused):
    for _ in range(3):
        ecs.define()
    describe = ecs.client.describe_task_definition
    assert describe(taskDefinition=ecs.name)["taskDefinition"]["revision"] == 3
    gone = ecs.client.deregister_task_definition(taskDefinition=f"{ecs.name}:3")["taskDefinition"]
    assert (gone["status"], "deregisteredAt" in gone) == ("INACTIVE", True)
    assert describe(taskDefinition=ecs.name)["taskDefinition"]["revision"] == 2
    assert describe(taskDefinition=f"{ecs.name}:3")["taskDefinition"]["status"] == "INACTIVE"
    assert refused(describe, taskDefinition=f"{ecs.name}:9") == (
        "ClientException",
        "Unable to describe task definition.",
    )
    assert refused(ecs.client.deregister_task_definition, taskDefinition=ecs.name) == (
        "ClientException",
        "Revision is missing.",
    )


def test_definitions_are_listed_sorted_and_in_pages(ecs):
    arns = [ecs.define() for _ in range(3)]
    found = ecs.client.list_task_definitions(familyPrefix=ecs.name, maxResults=2)
    assert found["taskDefinitionArns"] == arns[:2]
    rest = ecs.client.list_task_definitions(familyPrefix=ecs.name, maxResults=2, nextToken=found["nextToken"])
    assert rest["taskDefinitionArns"] == arns[2:]
    assert ecs.client.list_task_definitions(familyPrefix=ecs.name, sort="DESC")["taskDefinitionArns"] == arns[::-1]


def test_families_are_listed_by_prefix_and_status(ecs):
    ecs.define()
    families = ecs.client.list_task_definition_families
    assert families(familyPrefix=ecs.name[:-1])["families"] == [ecs.name]
    ecs.client.deregister_task_definition(taskDefinition=f"{ecs.name}:1")
    assert families(familyPrefix=ecs.name, status="ACTIVE")["families"] == []
    assert families(familyPrefix=ecs.name, status="INACTIVE")["families"] == [ecs.name]


def test_an_inactive_definition_is_deleted(ecs):
    arn = ecs.define()
    delete = ecs.client.delete_task_definitions
    assert delete(taskDefinitions=[arn])["failures"] == [
        {
            "arn": arn,
            "reason": "The specified task definition is still in ACTIVE status. Please deregister the target and try "
            "again.",
        }
    ]
    wrong = delete(taskDefinitions=[ecs.name, f"{ecs.name}:99"])["failures"]
    assert [failure["arn"] for failure in wrong] == [ecs.name, f"{ecs.name}:99"]  # as they were given
    ecs.client.deregister_task_definition(taskDefinition=arn)
    assert delete(taskDefinitions=[arn])["taskDefinitions"][0]["status"] == "DELETE_IN_PROGRESS"
    assert ecs.define() == f"{arn[:-1]}2"


def test_a_deleted_definition_stays_while_a_service_is_made_of_it(ecs, refused, penstock):
    used, unused = ecs.define(), ecs.define()
    ecs.create(used, 1)
    ecs.steady()
    for arn in (used, unused):
        ecs.client.deregister_task_definition(taskDefinition=arn)
    deleted = ecs.client.delete_task_definitions(taskDefinitions=[used, unused])["taskDefinitions"]
    assert [each["status"] for each in deleted] == ["DELETE_IN_PROGRESS"] * 2
    assert ecs.client.list_task_definitions(familyPrefix=ecs.name, status="DELETE_IN_PROGRESS")[
        "taskDefinitionArns"
    ] == [used, unused]
    assert refused(ecs.client.run_task, cluster=ecs.name, taskDefinition=used)[0] == "ClientException"
    penstock.advance(61)
    describe = ecs.client.describe_task_definition
    assert describe(taskDefinition=used)["taskDefinition"]["status"] == "DELETE_IN_PROGRESS"
    assert refused(describe, taskDefinition=unused)[0] == "ClientException"
    ecs.client.update_service(cluster=ecs.name, service="web", desiredCount=2)
    assert ecs.steady()["runningCount"] == 2


def test_tags_are_told_when_they_are_asked_for(ecs):
    tags = [{"key": "a", "value": "1"}]
    ecs.define(task_tags=tags)
    assert ecs.client.describe_task_definition(taskDefinition=ecs.name, include=["TAGS"])["tags"] == tags
