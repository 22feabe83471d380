"""The URL shortener's HTTP API."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated

from fastapi import FastAPI, Path, Response
from fastapi.responses import RedirectResponse

from domain.link import CODE, AlreadyExists, NotFound, Shortener
from service import edge
from service.models import NewLink, ShownLink

STATUSES: Mapping[type[Exception], HTTPStatus] = {
    NotFound: HTTPStatus.NOT_FOUND,
    AlreadyExists: HTTPStatus.CONFLICT,
}
Code = Annotated[str, Path(pattern=f"^{CODE.pattern}$")]


def create(shortener: Shortener) -> FastAPI:
    app = edge.create("links", STATUSES)

    @app.post("/links", status_code=HTTPStatus.CREATED)
    def shorten(new: NewLink, response: Response) -> ShownLink:
        link = shortener.shorten(new.url, new.code)
        # Relative to `links`, under which the API's stage may stand another segment.
        response.headers["Location"] = f"links/{link.code}"
        return ShownLink.of(link)

    @app.get("/links/{code}")
    def show(code: Code) -> ShownLink:
        return ShownLink.of(shortener.find(code))

    @app.get("/{code}")
    def follow(code: Code) -> RedirectResponse:
        """Not permanent, and not kept: a browser that remembered it would not be counted."""
        link = shortener.follow(code)
        return RedirectResponse(link.url, HTTPStatus.FOUND, {"Cache-Control": "no-store"})

    @app.head("/{code}")
    def look(code: Code) -> RedirectResponse:
        """Where it leads, for who checks links or shows what is behind them: that is no click."""
        return RedirectResponse(shortener.find(code).url, HTTPStatus.FOUND, {"Cache-Control": "no-store"})

    return app
