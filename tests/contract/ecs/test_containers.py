"""What containers are given: environment, overrides, secrets, credentials, metadata; and what becomes of their logs."""

import json

import pytest

# Prints what it is asked for as one line of JSON, and ends.
PRINT = (
    "import json, os, sys, urllib.request\n"
    "def get(path): return json.load(urllib.request.urlopen(os.environ['ECS_CONTAINER_METADATA_URI_V4'] + path))\n"
)


@pytest.fixture
def logged(ecs, client):
    """`logged(script, **members)`: runs it in a task with awslogs; the messages of its stream, and the task."""
    logs = client("logs")

    def run(script, overrides=None, **members):
        group = f"/ecs/{ecs.name}"
        options = {"awslogs-group": group, "awslogs-region": "us-east-1", "awslogs-stream-prefix": "p"}
        options["awslogs-create-group"] = "true"
        members.setdefault("task_executionRoleArn", "arn:aws:iam::000000000000:role/execution")
        definition = ecs.define(script, logConfiguration={"logDriver": "awslogs", "options": options}, **members)
        made = ecs.run(definition, overrides=overrides or {})
        task = ecs.until(made["taskArn"], "STOPPED")
        stream = f"p/app/{made['taskArn'].rpartition('/')[2]}"
        events = logs.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True)["events"]
        return [event["message"] for event in events], task

    return run


def test_lines_go_to_the_stream_of_the_container(logged):
    messages, task = logged("print('one'); print('two')")
    assert messages == ["one", "two"]
    assert (task["stopCode"], task["containers"][0]["exitCode"]) == ("EssentialContainerExited", 0)


def test_a_missing_group_is_not_made_unasked(ecs):
    options = {"awslogs-group": f"/none/{ecs.name}", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "p"}
    role = "arn:aws:iam::000000000000:role/execution"
    definition = ecs.define(logConfiguration={"logDriver": "awslogs", "options": options}, task_executionRoleArn=role)
    task = ecs.until(ecs.run(definition)["taskArn"], "STOPPED")
    assert task["stopCode"] == "TaskFailedToStart"
    assert task["stoppedReason"].startswith("ResourceInitializationError: failed to validate logger args")
    assert "The specified log group does not exist." in task["stoppedReason"]


def test_overrides_win(logged):
    overrides = {
        "containerOverrides": [
            {"name": "app", "environment": [{"name": "A", "value": "override"}], "command": ["said", "so"]}
        ]
    }
    environment = [{"name": "A", "value": "definition"}, {"name": "B", "value": "kept"}]
    script = "import os, sys; print(os.environ['A'], os.environ['B'], *sys.argv[1:])"
    messages, task = logged(script, overrides, environment=environment, command=["not"])
    assert messages == ["override kept said so"]
    assert task["overrides"]["containerOverrides"] == overrides["containerOverrides"]


def test_secrets_are_resolved(logged, client, ecs):
    client("ssm").put_parameter(Name=f"/{ecs.name}/p", Value="from ssm", Type="SecureString")
    secret = client("secretsmanager").create_secret(Name=ecs.name, SecretString=json.dumps({"user": "ann", "n": 5}))[
        "ARN"
    ]
    parameter = f"arn:aws:ssm:us-east-1:000000000000:parameter/{ecs.name}/p"
    sources = {"NAME": f"/{ecs.name}/p", "ARN": parameter, "KEY": f"{secret}:user::", "N": f"{secret}:n:AWSCURRENT:"}
    messages, _ = logged(
        "import os; print(*[os.environ[n] for n in ('NAME', 'ARN', 'KEY', 'N')], sep='|')",
        secrets=[{"name": name, "valueFrom": source} for name, source in sources.items()],
    )
    assert messages == ["from ssm|from ssm|ann|5"]


