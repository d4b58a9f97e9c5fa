"""What a registered letter costs: the basic tariff of the post, in fen by weight in grams.

Source: China Post basic tariff of 2006-11-15: letters out of town 1.20 yuan for each 20 g up to 100 g, from there 2.00
yuan for each further 100 g; registration 3.00 yuan.
"""

REGISTRATION_FEN = 300
EACH_20G_FEN = 120
EACH_100G_FEN = 200
LIGHT_G = 100
MOST_G = 2000
ENVELOPE_G = 6
SHEET_G = 5


def weight_g(sheets: int) -> int:
    """Return the weight of an envelope with so many sheets of A4."""
    return ENVELOPE_G + SHEET_G * sheets


def registered_postage_fen(grams: int) -> int:
    """Return the postage of a registered letter out of town.

    Raises: ValueError for a weight no letter has.
    Example:
        >>> registered_postage_fen(16)
        420
        >>> registered_postage_fen(21)
        540
    """
    if not 0 < grams <= MOST_G:
        raise ValueError(f"{grams} g is no letter: 1 to {MOST_G} g.")
    light = -(-min(grams, LIGHT_G) // 20) * EACH_20G_FEN
    heavy = -(-max(grams - LIGHT_G, 0) // 100) * EACH_100G_FEN
    return REGISTRATION_FEN + light + heavy
