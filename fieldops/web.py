"""What every HTTP view shares: the transaction around it, who asks, problems as JSON, replays by key.

A view reads, in this order: ``route``, ``needs``, ``arguments``, ``response``, then one service call.
"""

from __future__ import annotations

import hashlib
import logging
from functools import wraps
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar, cast

import orjson
import sqlalchemy as sa
from flask import Flask, Response, current_app, g, request
from flask_smorest import Api
from flask_smorest import Blueprint as SmorestBlueprint
from marshmallow import INCLUDE, RAISE, Schema, ValidationError, fields
from sqlalchemy.dialects.postgresql import insert
from webargs.flaskparser import FlaskParser
from werkzeug.datastructures import CombinedMultiDict

from fieldops.audit import Actor
from fieldops.auth.models import IdempotencyKey, UserAccount
from fieldops.auth.roles import may
from fieldops.errors import NotAllowed, NotAuthenticated, NotNow, NotUnderstood, Problem, TryLater
from fieldops.personal import has_personal_number

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session
    from werkzeug.exceptions import HTTPException

    from fieldops.auth.tokens import Claims, Tokens
    from fieldops.house import House


_log = logging.getLogger(__name__)
_BODY_LIMIT = 64 * 1024 * 1024
_GAVE_WAY = frozenset({"40P01", "40001"})  # deadlock detected, serialization failure
_REPLAYABLE = frozenset({200, 201, 202, 204})
_LONGEST_KEY = 200
View = TypeVar("View", bound="Callable[..., Any]")


class Parser(FlaskParser):
    """webargs' parser; a form with files is read as one thing, and what no schema names is refused everywhere."""

    DEFAULT_UNKNOWN_BY_LOCATION = dict.fromkeys(FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION)

    def load_files(self, req: Any, schema: Any) -> Any:
        """The fields of a multipart form, files among them."""
        return self._makeproxy(CombinedMultiDict([req.form, req.files]), schema)

    def _raw_load_json(self, req: Any) -> Any:
        try:
            return super()._raw_load_json(req)
        except RecursionError:
            raise NotUnderstood("JSON_TOO_DEEP", "Nobody means a body nested so deeply; send it flat.") from None


class Blueprint(SmorestBlueprint):  # type: ignore[misc]
    """flask-smorest's blueprint, with decorators that keep the type of the view."""

    ARGUMENTS_PARSER = Parser()

    def route(self, rule: str, **options: Any) -> Callable[[View], View]:
        """Serve ``rule`` under the view's own name; see flask-smorest."""
        serve = super().route(rule, **options)

        def register(view: View) -> View:
            return cast("View", serve(self.doc(operationId=f"{self.name}.{view.__name__}")(view)))

        return register

    def arguments(self, schema: Any, **options: Any) -> Callable[[View], View]:
        """Read and check the request by ``schema``; see flask-smorest."""
        return cast("Callable[[View], View]", super().arguments(schema, **options))

    def response(self, status: int, schema: Any = None, **options: Any) -> Callable[[View], View]:
        """Write the answer by ``schema``; see flask-smorest."""
        return cast("Callable[[View], View]", super().response(status, schema, **options))

    def alt_response(self, status: int, **options: Any) -> Callable[[View], View]:
        """Document another answer; see flask-smorest."""
        return cast("Callable[[View], View]", super().alt_response(status, **options))


class In(Schema):
    """The root of what is read: an unknown field is refused, never dropped."""

    class Meta:  # noqa: D106 - marshmallow's own name
        unknown = RAISE


class Out(Schema):
    """The root of what is written: only what a schema names leaves the house."""


class Words(fields.String):
    """What a person types in their own words: never a card or identity number, which would lie open in a log.

    White space around them is dropped, so that blanks alone are no reason and no initials.
    """

    def _deserialize(self, *said: Any, **kwargs: Any) -> str:
        text: str = super()._deserialize(*said, **kwargs).strip()
        if has_personal_number(text):
            raise ValidationError("holds what reads as a card or identity number; take it out")
        return text


class ProblemOut(Out):
    """The problem+json document of RFC 9457, as the documentation shows it; more members tell of the case."""

    class Meta:  # noqa: D106 - marshmallow's own name
        unknown = INCLUDE

    type = fields.String()
    title = fields.String()
    status = fields.Integer()
    code = fields.String()
    detail = fields.String()


