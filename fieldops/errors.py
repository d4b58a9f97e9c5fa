"""The catalogue of problems an API answer can name (RFC 9457), and the errors the tree raises."""

from __future__ import annotations

from typing import Any


class FieldopsError(Exception):
    """The root of every error this product raises on purpose."""


class SettingsError(FieldopsError):
    """The installation is told something that cannot be; the message names the setting and the mend."""


class Problem(FieldopsError):  # noqa: N818 - the word of RFC 9457
    """An answer that is not yes: one row of the catalogue, with what is particular to this case.

    ``status`` and ``title`` belong to the class, ``code`` to the row, ``detail`` says what to do, and ``extra``
    carries machine-readable members.
    """

    status = 500
    title = "Internal error"

    def __init__(self, code: str, detail: str, **extra: Any) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.extra = extra

    def to_json(self) -> dict[str, Any]:
        """The problem+json document."""
        return {
            "type": f"urn:fieldops:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            **self.extra,
        }


class NotAuthenticated(Problem):
    """Nobody is known to ask (401)."""

    status = 401
    title = "Not authenticated"


class NotAllowed(Problem):
    """Somebody asks who may not (403)."""

    status = 403
    title = "Not allowed"


class NotFound(Problem):
    """The thing asked for is not there, or not theirs to see (404)."""

    status = 404
    title = "Not found"


class NotNow(Problem):
    """The thing is there, but its state says no (409)."""

    status = 409
    title = "Not now"


class StaleVersion(Problem):
    """Somebody else changed the thing first (412)."""

    status = 412
    title = "Changed meanwhile"


class OtherProtocol(Problem):
    """The request speaks another version of a protocol (412)."""

    status = 412
    title = "Another protocol"


class TooLarge(Problem):
    """The body is over the limit it names (413)."""

    status = 413
    title = "Too large"


class NotUnderstood(Problem):
    """The request can be read but not meant (422)."""

    status = 422
    title = "Not understood"


class TooMany(Problem):
    """The same may pass a little later (429)."""

    status = 429
    title = "Too many requests"


class UpgradeRequired(Problem):
    """What asks is too old to be understood (426)."""

    status = 426
    title = "Upgrade required"


class WrongMedia(Problem):
    """The body is of another media type than this address takes (415)."""

    status = 415
    title = "Another media type"


class InUse(Problem):
    """Somebody else is at it right now (423)."""

    status = 423
    title = "In use"


class WrongChecksum(Problem):
    """The bytes are not those that were sent (460, as tus 1.0.0 has it)."""

    status = 460
    title = "Checksum differs"


class TryLater(Problem):
    """Busy; the same request may pass later (503)."""

    status = 503
    title = "Busy"
