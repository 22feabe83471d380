"""The URL shortener as a process. Its settings come from SSM parameters (see infra/stack.py)."""

import os

from domain.link import Shortener
from service import api, edge
from service.table import LinkTable

if __name__ == "__main__":
    links = LinkTable(edge.client("dynamodb"), os.environ["TABLE_NAME"])
    edge.run("links", api.create(Shortener(links)), int(os.environ["PORT"]))
