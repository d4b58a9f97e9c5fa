import pytest

from letters.envelope import Area, Envelope

DL = {"size": "DL", "window_left_mm": 20.0, "window_top_mm": 50.0, "window_width_mm": 90.0, "window_height_mm": 45.0}


def envelope(**changes: object) -> Envelope:
    return Envelope(**({**DL, "fold_height_mm": 99.0} | changes))


def test_what_the_window_shows_allows_for_the_play_of_the_sheet():
    dl = envelope()
    assert dl.play_mm == (10.0, 11.0)
    assert dl.always_seen == Area(20, 50, 100, 84)
    assert dl.ever_seen == Area(10, 39, 110, 95)
    assert dl.ever_seen.holds(dl.always_seen)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"size": "B9"}, "envelope size"),
        ({"fold_height_mm": 111.0}, "does not fit"),
        ({"fold_height_mm": 40.0}, "does not fit"),
        ({"window_left_mm": 4.9}, "at an edge"),
        ({"window_top_mm": 61.0}, "at an edge"),
        ({"window_top_mm": 25.0}, "kept free for the post"),
    ],
)
def test_a_measure_that_cannot_be_is_refused(changes, why):
    with pytest.raises(ValueError, match=why):
        envelope(**changes)


def test_the_window_may_begin_where_the_posts_own_space_ends():
    assert envelope(window_top_mm=26.0)
    assert envelope(window_left_mm=90.0, window_top_mm=20.0, window_width_mm=100.0)


def test_rectangles_that_only_share_an_edge_do_not_touch():
    assert not Area(0, 0, 10, 10).touches(Area(10, 0, 20, 10))
    assert Area(0, 0, 10, 10).touches(Area(9.9, 9.9, 20, 20))
    assert Area(0, 0, 10, 10).holds(Area(0, 0, 10, 10))
    assert not Area(0, 0, 10, 10).holds(Area(0, 0, 10, 10.1))
    assert Area(0, 0, 10, 10).shrunk(1) == Area(1, 1, 9, 9)
