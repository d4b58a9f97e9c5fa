"""The register of registered mail over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response

from fieldops.correspondence import reconciling, register, register_prints
from fieldops.correspondence import schemas as wire
from fieldops.correspondence.desk import paper_schemas as paper
from fieldops.correspondence.desk import register_schemas as book
from fieldops.correspondence.mail import lists as mail_lists
from fieldops.web import Blueprint, actor, house, needs, session

if TYPE_CHECKING:
    from uuid import UUID

blueprint = Blueprint("register", __name__, description="The register 挂号信台账")
PDF = "application/pdf"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BYTES = {"type": "string", "format": "binary"}


@blueprint.route("/register")
@needs("register.read")
@blueprint.arguments(paper.RegisterQueryIn, location="query")
@blueprint.response(200, paper.RegisterPageOut)
def list_register(query: dict[str, Any]) -> Any:
    """The register of registered mail, line by line."""
    return register.register_page(session(), **query)


@blueprint.route("/register/verify", methods=["POST"])
@needs("register.read")
@blueprint.response(200, paper.RegisterVerifiedOut)
def verify_register() -> Any:
    """Check every register: no gap, no altered line, no end cut off."""
    return register.verified(session())


@blueprint.route("/register/<string:branch>/<int:year>/<int:number>/reverse", methods=["POST"])
@needs("register.correct")
@blueprint.arguments(wire.LetterReasonIn)
@blueprint.response(201, paper.RegisterEntryOut)
def reverse_entry(words: dict[str, Any], branch: str, year: int, number: int) -> Any:
    """Take back a line by a reversing one; the line itself stays."""
    return register.reverse_entry(session(), actor(), branch=branch, year=year, number=number, **words)


@blueprint.route("/register/prints", methods=["POST"])
@needs("register.read")
@blueprint.arguments(book.RegisterPrintIn)
@blueprint.response(201, book.RegisterPrintOut)
def ask_for_print(wanted: dict[str, Any]) -> Any:
    """Have lines of the register printed; a job makes the files."""
    return register_prints.ask_for_print(session(), actor(), **wanted)


@blueprint.route("/register/prints/<uuid:print_id>")
@needs("register.read")
@blueprint.response(200, book.RegisterPrintOut)
def show_print(print_id: UUID) -> Any:
    """A print of the register."""
    return register_prints.print_by_id(session(), print_id)


@blueprint.route("/register/prints/<uuid:print_id>/pdf")
@needs("register.read")
@blueprint.response(200, BYTES, content_type=PDF)
def show_print_pdf(print_id: UUID) -> Response:
    """The register on paper."""
    return Response(register_prints.print_file(session(), actor(), house().store, print_id, "pdf"), mimetype=PDF)


@blueprint.route("/register/prints/<uuid:print_id>/xlsx")
@needs("register.read")
@blueprint.response(200, BYTES, content_type=XLSX)
def show_print_xlsx(print_id: UUID) -> Response:
    """The register as a workbook of text cells."""
    return Response(register_prints.print_file(session(), actor(), house().store, print_id, "xlsx"), mimetype=XLSX)


@blueprint.route("/reconciliations", methods=["POST"])
@needs("letters.reconcile")
@blueprint.response(200, book.ReconciledOut)
def reconcile() -> Any:
    """Compare numbers issued, register and postal receipts now, as every night does."""
    return reconciling.reconcile(session(), actor())


@blueprint.route("/reconciliations/differences")
@needs("register.read")
@blueprint.response(200, book.MailDifferenceOut(many=True))
def list_differences() -> Any:
    """The differences that stand, oldest first, with their age."""
    return reconciling.aged(session(), actor())


@blueprint.route("/mail-lists/no-news")
@needs("register.read")
@blueprint.response(200, book.WaitingItemOut(many=True))
def list_no_news() -> Any:
    """Items the post has said nothing of for too long."""
    return mail_lists.no_news(session(), actor())


@blueprint.route("/mail-lists/no-receipt")
@needs("register.read")
@blueprint.response(200, book.UnreceiptedItemOut(many=True))
def list_no_receipt() -> Any:
    """Items whose receipt of posting, or then of delivery, is not filed in time."""
    return mail_lists.no_receipt(session(), actor())


@blueprint.route("/mail-lists/yearly")
@needs("register.read")
@blueprint.response(200, book.YearlyOut(many=True))
def list_yearly() -> Any:
    """Active cases no letter was delivered about in twelve months, and when the claim may lapse."""
    return mail_lists.yearly(session(), actor())


@blueprint.route("/mail-lists/templates")
@needs("register.read")
@blueprint.response(200, book.TemplateUseOut(many=True))
def list_templates_in_use() -> Any:
    """Templates with the letters written with each, and when they end."""
    return mail_lists.templates(session(), actor())


@blueprint.route("/mail-lists/after-payment")
@needs("register.read")
@blueprint.arguments(book.FiguresIn, location="query")
@blueprint.response(200, book.AfterPaymentOut(many=True))
def list_after_payment(span: dict[str, Any]) -> Any:
    """Letters that left after a payment that followed their approval; there should be none."""
    return mail_lists.after_payment(session(), **span)


@blueprint.route("/mail-lists/figures")
@needs("register.read")
@blueprint.arguments(book.FiguresIn, location="query")
@blueprint.response(200, book.FiguresOut)
def show_figures(span: dict[str, Any]) -> Any:
    """Deliveries and returns of the items posted in a span of days."""
    return mail_lists.figures(session(), **span)
