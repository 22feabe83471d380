"""The HTTP API: commands go to the desk, questions to the read model and to the search index."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, FastAPI, Query, Request, Response
from starlette.exceptions import HTTPException
from ulid import ULID

from domain.commands import Command, CreateTask, DeleteTask, UpdateTask
from domain.desk import Busy, TaskDesk
from domain.task import AlreadyExists, NotFound
from functions.api import problems, trace
from functions.api.models import NewTask, Page, TaskChanges, TaskView
from functions.api.problems import BadRequest
from functions.common.documents import Document, view_document
from functions.common.views import BadToken, Views
from functions.search.index import SearchIndex

STATUSES: Mapping[type[Exception], HTTPStatus] = {
    NotFound: HTTPStatus.NOT_FOUND,
    AlreadyExists: HTTPStatus.CONFLICT,
    Busy: HTTPStatus.SERVICE_UNAVAILABLE,
}
Limit = Annotated[int, Query(ge=1, le=100)]
Text = Annotated[str | None, Query(max_length=200)]
Metadata = Annotated[dict[str, str], Depends(trace.metadata)]


def new_id() -> str:
    """Sorts after every id made before it."""
    return str(ULID())


def task_id_of(task_id: str) -> str:
    try:
        return str(ULID.from_str(task_id.upper()))
    except ValueError:
        raise HTTPException(HTTPStatus.NOT_FOUND, f"There is no task {task_id[:64]}.") from None


Id = Annotated[str, Depends(task_id_of)]


def create(desk: TaskDesk, views: Views, index: SearchIndex, ids: Callable[[], str] = new_id) -> FastAPI:
    app = FastAPI(title="tasks", docs_url=None, redoc_url=None, openapi_url=None)
    problems.register(app, STATUSES)
    app.add_middleware(trace.Traced)

    def done(command: Command, metadata: dict[str, str]) -> Document:
        return view_document(desk.execute(command, metadata))

    @app.post("/tasks", status_code=HTTPStatus.CREATED)
    def create_task(new: NewTask, metadata: Metadata, response: Response) -> TaskView:
        view = done(CreateTask(ids(), new.id or ids(), new.name, new.summary), metadata)
        response.headers["Location"] = f"/tasks/{view['id']}"
        return TaskView.model_validate(view)

    @app.get("/tasks")
    def list_tasks(q: Text = None, limit: Limit = 50, next: Text = None) -> Page:
        """With `q`, the newest hundred at most of the tasks that have all of its words."""
        if q is not None:
            return Page.model_validate({"items": views.some(index.find(q)), "next": None})
        try:
            return Page.model_validate(views.page(limit, next))
        except BadToken as error:
            raise BadRequest("next", str(error)) from error

    @app.get("/tasks/{task_id}")
    def show_task(id: Id) -> TaskView:
        return TaskView.model_validate(views.get(id))

    @app.patch("/tasks/{task_id}")
    def update_task(id: Id, changes: TaskChanges, metadata: Metadata) -> TaskView:
        return TaskView.model_validate(done(UpdateTask(ids(), id, **changes.model_dump()), metadata))

    @app.delete("/tasks/{task_id}")
    def delete_task(id: Id, metadata: Metadata) -> TaskView:
        """The task as it was last, `deleted`; from now on it is not there."""
        return TaskView.model_validate(done(DeleteTask(ids(), id), metadata))

    @app.get("/health")
    async def health(request: Request) -> dict[str, str]:
        return {"status": "ok"}

    return app
