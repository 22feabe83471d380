"""Tags by ARN, account settings, container instances and their attributes."""

import json


def test_tags_of_every_kind(ecs):
    definition = ecs.define()
    task = ecs.run(definition)["taskArn"]
    service = ecs.create(definition, 0)["serviceArn"]
    for arn in (ecs.cluster_arn, definition, task, service):
        ecs.client.tag_resource(resourceArn=arn, tags=[{"key": "a", "value": "1"}, {"key": "b", "value": "2"}])
        ecs.client.untag_resource(resourceArn=arn, tagKeys=["a"])
        assert ecs.client.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "b", "value": "2"}]
    assert ecs.service()["tags"] == [{"key": "b", "value": "2"}]


def test_tags_of_nothing(ecs, refused):
    assert refused(ecs.client.list_tags_for_resource, resourceArn="nothing") == (
        "InvalidParameterException",
        "The ARN provided is invalid.",
    )
    code, _ = refused(ecs.client.list_tags_for_resource, resourceArn=f"{ecs.cluster_arn}-none")
    assert code == "InvalidParameterException"


def test_tasks_take_tags_of_their_service(ecs):
    ecs.create(ecs.define(), 1, tags=[{"key": "of", "value": "service"}], propagateTags="SERVICE")
    ecs.steady()
    [task] = ecs.tasks()
    assert ecs.task(task["taskArn"])["tags"] == [{"key": "of", "value": "service"}]


def test_account_settings(penstock):
    client = penstock.client("ecs", account="333333333333")
    assert client.list_account_settings()["settings"] == []
    put = client.put_account_setting(name="containerInsights", value="enabled")["setting"]
    assert put == {
        "name": "containerInsights",
        "value": "enabled",
        "principalArn": "arn:aws:iam::333333333333:root",
        "type": "user",
    }
    assert client.list_account_settings()["settings"] == [put]
    client.put_account_setting_default(name="awsvpcTrunking", value="enabled")
    found = client.list_account_settings(effectiveSettings=True)["settings"]
    effective = {each["name"]: each["value"] for each in found}
    assert (effective["containerInsights"], effective["awsvpcTrunking"]) == ("enabled", "enabled")
    client.delete_account_setting(name="containerInsights")
    assert client.list_account_settings()["settings"] == []


def test_a_task_is_started_on_an_instance(ecs, refused):
    document = json.dumps({"instanceId": "i-0123456789abcdef0"})
    instance = ecs.client.register_container_instance(cluster=ecs.name, instanceIdentityDocument=document)
    arn = instance["containerInstance"]["containerInstanceArn"]
    assert instance["containerInstance"]["ec2InstanceId"] == "i-0123456789abcdef0"
    definition = ecs.define(fargate=False)
    started = ecs.client.start_task(cluster=ecs.name, taskDefinition=definition, containerInstances=[arn, "none"])
    assert [task["containerInstanceArn"] for task in started["tasks"]] == [arn]
    assert [each["reason"] for each in started["failures"]] == ["MISSING"]
    ecs.until(started["tasks"][0]["taskArn"], "RUNNING")
    [found] = ecs.client.describe_container_instances(cluster=ecs.name, containerInstances=[arn])["containerInstances"]
    assert (found["runningTasksCount"], found["status"]) == (1, "ACTIVE")
    assert ecs.client.list_tasks(cluster=ecs.name, containerInstance=arn)["taskArns"]
    refusal = refused(ecs.client.deregister_container_instance, cluster=ecs.name, containerInstance=arn)
    assert refusal == ("InvalidParameterException", "Found running tasks on the instance.")
    ecs.client.update_container_instances_state(cluster=ecs.name, containerInstances=[arn], status="DRAINING")
    assert ecs.client.list_container_instances(cluster=ecs.name, status="DRAINING")["containerInstanceArns"] == [arn]


def test_attributes_of_instances(ecs, refused):
    arn = ecs.client.register_container_instance(cluster=ecs.name)["containerInstance"]["containerInstanceArn"]
    attribute = {"name": "stack", "value": "prod", "targetType": "container-instance", "targetId": arn}
    ecs.client.put_attributes(cluster=ecs.name, attributes=[attribute])
    listed = ecs.client.list_attributes(cluster=ecs.name, targetType="container-instance", attributeName="stack")
    assert listed["attributes"] == [{"name": "stack", "value": "prod", "targetId": arn}]
    ecs.client.delete_attributes(cluster=ecs.name, attributes=[attribute])
    assert ecs.client.list_attributes(cluster=ecs.name, targetType="container-instance")["attributes"] == []
    missing = [{**attribute, "targetId": "none"}]
    refusal = refused(ecs.client.put_attributes, cluster=ecs.name, attributes=missing)
    assert refusal == ("TargetNotFoundException", "Could not find none")
