"""CreateScheduleGroup, GetScheduleGroup, ListScheduleGroups, DeleteScheduleGroup, and their tags."""


def test_a_group_is_created_and_found(scheduler, unique):
    arn = scheduler.create_schedule_group(Name=unique)["ScheduleGroupArn"]
    assert arn == f"arn:aws:scheduler:us-east-1:000000000000:schedule-group/{unique}"
    group = scheduler.get_schedule_group(Name=unique)
    assert (group["Arn"], group["Name"], group["State"]) == (arn, unique, "ACTIVE")
    assert group["CreationDate"] == group["LastModificationDate"]


def test_a_name_is_taken_once_unless_the_token_is_the_same(scheduler, unique, error):
    arn = scheduler.create_schedule_group(Name=unique, ClientToken="t")["ScheduleGroupArn"]
    assert scheduler.create_schedule_group(Name=unique, ClientToken="t")["ScheduleGroupArn"] == arn
    taken = ("ConflictException", f"Schedule group {unique} already exists.")
    assert error(scheduler.create_schedule_group, Name=unique) == taken


def test_every_region_has_its_default_group(client, error):
    for region in ("us-east-1", "eu-central-1"):
        scheduler = client("scheduler", region=region)
        assert scheduler.list_schedule_groups()["ScheduleGroups"][0]["Name"] == "default"
        refused = ("ValidationException", "The default schedule group cannot be deleted.")
        assert error(scheduler.delete_schedule_group, Name="default") == refused


def test_groups_are_listed_in_pages(scheduler, unique):
    for name in "abc":
        scheduler.create_schedule_group(Name=f"{unique}-{name}")
    pages = list(
        scheduler.get_paginator("list_schedule_groups").paginate(NamePrefix=unique, PaginationConfig={"PageSize": 2})
    )
    assert [[group["Name"][-1] for group in page["ScheduleGroups"]] for page in pages] == [["a", "b"], ["c"]]


def test_a_deleted_group_takes_its_schedules_with_it(scheduler, given, unique, error, bodies, queue, advance):
    url, arn = queue()
    scheduler.create_schedule_group(Name=unique)
    scheduler.create_schedule(**given("rate(1 minute)", arn, GroupName=unique, Target={"Input": "x"}))
    advance(1)
    scheduler.delete_schedule_group(Name=unique)
    missing = ("ResourceNotFoundException", f"Schedule group {unique} does not exist.")
    assert error(scheduler.get_schedule_group, Name=unique) == missing
    assert error(scheduler.delete_schedule_group, Name=unique) == missing
    advance(300)
    assert bodies(url) == ["x"]
    scheduler.create_schedule_group(Name=unique)
    assert scheduler.list_schedules(GroupName=unique)["Schedules"] == []


def test_tags(scheduler, unique, error):
    arn = scheduler.create_schedule_group(Name=unique, Tags=[{"Key": "a", "Value": "1"}])["ScheduleGroupArn"]
    scheduler.tag_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": "2"}, {"Key": "b", "Value": "3"}])
    assert scheduler.list_tags_for_resource(ResourceArn=arn)["Tags"] == [
        {"Key": "a", "Value": "2"},
        {"Key": "b", "Value": "3"},
    ]
    scheduler.untag_resource(ResourceArn=arn, TagKeys=["a", "b"])
    assert scheduler.list_tags_for_resource(ResourceArn=arn)["Tags"] == []
    code, message = error(scheduler.tag_resource, ResourceArn=arn + "x", Tags=[])
    assert (code, message) == ("ResourceNotFoundException", f"Schedule group {unique}x does not exist.")
    assert error(scheduler.list_tags_for_resource, ResourceArn="arn:aws:x")[0] == "ValidationException"
