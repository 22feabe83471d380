"""Which key something is to be encrypted with is kept and shown as AWS shows it."""

import pytest
from botocore.exceptions import ClientError

OWNED = {"type": "AWS_OWNED_KEY"}
MANAGED = {"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "arn:aws:kms:us-east-1:000000000000:key/k"}
SHOWN = {**MANAGED, "kmsDataKeyReusePeriodSeconds": 300}
PASS = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}


def test_of_a_state_machine(sfn, machine):
    arn = machine(PASS)
    assert sfn.describe_state_machine(stateMachineArn=arn)["encryptionConfiguration"] == OWNED
    sfn.update_state_machine(stateMachineArn=arn, encryptionConfiguration=MANAGED)
    assert sfn.describe_state_machine(stateMachineArn=arn)["encryptionConfiguration"] == SHOWN
    execution = sfn.start_execution(stateMachineArn=arn)["executionArn"]
    shown = sfn.describe_state_machine_for_execution(executionArn=execution)
    assert shown["encryptionConfiguration"] == SHOWN


def test_of_a_state_machine_that_is_there(sfn, machine, unique):
    machine(PASS, name=unique, encryptionConfiguration=MANAGED)
    machine(PASS, name=unique, encryptionConfiguration=MANAGED)
    with pytest.raises(sfn.exceptions.StateMachineAlreadyExists):
        machine(PASS, name=unique)


def test_of_an_activity(sfn, unique):
    arn = sfn.create_activity(name=unique, encryptionConfiguration=MANAGED)["activityArn"]
    assert sfn.describe_activity(activityArn=arn)["encryptionConfiguration"] == SHOWN


@pytest.mark.parametrize("wrong", [{"type": "CUSTOMER_MANAGED_KMS_KEY"}, {**MANAGED, **OWNED}])
def test_what_does_not_fit_is_refused(machine, wrong):
    with pytest.raises(ClientError) as error:
        machine(PASS, encryptionConfiguration=wrong)
    assert error.value.response["Error"]["Code"] == "InvalidEncryptionConfiguration"
