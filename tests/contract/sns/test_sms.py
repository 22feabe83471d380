"""SMS: the account's settings, and who has opted out."""

from collections.abc import Callable
from typing import Any

import pytest

Refusal = Callable[..., tuple[str, str]]


def test_settings_are_kept(client: Callable[..., Any]) -> None:
    sns = client("sns", region="ap-south-1")
    assert sns.get_sms_attributes()["attributes"] == {"MonthlySpendLimit": "1"}
    sns.set_sms_attributes(attributes={"DefaultSMSType": "Transactional"})
    sns.set_sms_attributes(attributes={"DefaultSenderID": "Penstock"})
    everything = {"MonthlySpendLimit": "1", "DefaultSMSType": "Transactional", "DefaultSenderID": "Penstock"}
    assert sns.get_sms_attributes()["attributes"] == everything
    wanted = sns.get_sms_attributes(attributes=["DefaultSMSType", "UsageReportS3Bucket"])
    assert wanted["attributes"] == {"DefaultSMSType": "Transactional"}


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        ({"Name": "x"}, "Name is not a valid attribute"),
        ({"DefaultSMSType": "Fast"}, "DefaultSMSType is invalid"),
        ({"DefaultSenderID": "123"}, "DefaultSenderID is invalid"),
    ],
)
def test_settings_that_are_refused(sns: Any, error: Refusal, given: dict[str, str], refused: str) -> None:
    assert error(sns.set_sms_attributes, attributes=given) == ("InvalidParameter", refused)


def test_nobody_has_opted_out(sns: Any, error: Refusal) -> None:
    assert sns.check_if_phone_number_is_opted_out(phoneNumber="+447428545375")["isOptedOut"] is False
    assert sns.list_phone_numbers_opted_out()["phoneNumbers"] == []
    sns.opt_in_phone_number(phoneNumber="+447428545375")
    for operation in (sns.check_if_phone_number_is_opted_out, sns.opt_in_phone_number):
        assert error(operation, phoneNumber="+44742LALALA") == (
            "InvalidParameter",
            "Invalid parameter: PhoneNumber Reason: input incorrectly formatted",
        )
