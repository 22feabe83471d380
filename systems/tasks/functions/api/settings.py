"""The app with the tables that the environment names (see infra/stack.py)."""

import os

from fastapi import FastAPI

from domain.desk import TaskDesk
from functions.api import app
from functions.common.aws import client
from functions.common.log import DynamoEventLog, Tables
from functions.common.views import Views
from functions.search.index import SearchIndex


def tables() -> Tables:
    return Tables(os.environ["EVENT_LOG_TABLE"], os.environ["SNAPSHOT_TABLE"], os.environ["VIEW_TABLE"])


def create() -> FastAPI:
    dynamodb = client("dynamodb")
    log = DynamoEventLog(dynamodb, tables(), int(os.environ["SNAPSHOT_EVERY"]))
    views = Views(dynamodb, os.environ["VIEW_TABLE"])
    return app.create(TaskDesk(log), views, SearchIndex(dynamodb, os.environ["SEARCH_TABLE"]))
