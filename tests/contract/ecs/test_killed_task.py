"""A task that is killed under load: what it had in hand is lost, nothing else, and the service returns to its count."""

import os
import signal
import threading

from tests.contract.ecs.conftest import HTTP
from tests.contract.ecs.test_load_balancing import Balanced

CALLERS = 4


def test_one_of_two_tasks_is_killed(ecs, client, penstock):
    balanced = Balanced(ecs, client("elbv2"), penstock)
    answers_pid = HTTP.replace("os.environ.get('BODY', 'ok').encode()", "str(os.getpid()).encode()")
    ecs.create(ecs.define(answers_pid, port=8080), 2, loadBalancers=balanced.balancers)
    ecs.steady()
    statuses, ended = [], threading.Event()

    def ask():
        while not ended.is_set():
            statuses.append(balanced.get()[0])

    callers = [threading.Thread(target=ask) for _ in range(CALLERS)]
    for caller in callers:
        caller.start()
    before = {task["taskArn"] for task in ecs.tasks()}
    os.kill(int(balanced.get()[1]), signal.SIGKILL)
    ecs.service_when(lambda found: found["runningCount"] == 1)
    ecs.service_when(lambda found: found["runningCount"] == 2)
    ended.set()
    for caller in callers:
        caller.join(30)
    after = {task["taskArn"] for task in ecs.tasks()}
    assert len(after & before) == 1
    [dead] = ecs.tasks(status="STOPPED")
    assert (dead["stopCode"], dead["containers"][0]["exitCode"]) == ("EssentialContainerExited", 137)
    assert sum(status != 200 for status in statuses) <= CALLERS