class Web(Flask):
    """A Flask application whose every request is one transaction, committed before the reply leaves."""

    house: House
    tokens: Tokens

    def dispatch_request(self) -> Response:
        """Run the view inside the transaction; serialisation is part of it, so a failing COMMIT is never a 201."""
        view = self.view_functions.get(request.endpoint or "")
        if view is None or getattr(view, "_own_transactions", False):
            return self.make_response(super().dispatch_request())
        with self.house.transaction() as opened:
            g.session = opened
            g.user = _user_of_token(opened)
            if getattr(view, "_hands_out_tokens", False):
                answer = self.make_response(super().dispatch_request())
                answer.cache_control.no_store = True
                return answer
            return _answered_once(lambda: self.make_response(super(Web, self).dispatch_request()))


class SmorestApi(Api):  # type: ignore[misc]
    """flask-smorest with our problem documents instead of its own."""

    ERROR_SCHEMA = ProblemOut

    def _register_responses(self) -> None:
        """Describe every error as what it is: a problem document."""
        body = {"content": {"application/problem+json": {"schema": ProblemOut}}}
        for status in HTTPStatus:
            self.spec.components.response(status.name, {"description": status.phrase, **body}, lazy=True)
        self.spec.components.response("DEFAULT_ERROR", {"description": "A problem, by name", **body}, lazy=True)

    def handle_http_exception(self, error: HTTPException) -> Response:
        """Turn a framework error into a problem document."""
        messages = (getattr(error, "data", None) or {}).get("messages")
        extra = {"errors": messages} if messages else {}
        code = (error.name or "error").upper().replace(" ", "_")
        return _problem_response(error.code or 500, code, error.name, error.description or error.name, extra)


def api_for(app: Web) -> SmorestApi:
    """Attach the API and its error answers to ``app``."""
    app.register_error_handler(Problem, _answer_problem)
    app.register_error_handler(sa.exc.IntegrityError, _answer_conflict)
    app.register_error_handler(sa.exc.OperationalError, _answer_busy)
    app.register_error_handler(sa.exc.DataError, _answer_unwritable)
    app.register_error_handler(UnicodeEncodeError, _answer_unwritable)
    app.config["MAX_CONTENT_LENGTH"] = _BODY_LIMIT
    return SmorestApi(app)


def house() -> House:
    """The house of the current request."""
    return cast("Web", current_app).house


def session() -> Session:
    """The transaction of the current request."""
    return cast("Session", g.session)


def actor() -> Actor:
    """Who asks, and when; only inside a view that ``needs`` an action."""
    user: UserAccount = g.user
    return Actor(name=user.name, at=house().clock.now(), user_id=user.id, roles=frozenset(user.roles))


def needs(action: str) -> Callable[[View], View]:
    """Let only roles of the table pass, and say so in the documentation."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            user_may(g.get("user"), action)
            _token_opens(action)
            return view(*args, **kwargs)

        guarded._needs = action  # type: ignore[attr-defined]  # noqa: SLF001 - read by the house's own tests
        return cast("View", Blueprint.doc(security=[{"bearer": []}])(guarded))

    return guard


def own_transactions(action: str) -> Callable[[View], View]:
    """Mark a view that opens its own transactions and lets pass by ``user_allowed`` (the named exception: sync)."""

    def mark(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            token_claims()  # who is unknown has no body read
            return view(*args, **kwargs)

        marked = cast("View", Blueprint.doc(security=[{"bearer": []}])(guarded))
        marked._own_transactions = True  # type: ignore[attr-defined]  # noqa: SLF001
        marked._needs = action  # type: ignore[attr-defined]  # noqa: SLF001
        return marked

    return mark


def hands_out_tokens(view: View) -> View:
    """Mark a view whose answer nobody may keep: neither a cache on the way, nor the answers kept by Idempotency-Key."""
    view._hands_out_tokens = True  # type: ignore[attr-defined]  # noqa: SLF001 - read where answers are kept
    return view


def user_allowed(opened: Session, action: str) -> UserAccount:
    """The user of the request's token, if a role of theirs may do this. Raises: NotAuthenticated, NotAllowed."""
    return user_may(_user_of_token(opened), action)


def token_claims() -> Claims:
    """What the token of the request says. Raises: NotAuthenticated without one."""
    if (claims := _claims()) is None:
        raise _token_missing()
    return claims


def _token_opens(action: str) -> None:
    """A phone's token, which leaves the house, opens the phone's door and no other."""
    if token_claims().device_id is not None and not action.startswith("mobile."):
        raise NotAllowed("PHONE_TOKEN", "The token of a phone opens only what is under /mobile; log in for the rest.")


