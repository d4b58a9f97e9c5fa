"""The way from the reference phone to the application under test, with the faults a network has."""

from fieldops.agents.queries import members_by_crew
from fieldops.demo.client import ApiError
from fieldops.demo.phone import Phone


class TestApi:
    """A phone's connection to the Flask test client; ``lose_request`` and ``lose_answer`` break it once."""

    __test__ = False

    def __init__(self, client):
        self.client = client
        self.lose_request = False
        self.lose_answer = False
        self.answers = []  # the raw bytes of each, newest last

    def get(self, path, **query):
        return self._answered(lambda: self.client.get(f"/api/v1{path}", query_string=query))

    def post(self, path, body):
        return self._answered(lambda: self.client.post(f"/api/v1{path}", json=body))

    def bearer(self, token):
        if token:
            self.client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
        else:
            self.client.environ_base.pop("HTTP_AUTHORIZATION", None)

    def exchange(self, method, path, headers, body=b""):
        """One request of an upload; a lost one never arrives, a lost answer was done all the same."""
        if self.lose_request:
            self.lose_request = False
            raise OSError("the request was lost")
        answer = self.client.open(f"/api/v1{path}", method=method, headers=headers, data=body)
        if self.lose_answer:
            self.lose_answer = False
            raise OSError("the answer was lost")
        return answer.status_code, answer.headers

    def _answered(self, ask):
        if self.lose_request:
            self.lose_request = False
            raise OSError("the request was lost")
        answer = ask()
        self.answers.append(answer.get_data())
        if self.lose_answer:
            self.lose_answer = False
            raise OSError("the answer was lost")
        if answer.status_code >= 400:
            raise ApiError(answer.status_code, answer.json)
        return answer.json if answer.data else None


def phone_of(client_as, agent, *, file=":memory:"):
    """A registered phone of an agent, and its connection."""
    client = client_as("FIELD_AGENT", name=f"agent {agent.code}", agent_id=agent.id)
    api = TestApi(client)
    phone = Phone(api, file)
    phone.register()
    return phone, api


def crew_phones(house, client_as, crew):
    """The phones of a crew's members, leader first, each with its connection."""
    with house.transaction() as session:
        members = members_by_crew(session, [crew.id])[crew.id]
    return [phone_of(client_as, agent) for agent in members]
