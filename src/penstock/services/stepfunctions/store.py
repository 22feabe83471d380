"""Step Functions: schema and statements.

State machines, revisions, versions, aliases, activities and map runs are documents. Executions are rows, `document`
holding what they began with and `result` how they ended. A thread is where an execution (or a branch or iteration in
it) stands; its row is written at the end of each turn, in one transaction with the turn's history events. Those are one
row: a list of `[id, timestamp, type, previous id, details]`.
"""

from penstock.base.documents import Documents

DOCUMENTS = Documents("stepfunctions_documents")

SCHEMA = (
    *DOCUMENTS.schema,
    """CREATE TABLE IF NOT EXISTS stepfunctions_executions (
        number INTEGER PRIMARY KEY, arn TEXT NOT NULL UNIQUE, machine_arn TEXT NOT NULL, status TEXT NOT NULL,
        started_at REAL NOT NULL, stopped_at REAL, map_run_arn TEXT, document TEXT NOT NULL, result TEXT NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS stepfunctions_executions_machine ON stepfunctions_executions (machine_arn, number)",
    """CREATE INDEX IF NOT EXISTS stepfunctions_executions_status
        ON stepfunctions_executions (machine_arn, status, number)""",
    """CREATE INDEX IF NOT EXISTS stepfunctions_executions_map ON stepfunctions_executions (map_run_arn, status, number)
        WHERE map_run_arn IS NOT NULL""",
    """CREATE INDEX IF NOT EXISTS stepfunctions_executions_running ON stepfunctions_executions (number)
        WHERE status = 'RUNNING'""",
    """CREATE TABLE IF NOT EXISTS stepfunctions_threads (
        execution INTEGER NOT NULL, id INTEGER NOT NULL, document TEXT NOT NULL,
        PRIMARY KEY (execution, id)) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS stepfunctions_history (
        execution INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, events TEXT NOT NULL,
        PRIMARY KEY (execution, first)) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS stepfunctions_express (
        arn TEXT PRIMARY KEY, started_at REAL NOT NULL, document TEXT NOT NULL) WITHOUT ROWID""",
)

# -- executions

LAST_NUMBER = "SELECT max(number) FROM stepfunctions_executions"
INSERT_EXECUTION = """INSERT INTO stepfunctions_executions
    (number, arn, machine_arn, status, started_at, map_run_arn, document, result)
    VALUES (?, ?, ?, 'RUNNING', ?, ?, ?, '{}')"""
EXECUTION_COLUMNS = "number, arn, machine_arn, status, started_at, stopped_at, map_run_arn, document, result"
EXECUTION = f"SELECT {EXECUTION_COLUMNS} FROM stepfunctions_executions WHERE arn = ?"
RUNNING = f"SELECT {EXECUTION_COLUMNS} FROM stepfunctions_executions WHERE status = 'RUNNING' ORDER BY number"
END_EXECUTION = "UPDATE stepfunctions_executions SET status = ?, stopped_at = ?, result = ? WHERE number = ?"
REOPEN_EXECUTION = """UPDATE stepfunctions_executions SET status = 'RUNNING', stopped_at = NULL, document = ?,
    result = '{}' WHERE number = ?"""
LIST_EXECUTIONS = f"""SELECT {EXECUTION_COLUMNS} FROM stepfunctions_executions
    WHERE machine_arn = ? AND map_run_arn IS NULL AND number < ? ORDER BY number DESC LIMIT ?"""
LIST_BY_STATUS = f"""SELECT {EXECUTION_COLUMNS} FROM stepfunctions_executions
    WHERE machine_arn = ? AND status = ? AND map_run_arn IS NULL AND number < ? ORDER BY number DESC LIMIT ?"""
LIST_BY_MAP_RUN = f"""SELECT {EXECUTION_COLUMNS} FROM stepfunctions_executions
    WHERE map_run_arn = ? AND number < ? ORDER BY number DESC LIMIT ?"""
COUNT_BY_MAP_RUN = """SELECT status, count(*), sum(json_extract(document, '$.count')) FROM stepfunctions_executions
    WHERE map_run_arn = ? GROUP BY status"""
CHILDREN = f"SELECT {EXECUTION_COLUMNS} FROM stepfunctions_executions WHERE map_run_arn = ? ORDER BY number"

# -- threads

PUT_THREAD = "INSERT OR REPLACE INTO stepfunctions_threads VALUES (?, ?, ?)"
THREADS = "SELECT id, document FROM stepfunctions_threads WHERE execution = ? ORDER BY id"
DROP_THREAD = "DELETE FROM stepfunctions_threads WHERE execution = ? AND id = ?"
DROP_THREADS = "DELETE FROM stepfunctions_threads WHERE execution = ?"

# -- history

INSERT_EVENTS = "INSERT INTO stepfunctions_history VALUES (?, ?, ?, ?)"
LAST_EVENT = "SELECT last FROM stepfunctions_history WHERE execution = ? ORDER BY first DESC LIMIT 1"
HISTORY = """SELECT events FROM stepfunctions_history WHERE execution = ?1 AND first >= coalesce(
    (SELECT max(first) FROM stepfunctions_history WHERE execution = ?1 AND first <= ?2), 0) ORDER BY first"""
HISTORY_BACK = "SELECT events FROM stepfunctions_history WHERE execution = ? AND first <= ? ORDER BY first DESC"

# -- asynchronous express executions that have not ended

INSERT_EXPRESS = "INSERT INTO stepfunctions_express VALUES (?, ?, ?)"
DROP_EXPRESS = "DELETE FROM stepfunctions_express WHERE arn = ?"
EXPRESS = "SELECT arn, started_at, document FROM stepfunctions_express"