def user_may(user: UserAccount | None, action: str) -> UserAccount:
    """This user, if a role of theirs may do this. Raises: NotAuthenticated, NotAllowed."""
    if user is None:
        raise _token_missing()
    if not may(frozenset(user.roles), action):
        raise NotAllowed("ROLE_NOT_ALLOWED", f"None of your roles may {action}; ask one that may.", action=action)
    return user


def bearer_token() -> str | None:
    """The token of the Authorization header."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" and token else None


def _claims() -> Claims | None:
    token = bearer_token()
    return None if token is None else cast("Web", current_app).tokens.verify(token)


def _token_missing() -> NotAuthenticated:
    return NotAuthenticated("TOKEN_MISSING", "Send a bearer token from POST /api/v1/login.")


def _user_of_token(opened: Session) -> UserAccount | None:
    claims = _claims()
    user = None if claims is None else opened.get(UserAccount, claims.user_id)
    return user if user is not None and user.active else None


def _answered_once(answer: Callable[[], Response]) -> Response:
    """Answer a POST that carries an Idempotency-Key once; repeat the stored answer to its repeats.

    The key row is inserted before the work: a repeat that arrives meanwhile waits for the first one's commit.
    """
    key = request.headers.get("Idempotency-Key")
    user: UserAccount | None = g.user
    if key is None or user is None or request.method != "POST":
        return answer()
    if len(key) > _LONGEST_KEY:
        raise NotUnderstood("IDEMPOTENCY_KEY_LONG", f"Make the Idempotency-Key {_LONGEST_KEY} characters or fewer.")
    sha256 = hashlib.sha256(request.path.encode() + b"\0" + request.get_data()).digest()
    row = {"user_id": user.id, "key": key}
    fresh = insert(IdempotencyKey).values(**row, body_sha256=sha256, status=0, answer=b"").on_conflict_do_nothing()
    if session().scalar(fresh.returning(IdempotencyKey.key)) is None:
        return _repeated(session().get_one(IdempotencyKey, row), sha256)
    response = answer()
    mine = sa.update(IdempotencyKey).filter_by(**row)
    if response.status_code in _REPLAYABLE:
        session().execute(mine.values(status=response.status_code, answer=response.get_data()))
    return response


def _repeated(stored: IdempotencyKey, sha256: bytes) -> Response:
    if stored.body_sha256 != sha256:
        raise NotUnderstood(
            "IDEMPOTENCY_MISMATCH", "This Idempotency-Key was used for another request; make a new key."
        )
    return Response(stored.answer, stored.status, mimetype="application/json", headers={"Idempotent-Replay": "true"})


def _answer_problem(problem: Problem) -> Response:
    document = problem.to_json()
    extra = {k: v for k, v in document.items() if k not in {"type", "title", "status", "code", "detail"}}
    return _problem_response(problem.status, problem.code, problem.title, problem.detail, extra)


def _answer_conflict(error: sa.exc.IntegrityError) -> Response:
    """A constraint said no: somebody else was first. The row itself stays out of log and answer."""
    diagnosis = getattr(error.orig, "diag", None)
    constraint = getattr(diagnosis, "constraint_name", None) or "a constraint"
    _log.info("refused by %s", constraint)
    detail = f"It conflicts with what is already there ({constraint}); read it again and decide anew."
    return _answer_problem(NotNow("CONFLICT", detail, constraint=constraint))


def _answer_busy(error: sa.exc.OperationalError) -> Response:
    """Two transactions waited for each other and this one gave way: nothing was done, so it may simply be repeated."""
    if getattr(error.orig, "sqlstate", None) not in _GAVE_WAY:
        raise error
    return _answer_problem(TryLater("BUSY", "Another change was in the way and nothing was done; send it again."))


def _answer_unwritable(error: sa.exc.DataError | UnicodeEncodeError) -> Response:
    """A text no database holds was sent: U+0000, or half of a surrogate pair. The text itself stays out of the log."""
    _log.info("a value could not be written (%s)", type(error).__name__)
    detail = "A text holds U+0000 or half a character, or a number is out of range; take it out and send it again."
    return _answer_problem(NotUnderstood("VALUE_UNWRITABLE", detail))


def _problem_response(status: int, code: str, title: str, detail: str, extra: dict[str, Any]) -> Response:
    document = {"type": f"urn:fieldops:problem:{code}", "title": title, "status": status, "code": code}
    body = orjson.dumps({**document, "detail": detail, **extra}, default=str, option=orjson.OPT_NON_STR_KEYS)
    return Response(body, status, mimetype="application/problem+json")
