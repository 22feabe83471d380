"""The same API under uvicorn: `python -m functions.api`, with the environment that the README shows."""

import os

import uvicorn
from aws_lambda_powertools import Logger

from functions.api import settings

logger = Logger()  # the parent of those that ask for one

if __name__ == "__main__":
    uvicorn.run(settings.create(), host="127.0.0.1", port=int(os.environ.get("PORT", "3000")))
