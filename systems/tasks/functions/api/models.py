"""What a client sends and gets."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, model_validator
from ulid import ULID


def _ulid(text: str) -> str:
    """As everybody else writes it: ULIDs do not tell small letters from capitals."""
    try:
        return str(ULID.from_str(text.upper()))
    except ValueError:
        raise ValueError("must be a ULID: 26 digits and letters") from None


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Summary = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000)]
TaskId = Annotated[str, AfterValidator(_ulid)]


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class NewTask(Model):
    """With an `id` of the client's own the request can be sent again: the second time it is a conflict."""

    name: Name
    summary: Summary
    id: TaskId | None = None


class TaskChanges(Model):
    name: Name | None = None
    summary: Summary | None = None
    done: bool | None = None

    @model_validator(mode="after")
    def _some(self) -> "TaskChanges":
        if not self.model_dump(exclude_none=True):
            raise ValueError("one of name, summary and done must be given")
        return self


class ShownTask(BaseModel):
    id: str
    created_at: datetime
    updated_at: datetime
    name: str
    summary: str
    done: bool
    deleted: bool


class TaskView(BaseModel):
    aggregate_type: str
    command_id: str
    id: str
    task: ShownTask


class Page(BaseModel):
    """`next` goes into `?next=` of the following request; null at the end."""

    items: list[TaskView]
    next: str | None
