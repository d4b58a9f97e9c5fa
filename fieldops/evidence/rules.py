"""What holds for evidence, in values: its terms, and why one may look at it."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

VIEW, BORROW = "VIEW", "BORROW"
"""To look at it in the house, or to take it out 借阅, which needs the bank's written authorisation."""

LIFETIME: Final = timedelta(days=7)
"""How long an upload waits for its next byte."""
LOOSE_FOR: Final = timedelta(hours=1)
"""After how long an object of the store that nothing counts is swept out."""
OVERDUE: Final = timedelta(hours=48)
"""After how long evidence that was declared is asked for."""
RECEIPTS_SHOWN: Final = timedelta(days=31)
LINK_KINDS: Final = ("check_in", "photo", "form", "check_out", "correction")
"""What a link of the visit chain tells of, in the order of a visit; a photo is any recording."""
