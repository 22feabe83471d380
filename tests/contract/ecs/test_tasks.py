"""RunTask, StopTask, DescribeTasks, ListTasks: tasks as real processes."""


def test_a_task_runs_until_it_is_stopped(ecs):
    made = ecs.run(ecs.define())
    assert (made["lastStatus"], made["desiredStatus"], made["attachments"][0]["status"]) == (
        "PROVISIONING",
        "RUNNING",
        "PRECREATED",
    )
    running = ecs.until(made["taskArn"], "RUNNING")
    details = {item["name"]: item["value"] for item in running["attachments"][0]["details"]}
    assert running["attachments"][0]["status"] == "ATTACHED"
    assert running["containers"][0]["networkInterfaces"][0]["privateIpv4Address"] == details["privateIPv4Address"]
    assert details["privateIPv4Address"].startswith("127.")
    assert details["subnetId"] in ecs.subnets
    stopping = ecs.client.stop_task(cluster=ecs.name, task=made["taskArn"], reason="enough")["task"]
    assert (stopping["desiredStatus"], stopping["stopCode"], stopping["stoppedReason"]) == (
        "STOPPED",
        "UserInitiated",
        "enough",
    )
    stopped = ecs.until(made["taskArn"], "STOPPED")
    assert stopped["containers"][0]["exitCode"] in (0, 143)  # it may not have come as far as its handler
    assert stopped["createdAt"] <= stopped["startedAt"] <= stopped["stoppingAt"] <= stopped["stoppedAt"]
