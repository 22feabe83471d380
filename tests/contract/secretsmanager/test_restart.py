"""A recovery window closes even if the runtime was restarted in it."""

import pytest
from botocore.exceptions import ClientError

from penstock.call import Config
from penstock.testing import running


def test_a_deleted_secret_goes_on_time(tmp_path):
    with running(Config(data=tmp_path, port=0)) as runtime:
        secrets = runtime.client("secretsmanager")
        secrets.create_secret(Name="s", SecretString="v")
        secrets.delete_secret(SecretId="s", RecoveryWindowInDays=7)
    with running(Config(data=tmp_path, port=0)) as runtime:
        secrets = runtime.client("secretsmanager")
        assert "DeletedDate" in secrets.describe_secret(SecretId="s")
        runtime.advance(8 * 86_400)
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            secrets.describe_secret(SecretId="s")