def test_a_secret_that_is_not_there_keeps_the_task_from_starting(ecs):
    definition = ecs.define(
        secrets=[{"name": "S", "valueFrom": "/not/there"}],
        task_executionRoleArn="arn:aws:iam::000000000000:role/execution",
    )
    task = ecs.until(ecs.run(definition)["taskArn"], "STOPPED")
    assert (task["stopCode"], task["stoppedReason"]) == (
        "TaskFailedToStart",
        "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "
        "unable to retrieve secrets from ssm: service call has been retried 1 time(s): invalid parameters: /not/there",
    )


def test_variables_from_files(logged, client, ecs):
    """The first of two files wins, and what the definition says wins over both."""
    s3 = client("s3")
    s3.create_bucket(Bucket=ecs.name)
    s3.put_object(Bucket=ecs.name, Key="a.env", Body="# comment\nA=from a\nB='quoted' \n\nnothing\n")
    s3.put_object(Bucket=ecs.name, Key="b.env", Body="A=from b\nC=x=y\nD=file")
    files = [{"value": f"arn:aws:s3:::{ecs.name}/{name}.env", "type": "s3"} for name in "ab"]
    script = "import os; print(*[os.environ[n] for n in 'ABCD'], sep='|')"
    environment = [{"name": "D", "value": "definition"}]
    messages, _ = logged(script, environmentFiles=files, environment=environment)
    assert messages == ["from a|'quoted' |x=y|definition"]


def test_a_file_of_variables_that_is_not_there_keeps_the_task_from_starting(ecs):
    files = [{"value": f"arn:aws:s3:::{ecs.name}/none.env", "type": "s3"}]
    task = ecs.until(ecs.run(ecs.define(environmentFiles=files))["taskArn"], "STOPPED")
    assert task["stopCode"] == "TaskFailedToStart"
    assert task["stoppedReason"].startswith("ResourceInitializationError: failed to download env files: ")
    assert "NoSuchBucket" in task["stoppedReason"]


def test_a_task_acts_with_its_role(logged, ecs):
    """What an SDK does: it asks for credentials, and signs with them."""
    script = (
        "import json, os, urllib.request\n"
        "own = json.load(urllib.request.urlopen(os.environ['AWS_CONTAINER_CREDENTIALS_FULL_URI']))\n"
        "scope = f\"{own['AccessKeyId']}/20261121/us-east-1/sts/aws4_request\"\n"
        "signed = f'AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0'\n"
        "asked = b'Action=GetCallerIdentity&Version=2011-06-15'\n"
        "headers = {'Authorization': signed, 'X-Amz-Security-Token': own['Token']}\n"
        "request = urllib.request.Request(os.environ['AWS_ENDPOINT_URL'], asked, headers)\n"
        "print(own['RoleArn'], urllib.request.urlopen(request).read().decode().replace('\\n', ''))\n"
    )
    role = f"arn:aws:iam::000000000000:role/{ecs.name}"
    [message], task = logged(script, task_taskRoleArn=role)
    id = task["taskArn"].rpartition("/")[2]
    assert message.startswith(f"{role} ")
    assert f"<Arn>arn:aws:sts::000000000000:assumed-role/{ecs.name}/{id}</Arn>" in message


def test_the_metadata_endpoint_describes_container_and_task(logged, ecs):
    script = f"{PRINT}print(json.dumps([get(''), get('/task'), get('/stats'), get('/task/stats')]))"
    messages, task = logged(script)
    container, of_task, stats, all_stats = json.loads(messages[0])
    assert (container["Name"], container["KnownStatus"], container["ContainerARN"]) == (
        "app",
        "RUNNING",
        task["containers"][0]["containerArn"],
    )
    assert container["Networks"][0]["IPv4Addresses"] == [
        task["containers"][0]["networkInterfaces"][0]["privateIpv4Address"]
    ]
    assert container["Labels"]["com.amazonaws.ecs.task-arn"] == task["taskArn"]
    assert (of_task["TaskARN"], of_task["Family"], of_task["Revision"]) == (task["taskArn"], ecs.name, "1")
    assert of_task["Limits"] == {"CPU": 0.25, "Memory": 512}
    assert container["LogOptions"]["awslogs-stream"] == f"p/app/{task['taskArn'].rpartition('/')[2]}"
    assert stats["memory_stats"]["usage"] > 0
    assert stats["memory_stats"]["limit"] == 512 << 20
    again = all_stats[container["DockerId"]]
    assert again["precpu_stats"] == stats["cpu_stats"]
    assert again["cpu_stats"]["cpu_usage"]["total_usage"] >= stats["cpu_stats"]["cpu_usage"]["total_usage"] > 0
    assert list(all_stats) == [container["DockerId"]]


