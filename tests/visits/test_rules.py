from fieldops.policies.catalogue import Stage
from fieldops.policies.decision import ask
from fieldops.visits.rules import VISIT_RULES
from tests.visits.fact_makers import NOW, POLICY, visit_facts


def test_a_visit_nobody_objects_to_passes_at_every_stage():
    for stage in (Stage.SCREEN, Stage.SUBMIT, Stage.APPROVE, Stage.BATCH, Stage.PUBLISH):
        decision = ask(VISIT_RULES, visit_facts(), POLICY, stage=stage, at=NOW)
        assert (decision.verdict, decision.codes) == ("PASS", ())
