import pytest


@pytest.fixture
def many(scheduler, given, unique):
    """Six schedules, the last two disabled, in a group of the test's own; their names as they were made."""
    scheduler.create_schedule_group(Name=unique)
    names = ["a0", "a1", "b2", "b3", "b4", "a5"]
    for number, name in enumerate(names):
        state = "DISABLED" if number > 3 else "ENABLED"
        scheduler.create_schedule(**given(name=name, GroupName=unique, State=state))
    return names


def listed(scheduler, unique, **options):
    pages = scheduler.get_paginator("list_schedules").paginate(GroupName=unique, **options)
    return [schedule["Name"].removeprefix(f"{unique}-") for page in pages for schedule in page["Schedules"]]


def test_the_oldest_comes_first(scheduler, many, unique):
    assert listed(scheduler, unique) == many
    assert listed(scheduler, unique, MaxResults=4) == many


def test_by_state_and_by_prefix(scheduler, many, unique):
    assert listed(scheduler, unique, State="DISABLED") == ["b4", "a5"]
    assert listed(scheduler, unique, NamePrefix=f"{unique}-a", MaxResults=1) == ["a0", "a1", "a5"]
    assert listed(scheduler, unique, NamePrefix=f"{unique}-b", State="ENABLED") == ["b2", "b3"]


def test_without_a_group_those_of_all_groups_are_listed(scheduler, many, given, unique):
    scheduler.create_schedule(**given(name="x"))
    found = scheduler.list_schedules(NamePrefix=f"{unique}-")["Schedules"]
    assert [schedule["GroupName"] for schedule in found] == [*[unique] * 6, "default"]


def test_what_is_listed(scheduler, many, unique):
    [found] = scheduler.list_schedules(GroupName=unique, NamePrefix=f"{unique}-a5")["Schedules"]
    assert found.keys() == {"Arn", "CreationDate", "GroupName", "LastModificationDate", "Name", "State", "Target"}
    assert found["Target"] == {"Arn": "arn:aws:sqs:us-east-1:000000000000:none"}


def test_errors(scheduler, unique, error):
    missing = ("ResourceNotFoundException", f"Schedule group {unique} does not exist.")
    assert error(scheduler.list_schedules, GroupName=unique) == missing
    assert error(scheduler.list_schedules, NextToken="x") == ("ValidationException", "Invalid NextToken.")
