"""Travel of a big day is asked for where it is needed, and is the same as if all of it were at hand."""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from routing import GreatCircle, Problem, arrays, pipeline, plan, ways
from routing.arrays import arrays_of
from routing.travel import Legs, RoadMatrix
from tests.routing.days import stop, town

MODES = ("CAR", "WALK")


def mixed(stops=40):
    """A town whose crews drive, walk and start at two places."""
    base = town(stops, 6, max_stops=9)
    crews = tuple(
        replace(one, mode=MODES[i % 2], start_lat=one.start_lat + i % 3 / 100) for i, one in enumerate(base.crews)
    )
    return replace(base, crews=crews)


def by_road(problem):
    """The same day with a road matrix in which there and back differ."""
    size, rng = len(problem.points), np.random.default_rng(3)
    seconds = rng.integers(60, 3000, (size, size))
    return replace(problem, travel=RoadMatrix({mode: Legs(seconds, seconds * 9) for mode in MODES}, "roads"))


@pytest.mark.parametrize("made", [mixed(), by_road(mixed())], ids=["great circle", "roads"])
def test_a_leg_asked_for_is_the_one_of_the_matrix_alone_or_among_many(made):
    whole = range(len(made.stops)), range(len(made.crews))
    at_hand, asked = arrays_of(made, *whole), arrays_of(made, *whole, lazily=True)
    nodes = np.random.default_rng(1).permutation(len(at_hand.service))
    assert (at_hand.matrix == asked.matrix).all()
    assert (at_hand.between(nodes[:7]) == asked.between(nodes[:7])).all()
    assert (at_hand.between(nodes) == at_hand.travel[:, nodes[:, None], nodes]).all()
    modes = at_hand.mode[nodes % 6]
    assert (at_hand.travel[modes, nodes, nodes[::-1]] == asked.travel[modes, nodes, nodes[::-1]]).all()
    assert (at_hand.travel[1, nodes, 3] == asked.travel[1, nodes, 3]).all()
    asked.travel.keep(1, nodes.tolist())
    asked.travel.keep_around(3, [(int(mode), int(node)) for mode, node in zip(modes, nodes, strict=True)])
    for mode, node in zip(modes.tolist(), nodes.tolist(), strict=True):
        assert asked.travel.kept[mode, node, 3] == at_hand.travel[mode, node, 3]
        assert asked.travel.kept[mode, 3, node] == at_hand.travel[mode, 3, node]
    for origin, target in zip(nodes.tolist(), nodes[::-1].tolist(), strict=True):
        assert asked.travel[1, origin, target] == at_hand.travel[1, origin, target]
        assert asked.travel[1, target, origin] == at_hand.travel[1, target, origin]


def test_legs_that_are_kept_are_let_go_when_they_are_too_many(monkeypatch):
    monkeypatch.setattr(ways, "MOST_KEPT", 30)
    day = arrays_of(mixed(), range(40), range(6), lazily=True)
    for origin in range(20):
        day.travel.keep(0, [origin, 39, 38, 37])
        assert day.travel[0, origin, 39] == day.between(np.array([origin, 39]))[0, 0, 1]
        assert len(day.travel.kept) <= 30 + 4


@pytest.mark.parametrize("made", [mixed(), by_road(mixed())], ids=["great circle", "roads"])
def test_a_day_is_planned_and_explained_the_same_however_its_legs_are_asked_for(monkeypatch, made):
    crowded = replace(made, stops=(*made.stops[:-2], stop("far", 60), stop("again", 1, debtor="d")))
    crowded = crowded if isinstance(made.travel, GreatCircle) else made
    at_hand = plan(crowded, budget_s=60, seed=1, cores=1, limit=1500)
    monkeypatch.setattr(arrays, "WHOLE_NODES", 0)
    asked = plan(crowded, budget_s=60, seed=1, cores=1, limit=1500)
    assert (asked.routes, asked.left_out, asked.cost) == (at_hand.routes, at_hand.left_out, at_hand.cost)


@dataclass(frozen=True)
class Counting(GreatCircle):
    """Great circle that counts the legs it is asked for."""

    asked: list[int] = field(default_factory=list)

    def seconds(self, points, origins, targets, mode):
        self.asked.append(np.broadcast(origins, targets).size)
        return super().seconds(points, origins, targets, mode)


def test_a_day_twice_as_big_asks_for_twice_the_legs_not_four_times(monkeypatch):
    for name in ("DISTRICT_VISITS", "BORDER_VISITS"):
        monkeypatch.setattr(pipeline, name, 100)
    monkeypatch.setattr(arrays, "WHOLE_NODES", 0)

    def asked(stops):
        travel, base = Counting(), town(stops, stops // 10)
        homes = tuple(replace(one, start_lat=39.9 + i % 7 / 100) for i, one in enumerate(base.crews))
        found = plan(Problem(base.stops, homes, travel), budget_s=60, seed=1, cores=1, limit=1)
        assert found.planned > stops * 0.9
        return sum(travel.asked)

    assert asked(800) < 2.4 * asked(400)