def test_the_variables_are_those_of_fargate(logged, penstock):
    names = ("AWS_REGION", "AWS_EXECUTION_ENV", "AWS_ENDPOINT_URL")
    messages, _ = logged(f"import os; print(*[os.environ[n] for n in {names}], 'AWS_PROFILE' in os.environ)")
    assert messages == [f"us-east-1 AWS_ECS_FARGATE {penstock.endpoint} False"]


def test_containers_start_in_the_order_of_their_dependencies(ecs):
    first = {"name": "first", "image": "python:3", "entryPoint": ["python3", "-c", "print(1)"], "essential": False}
    second = {
        "name": "second",
        "image": "python:3",
        "entryPoint": ["python3", "-c", "print(2)"],
        "dependsOn": [{"containerName": "first", "condition": "SUCCESS"}],
    }
    sizes = {"cpu": "256", "memory": "512", "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"]}
    definition = ecs.client.register_task_definition(family=ecs.name, containerDefinitions=[first, second], **sizes)[
        "taskDefinition"
    ]["taskDefinitionArn"]
    task = ecs.until(ecs.run(definition)["taskArn"], "STOPPED")
    assert {each["name"]: each["exitCode"] for each in task["containers"]} == {"first": 0, "second": 0}


def test_an_unknown_image_is_said(ecs):
    definition = ecs.client.register_task_definition(
        family=ecs.name, containerDefinitions=[{"name": "app", "image": "nginx:latest", "memory": 64}]
    )["taskDefinition"]["taskDefinitionArn"]
    made = ecs.client.run_task(cluster=ecs.name, taskDefinition=definition)["tasks"][0]
    task = ecs.until(made["taskArn"], "STOPPED")
    assert task["stopCode"] == "TaskFailedToStart"
    assert task["stoppedReason"].startswith("CannotPullContainerError: nginx:latest is not an image asset")


def test_a_volume_is_shared_by_the_containers_of_a_task(ecs):
    mount = {"sourceVolume": "shared", "containerPath": "/data"}
    write = {"name": "write", "image": "python:3", "essential": False, "mountPoints": [mount]}
    write["entryPoint"] = ["/bin/sh", "-c", "echo kept > /data/file"]
    read = {"name": "read", "image": "python:3", "mountPoints": [mount]}
    read["entryPoint"] = ["/bin/sh", "-c", "grep kept /data/file"]
    read["dependsOn"] = [{"containerName": "write", "condition": "SUCCESS"}]
    sizes = {"cpu": "256", "memory": "512", "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"]}
    definition = ecs.client.register_task_definition(
        family=ecs.name, containerDefinitions=[write, read], volumes=[{"name": "shared"}], **sizes
    )["taskDefinition"]["taskDefinitionArn"]
    task = ecs.until(ecs.run(definition)["taskArn"], "STOPPED")
    assert {each["name"]: each["exitCode"] for each in task["containers"]} == {"read": 0, "write": 0}


def test_what_lies_elsewhere_is_not_mounted(ecs):
    volumes = [{"name": "files", "efsVolumeConfiguration": {"fileSystemId": "fs-1"}}]
    task = ecs.until(ecs.run(ecs.define(task_volumes=volumes))["taskArn"], "STOPPED")
    assert task["stoppedReason"] == (
        "ResourceInitializationError: Penstock does not mount efsVolumeConfiguration (volume files)"
    )
