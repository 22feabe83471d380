def tags(ssm, name):
    found = ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=name)["TagList"]
    return {tag["Key"]: tag["Value"] for tag in found}


def test_tags_come_and_go(ssm, put, unique):
    put(unique, Tags=[{"Key": "a", "Value": "1"}])
    which = {"ResourceType": "Parameter", "ResourceId": unique}
    ssm.add_tags_to_resource(**which, Tags=[{"Key": "a", "Value": "2"}, {"Key": "b", "Value": "3"}])
    assert tags(ssm, unique) == {"a": "2", "b": "3"}
    ssm.remove_tags_from_resource(**which, TagKeys=["a", "x"])
    assert tags(ssm, unique) == {"b": "3"}


def test_only_parameters_have_tags(ssm, error, unique):
    request = {"ResourceType": "Parameter", "ResourceId": unique}
    assert error(ssm.list_tags_for_resource, **request) == ("InvalidResourceId", "Invalid Resource Id")
    assert error(ssm.list_tags_for_resource, **{**request, "ResourceType": "Document"})[0] == "InvalidResourceType"
