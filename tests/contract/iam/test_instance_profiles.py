import pytest


@pytest.fixture
def profile(iam, unique):
    return iam.create_instance_profile(InstanceProfileName=unique, Path=f"/{unique}/")["InstanceProfile"]


def test_holds_one_role(iam, profile, role, unique, error):
    assert profile["Roles"] == []
    which = {"InstanceProfileName": unique, "RoleName": role["RoleName"]}
    iam.add_role_to_instance_profile(**which)
    found = iam.get_instance_profile(InstanceProfileName=unique)["InstanceProfile"]
    assert found == profile | {"Roles": [role], "Tags": []}
    expected = ("LimitExceeded", "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1")
    assert error(iam.add_role_to_instance_profile, **which) == expected
    [listed] = iam.list_instance_profiles_for_role(RoleName=role["RoleName"])["InstanceProfiles"]
    assert listed["Arn"] == f"arn:aws:iam::000000000000:instance-profile/{unique}/{unique}"
    conflict = ("DeleteConflict", "Cannot delete entity, must remove roles from instance profile first.")
    assert error(iam.delete_instance_profile, InstanceProfileName=unique) == conflict
    assert error(iam.delete_role, RoleName=role["RoleName"]) == conflict
    iam.remove_role_from_instance_profile(**which)
    assert error(iam.remove_role_from_instance_profile, **which) == (
        "NoSuchEntity",
        f"Role {role['RoleName']} in Instance Profile {unique} cannot be found.",
    )
    iam.delete_instance_profile(InstanceProfileName=unique)


def test_names_what_is_missing_or_taken(iam, profile, unique, error):
    missing = ("NoSuchEntity", "Instance Profile nothing cannot be found.")
    assert error(iam.get_instance_profile, InstanceProfileName="nothing") == missing
    taken = ("EntityAlreadyExists", f"Instance Profile {unique} already exists.")
    assert error(iam.create_instance_profile, InstanceProfileName=unique) == taken


def test_lists_by_path(iam, profile, unique):
    assert iam.list_instance_profiles(PathPrefix=f"/{unique}/")["InstanceProfiles"] == [profile]
