import json
import os
from importlib.metadata import version
from pathlib import Path

from fastapi import FastAPI

app = FastAPI()
title = json.loads(Path(os.environ["SETTINGS_FILE"]).read_text())["title"]


@app.get("/healthz")
def healthz() -> dict[str, str]:
    return {"status": "ok"}


@app.get("/")
def index() -> dict[str, str]:
    return {"title": title, "greeting": os.environ["GREETING"], "fastapi": version("fastapi")}
