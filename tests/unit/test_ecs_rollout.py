"""Rolling deployments: whatever the percentages, a rollout ends, keeps its minimum and stays below its maximum."""

from hypothesis import given
from hypothesis import strategies as st

from penstock.services.ecs import rollout
from penstock.services.ecs.rollout import View


class Simulation:
    """Tasks that become healthy one by one, and end at once when they are stopped."""

    def __init__(self, old: int) -> None:
        self.tasks = [View(arn=f"old-{n}", deployment="old", running=True, healthy=True) for n in range(old)]
        self.made = 0
        self.fewest = self.most = old

    def step(self, target: rollout.Target) -> bool:
        plan = rollout.plan(target, self.tasks)
        gone = {view.arn for view in plan.stop}
        self.tasks = [task for task in self.tasks if task.arn not in gone]
        for _ in range(plan.start):
            self.made += 1
            self.tasks.append(View(arn=f"new-{self.made}", deployment=target.deployment))
        self.fewest = min(self.fewest, sum(task.healthy for task in self.tasks))
        self.most = max(self.most, len(self.tasks))
        starting = next((n for n, task in enumerate(self.tasks) if not task.healthy), None)
        if starting is not None:
            task = self.tasks[starting]
            self.tasks[starting] = View(arn=task.arn, deployment=task.deployment, running=True, healthy=True)
        return plan.steady


@given(st.integers(1, 12), st.integers(0, 100), st.integers(100, 300))
def test_a_rollout_replaces_everything(desired: int, low: int, high: int) -> None:
    percentages = {"minimumHealthyPercent": low, "maximumPercent": high}
    target = rollout.target("new", desired, percentages)
    simulation = Simulation(desired)
    steps = 0
    while not simulation.step(target):
        steps += 1
        if target.minimum == desired and target.maximum == desired:  # what AWS too cannot deploy
            return
        assert steps < 10 * desired + 10
    assert [task.deployment for task in simulation.tasks] == ["new"] * desired
    assert simulation.fewest >= target.minimum
    assert simulation.most <= max(target.maximum, desired)


@given(st.integers(0, 8), st.integers(0, 8))
def test_the_count_becomes_the_desired_one(before: int, desired: int) -> None:
    target = rollout.target("old", desired, {"minimumHealthyPercent": 100, "maximumPercent": 200})
    simulation = Simulation(before)
    for _ in range(40):
        simulation.step(target)
    assert len(simulation.tasks) == desired


def test_tasks_that_do_no_work_go_first_then_the_fullest_zone() -> None:
    tasks = [
        View(arn="a1", deployment="d", zone="a", running=True, healthy=True),
        View(arn="a2", deployment="d", zone="a", running=True, healthy=True),
        View(arn="b1", deployment="d", zone="b", running=True, healthy=True),
        View(arn="b2", deployment="d", zone="b"),
    ]
    target = rollout.target("d", 2, {"minimumHealthyPercent": 100, "maximumPercent": 200})
    assert [view.arn for view in rollout.plan(target, tasks).stop] == ["b2", "a2"]


def test_a_protected_task_stays() -> None:
    tasks = [View(arn=f"t{n}", deployment="d", running=True, healthy=True, protected=n == 1) for n in range(2)]
    target = rollout.target("d", 0, {"minimumHealthyPercent": 100, "maximumPercent": 200})
    assert [view.arn for view in rollout.plan(target, tasks).stop] == ["t0"]


def test_a_failed_deployment_starts_nothing() -> None:
    target = rollout.target("d", 2, {"minimumHealthyPercent": 100, "maximumPercent": 200}, frozen=True)
    assert rollout.plan(target, []) == rollout.Plan(0, (), False)


def test_pauses_grow_up_to_a_quarter_of_an_hour() -> None:
    assert [rollout.pause(n) for n in range(6)] == [0, 0, 1, 2, 4, 8]
    assert rollout.pause(100) == 900


def test_thresholds() -> None:
    assert [rollout.threshold(desired, {}) for desired in (1, 6, 7, 1000)] == [3, 3, 4, 200]
    count = {"thresholdConfiguration": {"type": "COUNT", "value": 1}}
    assert rollout.threshold(50, count) == 1
    percent = {"thresholdConfiguration": {"type": "UNBOUNDED_PERCENT", "value": 10}}
    assert rollout.threshold(50, percent) == 5
