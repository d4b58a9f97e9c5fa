"""Who must do what by when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fieldops.tasks import service
from fieldops.tasks.schemas import TaskDoneIn, TaskOut, TaskPageOut, TaskQueryIn
from fieldops.web import Blueprint, actor, needs, session

if TYPE_CHECKING:
    from uuid import UUID

blueprint = Blueprint("tasks", __name__, url_prefix="/tasks", description="Who must do what by when 待办")


@blueprint.route("")
@needs("tasks.read")
@blueprint.arguments(TaskQueryIn, location="query")
@blueprint.response(200, TaskPageOut)
def list_tasks(query: dict[str, Any]) -> Any:
    """The open (or done) tasks of my roles, oldest first."""
    return service.task_page(session(), actor(), **query)


@blueprint.route("/<uuid:task_id>/done", methods=["POST"])
@needs("tasks.do")
@blueprint.arguments(TaskDoneIn)
@blueprint.response(200, TaskOut)
def finish_task(words: dict[str, Any], task_id: UUID) -> Any:
    """Say that a task is done."""
    return service.finish_task(session(), actor(), task_id, **words)
