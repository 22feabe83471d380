import pytest

DAY = 86_400
MARKED = (
    "InvalidRequestException",
    "You can't perform this operation on the secret because it was marked for deletion.",
)


def test_a_deleted_secret_waits_and_can_be_restored(sm, penstock, secret, unique, error):
    answer = sm.delete_secret(SecretId=unique, RecoveryWindowInDays=7)
    assert answer["DeletionDate"].timestamp() == pytest.approx(penstock.now() + 7 * DAY, abs=30)
    for operation in (sm.get_secret_value, sm.delete_secret):
        assert error(operation, SecretId=unique) == MARKED
    assert "DeletedDate" in sm.describe_secret(SecretId=unique)
    assert error(sm.create_secret, Name=unique, SecretString="s") == (
        "InvalidRequestException",
        "You can't create this secret because a secret with this name is already scheduled for deletion.",
    )
    sm.restore_secret(SecretId=unique)
    penstock.advance(8 * DAY)
    assert sm.get_secret_value(SecretId=unique)["SecretString"] == "one"


def test_it_is_gone_when_the_window_closes(sm, penstock, secret, unique, error):
    sm.delete_secret(SecretId=unique)
    penstock.advance(29 * DAY)
    assert "DeletedDate" in sm.describe_secret(SecretId=unique)
    penstock.advance(2 * DAY)
    assert error(sm.describe_secret, SecretId=unique)[0] == "ResourceNotFoundException"
    sm.create_secret(Name=unique, SecretString="again")


def test_it_is_gone_at_once_when_forced(sm, secret, unique, error):
    sm.delete_secret(SecretId=unique, ForceDeleteWithoutRecovery=True)
    assert error(sm.describe_secret, SecretId=unique)[0] == "ResourceNotFoundException"
    assert sm.delete_secret(SecretId=unique, ForceDeleteWithoutRecovery=True)["Name"] == unique


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"RecoveryWindowInDays": 0}, "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive)."),
        (
            {"RecoveryWindowInDays": 7, "ForceDeleteWithoutRecovery": True},
            "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
        ),
    ],
)
def test_refuses(sm, secret, unique, error, options, message):
    assert error(sm.delete_secret, SecretId=unique, **options) == ("InvalidParameterException", message)
