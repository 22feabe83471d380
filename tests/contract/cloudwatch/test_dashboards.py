import json

BODY = json.dumps({"widgets": []})


def test_dashboards_come_and_go(cw, unique, error):
    assert cw.put_dashboard(DashboardName=unique, DashboardBody=BODY)["DashboardValidationMessages"] == []
    found = cw.get_dashboard(DashboardName=unique)
    arn = f"arn:aws:cloudwatch::000000000000:dashboard/{unique}"
    assert (found["DashboardArn"], found["DashboardName"], found["DashboardBody"]) == (arn, unique, BODY)
    [entry] = cw.list_dashboards(DashboardNamePrefix=unique)["DashboardEntries"]
    assert (entry["DashboardArn"], entry["Size"]) == (arn, len(BODY))
    missing = ("ResourceNotFound", f"Dashboard {unique}x does not exist")
    assert error(cw.delete_dashboards, DashboardNames=[unique, f"{unique}x"]) == missing
    cw.delete_dashboards(DashboardNames=[unique])
    assert cw.list_dashboards(DashboardNamePrefix=unique)["DashboardEntries"] == []
    assert error(cw.get_dashboard, DashboardName=unique)[0] == "ResourceNotFound"


def test_a_body_is_a_json_object(cw, unique, error):
    for body in ("{", "[]"):
        assert error(cw.put_dashboard, DashboardName=unique, DashboardBody=body)[0] == "InvalidParameterInput"
    assert error(cw.put_dashboard, DashboardName="a b", DashboardBody=BODY)[0] == "InvalidParameterValue"
