"""Platform applications and their endpoints: records, to which nothing is pushed."""

from collections.abc import Callable
from typing import Any

import pytest

from penstock.testing import TestRuntime

Refusal = Callable[..., tuple[str, str]]
CREDENTIALS = {"PlatformCredential": "c", "PlatformPrincipal": "p"}


@pytest.fixture
def application(sns: Any, unique: str) -> str:
    arn: str = sns.create_platform_application(Name=unique, Platform="APNS", Attributes=CREDENTIALS)[
        "PlatformApplicationArn"
    ]
    return arn


def test_an_application(sns: Any, application: str, unique: str, error: Refusal) -> None:
    assert application.endswith(f":app/APNS/{unique}")
    given = {"PlatformApplicationArn": application}
    assert sns.get_platform_application_attributes(**given)["Attributes"] == {"Enabled": "true"}
    sns.set_platform_application_attributes(**given, Attributes={"Enabled": "false", "PlatformCredential": "new"})
    assert sns.get_platform_application_attributes(**given)["Attributes"] == {"Enabled": "false"}
    listed = sns.list_platform_applications()["PlatformApplications"]
    assert {"PlatformApplicationArn": application, "Attributes": {"Enabled": "false"}} in listed
    sns.delete_platform_application(**given)
    gone = ("NotFound", "PlatformApplication does not exist")
    assert error(sns.get_platform_application_attributes, **given) == gone
    assert error(sns.create_platform_endpoint, **given, Token="t") == gone


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        ({"Platform": "x"}, "Invalid parameter: Platform Reason: x is not supported"),
        ({"Name": ""}, "Invalid parameter:  Reason: cannot be empty"),
        ({"Name": "a" * 257}, f"Invalid parameter: {'a' * 257} Reason: must be at most 256 characters long"),
        (
            {"Attributes": {"PlatformCredential": "c"}},
            "Invalid parameter: Attributes Reason: PlatformCredential attribute provided without PlatformPrincipal",
        ),
    ],
)
def test_applications_that_are_refused(
    sns: Any, unique: str, error: Refusal, given: dict[str, Any], refused: str
) -> None:
    complete = {"Name": unique, "Platform": "APNS", "Attributes": CREDENTIALS, **given}
    assert error(sns.create_platform_application, **complete) == ("InvalidParameter", refused)


def test_googles_platforms_have_a_key_alone(sns: Any, unique: str, error: Refusal) -> None:
    given = {"Name": unique, "Platform": "GCM"}
    made = sns.create_platform_application(**given, Attributes={"PlatformCredential": "key"})
    assert made["PlatformApplicationArn"].endswith(f":app/GCM/{unique}")
    assert error(sns.create_platform_application, **given, Attributes={"PlatformPrincipal": "p"}) == (
        "InvalidParameter",
        "Invalid parameter: Attributes Reason: PlatformPrincipal attribute provided without PlatformCredential",
    )


def test_an_endpoint(sns: Any, application: str, error: Refusal) -> None:
    given = {"PlatformApplicationArn": application, "Token": "t"}
    arn = sns.create_platform_endpoint(**given, CustomUserData="u")["EndpointArn"]
    assert arn.startswith(application.replace(":app/", ":endpoint/"))
    attributes = {"Enabled": "true", "Token": "t", "CustomUserData": "u"}
    assert sns.get_endpoint_attributes(EndpointArn=arn)["Attributes"] == attributes
    assert sns.create_platform_endpoint(**given, CustomUserData="u")["EndpointArn"] == arn
    assert error(sns.create_platform_endpoint, **given, Attributes={"Enabled": "false"}) == (
        "InvalidParameter",
        f"Invalid parameter: Token Reason: Endpoint {arn} already exists with the same Token, but different "
        "attributes.",
    )
    listed = sns.list_endpoints_by_platform_application(PlatformApplicationArn=application)["Endpoints"]
    assert listed == [{"EndpointArn": arn, "Attributes": attributes}]
    sns.delete_endpoint(EndpointArn=arn)
    assert error(sns.get_endpoint_attributes, EndpointArn=arn) == ("NotFound", "Endpoint does not exist")


def test_what_is_pushed_is_only_logged(
    sns: Any, application: str, topic: str, error: Refusal, penstock: TestRuntime
) -> None:
    arn = sns.create_platform_endpoint(PlatformApplicationArn=application, Token="t")["EndpointArn"]
    sns.subscribe(TopicArn=topic, Protocol="application", Endpoint=arn)
    sns.publish(TargetArn=arn, Message="directly")
    sns.publish(TopicArn=topic, Message="by topic")
    lines = [line.message for line in penstock.runtime.kernel.telemetry.lines]
    assert f"push to {arn} is not sent from this machine: directly" in lines
    assert f"application to {arn} is not sent from this machine: by topic" in lines
    sns.set_endpoint_attributes(EndpointArn=arn, Attributes={"Enabled": "false"})
    assert error(sns.publish, TargetArn=arn, Message="x") == ("EndpointDisabled", "Endpoint is disabled")
    given = {"TopicArn": topic, "Protocol": "application", "Endpoint": f"{arn}-not"}
    assert error(sns.subscribe, **given)[1].startswith("Invalid parameter: Endpoint Reason: Endpoint does not exist")
