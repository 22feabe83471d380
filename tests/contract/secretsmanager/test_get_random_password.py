import string

import pytest


def test_has_every_type_and_thirty_two_characters(sm):
    password = sm.get_random_password()["RandomPassword"]
    assert len(password) == 32
    for characters in (string.ascii_lowercase, string.ascii_uppercase, string.digits, string.punctuation):
        assert set(password) & set(characters)


@pytest.mark.parametrize(
    ("wishes", "allowed"),
    [
        ({"ExcludePunctuation": True}, string.ascii_letters + string.digits),
        ({"ExcludeLowercase": True, "ExcludeUppercase": True, "ExcludePunctuation": True}, string.digits),
        ({"ExcludeNumbers": True, "ExcludePunctuation": True, "ExcludeCharacters": "aZ"}, string.ascii_letters[1:-1]),
        ({"ExcludePunctuation": True, "IncludeSpace": True}, string.ascii_letters + string.digits + " "),
    ],
)
def test_leaves_out_what_is_excluded(sm, wishes, allowed):
    password = sm.get_random_password(PasswordLength=200, **wishes)["RandomPassword"]
    assert len(password) == 200
    assert set(password) <= set(allowed)


def test_needs_room_for_every_type(sm, error):
    assert error(sm.get_random_password, PasswordLength=3) == (
        "InvalidParameterException",
        "Password length is too short based on the required types.",
    )
    assert " " in sm.get_random_password(PasswordLength=4, IncludeSpace=True)["RandomPassword"]
    assert len(sm.get_random_password(PasswordLength=3, RequireEachIncludedType=False)["RandomPassword"]) == 3
    assert error(sm.get_random_password, PasswordLength=4097)[0] == "ValidationException"
    members = ("ExcludeLowercase", "ExcludeUppercase", "ExcludeNumbers", "ExcludePunctuation")
    assert error(sm.get_random_password, **dict.fromkeys(members, True))[0] == "InvalidParameterException"
