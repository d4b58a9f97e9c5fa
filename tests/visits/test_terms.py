"""A visit stands under the policy of its bank, and of the product its cards have in common."""

from fieldops.cases.models import Debtor
from fieldops.clock import local_date
from fieldops.visits.service import visit_card
from fieldops.visits.terms import policies_of_visits
from tests.makers import ask_otherwise
from tests.visits.makers_of_visits import make_good_case, make_waiting_visit


def test_a_product_decides_where_every_card_of_a_visit_is_of_it(house):
    with house.transaction() as session:
        loan = make_good_case(session, product="车贷")
        mixed = make_good_case(session, product="车贷")
        both = [mixed, make_good_case(session, product="信用卡", debtor=session.get_one(Debtor, mixed.debtor_id))]
        visits = [make_waiting_visit(session, house, *cases) for cases in ([loan], both)]
        ask_otherwise(session, house, {"visit": {"max_per_30_days": 9}}, product="车贷")
        found = policies_of_visits(session, [visit.id for visit in visits], local_date(house.clock.now()))
        assert [found[visit.id].visit.max_per_30_days for visit in visits] == [9, 3]
        caps = [
            [each.most for each in visit_card(session, visit.id, at=house.clock.now())["contacts"]] for visit in visits
        ]
        assert (9 in caps[0], 9 in caps[1]) == (True, False)
