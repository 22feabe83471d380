import pytest


@pytest.fixture
def group(iam, unique):
    return iam.create_group(GroupName=unique)["Group"]


def test_describes_what_was_created(iam, group, unique):
    assert group["Arn"] == f"arn:aws:iam::000000000000:group/{unique}"
    assert group["GroupId"].startswith("AGPA")
    found = iam.get_group(GroupName=unique)
    assert (found["Group"], found["Users"], found["IsTruncated"]) == (group, [], False)


def test_has_users_each_once(iam, group, unique, error):
    user = iam.create_user(UserName=unique)["User"]
    for _ in range(2):
        iam.add_user_to_group(GroupName=unique, UserName=unique)
    assert iam.get_group(GroupName=unique)["Users"] == [user]
    assert iam.list_groups_for_user(UserName=unique)["Groups"] == [group]
    assert error(iam.delete_group, GroupName=unique)[0] == "DeleteConflict"
    iam.remove_user_from_group(GroupName=unique, UserName=unique)
    assert iam.list_groups_for_user(UserName=unique)["Groups"] == []


def test_both_sides_must_exist(iam, group, unique, error):
    missing = ("NoSuchEntity", "The user with name nobody cannot be found.")
    assert error(iam.add_user_to_group, GroupName=unique, UserName="nobody") == missing
    assert error(iam.remove_user_from_group, GroupName="nothing", UserName="nobody") == missing
    iam.create_user(UserName=unique)
    missing = ("NoSuchEntity", "The group with name nothing cannot be found.")
    assert error(iam.add_user_to_group, GroupName="nothing", UserName=unique) == missing


def test_renames(iam, group, unique, error):
    iam.update_group(GroupName=unique, NewGroupName=f"{unique}-2", NewPath="/p/")
    found = iam.get_group(GroupName=f"{unique}-2")["Group"]
    assert (found["GroupId"], found["Arn"]) == (group["GroupId"], f"arn:aws:iam::000000000000:group/p/{unique}-2")
    iam.create_group(GroupName=unique)
    taken = ("EntityAlreadyExists", f"Group with name {unique}-2 already exists.")
    assert error(iam.update_group, GroupName=unique, NewGroupName=f"{unique}-2") == taken
