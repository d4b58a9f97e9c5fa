"""Tasks: opened once, seen by their role, done once."""

import threading
from datetime import timedelta
from uuid import UUID

import pytest

from fieldops.audit import Actor
from fieldops.errors import NotAllowed, NotNow
from fieldops.tasks import queries, service

ABOUT = UUID(int=7)


@pytest.fixture
def clerk(house):
    return Actor("clerk", house.clock.now(), roles=frozenset({"ADMIN_CLERK"}))


def opened(session, actor, kind="shred_letter", entity_id=ABOUT):
    due_at = actor.at + timedelta(days=1)
    return service.open_task(session, actor, kind, "ADMIN_CLERK", "letter", entity_id, due_at, {"letter_no": "x"})


def test_the_same_thing_is_asked_of_people_once(house, clerk):
    with house.transaction() as session:
        first = opened(session, clerk)
        assert opened(session, clerk).id == first.id
        assert [task.id for task in queries.tasks_of(session, ["ADMIN_CLERK"], done=False)] == [first.id]


def test_two_who_open_the_same_task_at_once_get_one(house, clerk):
    made = []
    barrier = threading.Barrier(2)

    def run():
        with house.transaction() as session:
            barrier.wait()
            made.append(opened(session, clerk).id)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(made) == 2
    assert len(set(made)) == 1


def test_a_task_is_done_by_its_role_or_a_supervisor_and_once(house, clerk):
    with house.transaction() as session:
        task = opened(session, clerk)
        stranger = Actor("qa", clerk.at, roles=frozenset({"QA"}))
        with pytest.raises(NotAllowed, match="ADMIN_CLERK"):
            service.finish_task(session, stranger, task.id)
        assert service.finish_task(session, clerk, task.id).done_by == "clerk"
        with pytest.raises(NotNow):
            service.finish_task(session, Actor("s", clerk.at, roles=frozenset({"SUPERVISOR"})), task.id)


def test_a_clerk_pages_through_the_tasks_of_their_roles(house, clerk, client_as):
    with house.transaction() as session:
        for number in range(5):
            opened(session, clerk, entity_id=UUID(int=number))
    client = client_as("ADMIN_CLERK")
    first = client.get("/api/v1/tasks?limit=3").json
    rest = client.get(f"/api/v1/tasks?limit=3&after={first['after']}").json
    assert (len(first["items"]), len(rest["items"]), rest["after"]) == (3, 2, None)
    assert client_as("QA").get("/api/v1/tasks").json["items"] == []
    done = client.post(f"/api/v1/tasks/{first['items'][0]['id']}/done", json={})
    assert (done.status_code, done.json["done_by"]) == (200, "admin_clerk")
    assert len(client.get("/api/v1/tasks?done=true").json["items"]) == 1
