"""Which secret does an id mean? A name, an ARN, or an ARN without its six last characters."""

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.secretsmanager import store
from penstock.services.secretsmanager.store import Secret
from penstock.wire.model import Json


def secret_of(ctx: Context, secret_id: str, deleted: bool = False) -> Secret:
    """Raises ResourceNotFoundException, and InvalidRequestException for a deleted one, unless asked for."""
    found = _find(ctx, secret_id)
    if found is None:
        raise AwsError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
    if found.deletion_date is not None and not deleted:
        raise AwsError(
            "InvalidRequestException",
            "You can't perform this operation on the secret because it was marked for deletion.",
        )
    return found


def _find(ctx: Context, secret_id: str) -> Secret | None:
    if not secret_id.startswith("arn:"):
        row = ctx.store.one(store.BY_NAME, f"{ctx.account}:{ctx.region}", secret_id)
        return Secret(*row) if row else None
    row = ctx.store.one(store.BY_ARN, secret_id)
    parts = secret_id.split(":", 6)
    if row is None and len(parts) == 7:
        row = ctx.store.one(store.BY_NAME, f"{parts[4]}:{parts[3]}", parts[6])
    return Secret(*row) if row else None


def shown_name(secret: Secret) -> Json:
    return {"ARN": secret.arn, "Name": secret.name}
