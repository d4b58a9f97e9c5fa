"""Accounts on the wire."""

from __future__ import annotations

from marshmallow import fields, validate

from fieldops.auth.roles import Role
from fieldops.web import In, Out, Words


class LoginIn(In):
    name = fields.String(required=True)
    password = fields.String(required=True, load_only=True)


class TokenOut(Out):
    token = fields.String()
    token_type = fields.Constant("Bearer")
    expires_in_s = fields.Integer()


class AccountIn(In):
    name = fields.String(required=True, validate=validate.Length(1, 64))
    display_name = fields.String(required=True, validate=validate.Length(1, 64))
    password = fields.String(required=True, load_only=True)
    roles = fields.List(fields.String(validate=validate.OneOf(list(Role))), required=True, validate=validate.Length(1))
    agent_id = fields.UUID(load_default=None)


class AccountReasonIn(In):
    reason = Words(required=True, validate=validate.Length(1, 500))


class AccountOut(Out):
    id = fields.UUID()
    name = fields.String()
    display_name = fields.String()
    roles = fields.List(fields.String())
    active = fields.Boolean()
