"""Operations have succeeded when their id is given out, and go with their namespace."""

import re


def of_namespace(id, **more):
    return [{"Name": "NAMESPACE_ID", "Values": [id]}, *([more] if more else [])]


def test_an_operation_names_its_targets(sd, private):
    service = private()
    done = sd.register_instance(ServiceId=service, InstanceId="i-1", Attributes={"AWS_INSTANCE_IPV4": "127.9.0.1"})
    assert re.fullmatch(r"[a-z0-9]{32}-[a-z0-9]{8}", done["OperationId"])
    operation = sd.get_operation(OperationId=done["OperationId"])["Operation"]
    assert (operation["Type"], operation["Status"]) == ("REGISTER_INSTANCE", "SUCCESS")
    assert operation["Targets"] == {"INSTANCE": "i-1", "SERVICE": service}
    assert operation["UpdateDate"] >= operation["CreateDate"]


def test_operations_are_filtered_and_paged(sd, namespace):
    id = namespace("Http")
    for text in "ab":
        sd.update_http_namespace(Id=id, Namespace={"Description": text})
    assert len(sd.list_operations(Filters=of_namespace(id))["Operations"]) == 3
    updates = of_namespace(id, Name="TYPE", Values=["UPDATE_NAMESPACE", "UPDATE_SERVICE"], Condition="IN")
    first = sd.list_operations(Filters=updates, MaxResults=1)
    second = sd.list_operations(Filters=updates, MaxResults=1, NextToken=first["NextToken"])
    found = first["Operations"] + second["Operations"]
    assert len({operation["Id"] for operation in found}) == 2
    assert {operation["Status"] for operation in found} == {"SUCCESS"}
    failed = of_namespace(id, Name="STATUS", Values=["FAIL"])
    assert sd.list_operations(Filters=failed)["Operations"] == []


def test_operations_lie_between_two_dates(sd, namespace, penstock):
    id = namespace("Http")
    now = penstock.now()
    around = of_namespace(id, Name="UPDATE_DATE", Values=[str(now - 60), str(now + 60)], Condition="BETWEEN")
    before = of_namespace(id, Name="UPDATE_DATE", Values=["0", str(now - 60)], Condition="BETWEEN")
    assert len(sd.list_operations(Filters=around)["Operations"]) == 1
    assert sd.list_operations(Filters=before)["Operations"] == []


def test_a_deleted_namespace_leaves_no_operations_to_list(sd, namespace):
    id = namespace("Http")
    done = sd.delete_namespace(Id=id)
    assert sd.list_operations(Filters=of_namespace(id))["Operations"] == []
    operation = sd.get_operation(OperationId=done["OperationId"])["Operation"]
    assert operation["Targets"] == {"NAMESPACE": id}


def test_unknown_operations_are_not_found(sd, error):
    assert error(sd.get_operation, OperationId="unknown")[0] == "OperationNotFound"
