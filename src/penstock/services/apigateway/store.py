"""API Gateway (v1): schema and statements.

Everything that an API consists of is a document. Those of an API belong to `<account>:<region>/<api id>`, so that
nothing of another account is ever found; what stands beside the APIs (keys, usage plans) to `<account>:<region>`.
"""

from penstock.base.documents import Documents
from penstock.call import Context
from penstock.web.gateways import custom_domains

DOCUMENTS = Documents("apigateway_documents")

SCHEMA = (
    *DOCUMENTS.schema,
    *custom_domains.DOCUMENTS.schema,
    """CREATE TABLE IF NOT EXISTS apigateway_usage (
        plan_id TEXT NOT NULL, key_id TEXT NOT NULL, day INTEGER NOT NULL, used INTEGER NOT NULL,
        PRIMARY KEY (plan_id, key_id, day)) WITHOUT ROWID""",
)

# Days are counted from the epoch, in UTC.
COUNT_USE = """INSERT INTO apigateway_usage VALUES (?, ?, ?, 1)
    ON CONFLICT (plan_id, key_id, day) DO UPDATE SET used = used + 1"""
USED_SINCE = "SELECT coalesce(sum(used), 0) FROM apigateway_usage WHERE plan_id = ? AND key_id = ? AND day >= ?"
USAGE_OF_KEY = "SELECT day, used FROM apigateway_usage WHERE plan_id = ? AND key_id = ? AND day BETWEEN ? AND ?"
SET_USE = "INSERT OR REPLACE INTO apigateway_usage VALUES (?, ?, ?, ?)"
FORGET_USAGE = "DELETE FROM apigateway_usage WHERE plan_id = ?"


def owner(ctx: Context) -> str:
    """Owns what stands beside the APIs."""
    return f"{ctx.account}:{ctx.region}"


def api_owner(ctx: Context, api_id: str) -> str:
    """Owns what an API consists of."""
    return f"{ctx.account}:{ctx.region}/{api_id}"
