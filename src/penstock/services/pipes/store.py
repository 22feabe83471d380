"""EventBridge Pipes: a pipe is a document with AWS's own member names, owned by "account:region"."""

from penstock.base.documents import Documents

DOCUMENTS = Documents("pipes_documents")
KIND = "pipe"

SCHEMA = DOCUMENTS.schema
