"""Parameter Store in CloudFormation templates."""


def parameter(**properties):
    return {"Parameter": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", **properties}}}


def tags(ssm, name):
    found = ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=name)["TagList"]
    return {tag["Key"]: tag["Value"] for tag in found}


def test_a_parameter_comes_alive_changes_and_goes(ssm, deploy, unique, error):
    outputs = deploy(
        parameter(Value="one", Description="d", Tags={"own": "1"}),
        Name={"Ref": "Parameter"},
        Value={"Fn::GetAtt": ["Parameter", "Value"]},
    )
    name = outputs["Name"]
    assert outputs["Value"] == "one"
    assert tags(ssm, name) == {"own": "1", "stack": unique}

    deploy(parameter(Value="two", Tier="Advanced", Tags={"other": "2"}))
    found = ssm.get_parameter(Name=name)["Parameter"]
    assert (found["Value"], found["Version"]) == ("two", 2)
    [described] = ssm.describe_parameters(ParameterFilters=[{"Key": "Name", "Values": [name]}])["Parameters"]
    assert (described["Tier"], "Description" in described) == ("Advanced", False)
    assert tags(ssm, name) == {"other": "2", "stack": unique}

    deploy.delete()
    assert error(ssm.get_parameter, Name=name)[0] == "ParameterNotFound"


def test_templates_refer_to_parameters(client, ssm, put, deploy, unique):
    put(f"/{unique}/name", f"{unique}-q")
    template = {
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": f"{{{{resolve:ssm:/{unique}/name}}}}"}}
    }
    outputs = deploy(template, Url={"Ref": "Queue"})
    assert outputs["Url"].endswith(f"/{unique}-q")
