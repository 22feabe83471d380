"""Clusters and capacity providers."""

import pytest


def test_a_cluster_is_described_as_it_was_created(ecs):
    made = ecs.client.create_cluster(
        clusterName=f"{ecs.name}-2",
        tags=[{"key": "team", "value": "a"}],
        capacityProviders=["FARGATE", "FARGATE_SPOT"],
        defaultCapacityProviderStrategy=[{"capacityProvider": "FARGATE", "weight": 1, "base": 1}],
    )["cluster"]
    assert made == {
        "clusterArn": f"arn:aws:ecs:us-east-1:000000000000:cluster/{ecs.name}-2",
        "clusterName": f"{ecs.name}-2",
        "status": "ACTIVE",
        "registeredContainerInstancesCount": 0,
        "runningTasksCount": 0,
        "pendingTasksCount": 0,
        "activeServicesCount": 0,
        "statistics": [],
        "tags": [{"key": "team", "value": "a"}],
        "settings": [{"name": "containerInsights", "value": "disabled"}],
        "capacityProviders": ["FARGATE", "FARGATE_SPOT"],
        "defaultCapacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1, "base": 1}],
    }
    found = ecs.client.describe_clusters(clusters=[made["clusterArn"], "none"], include=["TAGS", "STATISTICS"])
    [cluster] = found["clusters"]
    assert (cluster["tags"], cluster["settings"]) == (made["tags"], [])
    assert {"name": "runningFargateTasksCount", "value": "0"} in cluster["statistics"]
    assert found["failures"] == [
        {"arn": "arn:aws:ecs:us-east-1:000000000000:cluster/none", "reason": "MISSING"},
    ]


def test_creating_a_cluster_again_returns_it(ecs):
    again = ecs.client.create_cluster(clusterName=ecs.name)["cluster"]
    assert again["clusterArn"] == ecs.cluster_arn


def test_clusters_are_listed_in_pages(ecs):
    ecs.client.create_cluster(clusterName=f"{ecs.name}-2")
    arns, token = [], {}
    while True:
        page = ecs.client.list_clusters(maxResults=1, **token)
        arns += page["clusterArns"]
        if "nextToken" not in page:
            break
        token = {"nextToken": page["nextToken"]}
    assert {ecs.cluster_arn, f"{ecs.cluster_arn}-2"} <= set(arns)
    assert len(arns) == len(set(arns))


def test_settings_are_updated(ecs):
    settings = [{"name": "containerInsights", "value": "enabled"}]
    assert ecs.client.update_cluster_settings(cluster=ecs.name, settings=settings)["cluster"]["settings"] == settings
    assert ecs.client.update_cluster(cluster=ecs.name)["cluster"]["settings"] == settings


def test_a_deleted_cluster_is_inactive(ecs, refused):
    deleted = ecs.client.delete_cluster(cluster=ecs.name)["cluster"]
    assert deleted["status"] == "INACTIVE"
    assert ecs.client.describe_clusters(clusters=[ecs.name])["clusters"][0]["status"] == "INACTIVE"
    assert ecs.cluster_arn not in ecs.client.list_clusters()["clusterArns"]
    definition = ecs.define(fargate=False)
    assert refused(ecs.client.run_task, cluster=ecs.name, taskDefinition=definition) == (
        "ClusterNotFoundException",
        "The referenced cluster was inactive.",
    )


def test_a_cluster_with_services_is_not_deleted(ecs, refused):
    ecs.create(ecs.define(), 0)
    assert refused(ecs.client.delete_cluster, cluster=ecs.name) == (
        "ClusterContainsServicesException",
        "The Cluster cannot be deleted while Services are active.",
    )


def test_an_instance_keeps_its_cluster(ecs, refused):
    instance = ecs.client.register_container_instance(cluster=ecs.name)["containerInstance"]
    assert refused(ecs.client.delete_cluster, cluster=ecs.name) == (
        "ClusterContainsContainerInstancesException",
        "The Cluster cannot be deleted while Container Instances are active or draining.",
    )
    ecs.client.deregister_container_instance(
        cluster=ecs.name, containerInstance=instance["containerInstanceArn"], force=True
    )
    assert ecs.client.delete_cluster(cluster=ecs.name)["cluster"]["status"] == "INACTIVE"


@pytest.mark.parametrize("operation", ["list_tasks", "list_services", "list_container_instances"])
def test_what_is_not_there_is_not_found(ecs, refused, operation):
    assert refused(getattr(ecs.client, operation), cluster="none") == ("ClusterNotFoundException", "Cluster not found.")


def test_capacity_providers_of_a_cluster(ecs, refused):
    strategy = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
    put = ecs.client.put_cluster_capacity_providers
    assert refused(put, cluster=ecs.name, capacityProviders=["FARGATE"], defaultCapacityProviderStrategy=strategy) == (
        "InvalidParameterException",
        "The specified capacity provider strategy cannot contain a capacity provider that is not associated with the "
        "cluster. Associate the capacity provider with the cluster and try again.",
    )
    cluster = put(cluster=ecs.name, capacityProviders=["FARGATE_SPOT"], defaultCapacityProviderStrategy=strategy)
    assert cluster["cluster"]["capacityProviders"] == ["FARGATE_SPOT"]
    task = ecs.client.run_task(cluster=ecs.name, taskDefinition=ecs.define(), **ecs.network)["tasks"][0]
    assert (task["capacityProviderName"], task["launchType"]) == ("FARGATE_SPOT", "FARGATE")


def test_a_capacity_provider_is_recorded(ecs, refused):
    group = "arn:aws:autoscaling:us-east-1:000000000000:autoScalingGroup:x:autoScalingGroupName/g"
    given = {"name": f"p{ecs.name}", "autoScalingGroupProvider": {"autoScalingGroupArn": group}}
    made = ecs.client.create_capacity_provider(**given)["capacityProvider"]
    assert made["autoScalingGroupProvider"]["managedScaling"] == {
        "status": "DISABLED",
        "targetCapacity": 100,
        "minimumScalingStepSize": 1,
        "maximumScalingStepSize": 10000,
        "instanceWarmupPeriod": 300,
    }
    assert refused(ecs.client.create_capacity_provider, **given)[0] == "ClientException"
    found = ecs.client.describe_capacity_providers(capacityProviders=[given["name"], "none"])
    assert [each["name"] for each in found["capacityProviders"]] == [given["name"]]
    assert found["failures"][0]["reason"] == "MISSING"
    ecs.client.delete_capacity_provider(capacityProvider=given["name"])
    assert ecs.client.describe_capacity_providers(capacityProviders=[given["name"]])["capacityProviders"] == []
