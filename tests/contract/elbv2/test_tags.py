"""AddTags, RemoveTags, DescribeTags."""


def tags(elb, *arns):
    found = elb.client.describe_tags(ResourceArns=list(arns))["TagDescriptions"]
    return [{tag["Key"]: tag["Value"] for tag in each["Tags"]} for each in found]


def test_tags_of_everything(elb):
    balancer = elb.balancer(Tags=[{"Key": "a", "Value": "1"}])
    listener = elb.listener(balancer, port=7400, Tags=[{"Key": "a", "Value": "2"}])
    group = elb.group(Tags=[{"Key": "a", "Value": "3"}])
    [rule] = elb.client.describe_rules(ListenerArn=listener)["Rules"]
    arns = [balancer["LoadBalancerArn"], listener, group, rule["RuleArn"]]
    assert tags(elb, *arns) == [{"a": "1"}, {"a": "2"}, {"a": "3"}, {}]
    elb.client.add_tags(ResourceArns=arns, Tags=[{"Key": "a", "Value": "x"}, {"Key": "b", "Value": "y"}])
    assert tags(elb, *arns) == [{"a": "x", "b": "y"}] * 4
    elb.client.remove_tags(ResourceArns=arns, TagKeys=["a"])
    assert tags(elb, *arns) == [{"b": "y"}] * 4


def test_refusals(elb, error):
    arn = elb.group()
    twice = [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]
    assert error(elb.client.add_tags, ResourceArns=[arn], Tags=twice) == (
        "DuplicateTagKeys",
        "Tag key was specified more than once: a",
    )
    many = [{"Key": str(number), "Value": ""} for number in range(51)]
    assert error(elb.client.add_tags, ResourceArns=[arn], Tags=many)[0] == "TooManyTags"
    gone = elb.balancer()["LoadBalancerArn"]
    elb.client.delete_load_balancer(LoadBalancerArn=gone)
    assert error(elb.client.describe_tags, ResourceArns=[gone]) == (
        "LoadBalancerNotFound",
        f"Load balancer '{gone}' not found",
    )
