"""Pages of ARNs: 100 at a time, from where the last page ended."""

from penstock.base.paging import page_key, page_token
from penstock.call import Context
from penstock.services.sns.errors import invalid

_SIZE = 100


def page(ctx: Context, sql: str, prefix: str, token: str | None) -> tuple[list[str], dict[str, str]]:
    """ARNs that begin with `prefix`, and `{"NextToken"}` where there are more; `sql` selects a range of a key."""
    try:
        after = page_key(token, str)[0] if token else prefix
    except ValueError:
        raise invalid("nextToken") from None
    rows = ctx.store.all(sql, max(after, prefix), prefix[:-1] + chr(ord(prefix[-1]) + 1), _SIZE + 1)
    arns = [row[0] for row in rows[:_SIZE]]
    return arns, {"NextToken": page_token(arns[-1])} if len(rows) > _SIZE else {}
