"""Small days to plan: a town of a few kilometres, crews at its middle."""

from routing import Crew, Problem, Stop, Window

HOUR = 3600
LAT, LON = 39.90, 116.40
DAY = Window(9 * HOUR, 18 * HOUR)


def hours(start: float, end: float) -> Window:
    return Window(int(start * HOUR), int(end * HOUR))


def stop(name: str, east_km: float = 1.0, north_km: float = 0.0, **changes: object) -> Stop:
    values = {"service_s": 1200, "windows": (hours(9, 20),), "priority": 3} | changes
    return Stop(name, LAT + north_km / 111.2, LON + east_km / 85.4, **values)


def crew(name: str, **changes: object) -> Crew:
    values = {"shift": DAY} | changes
    return Crew(name, LAT, LON, LAT, LON, **values)


def town(stops: int, crews: int, **limits: object) -> Problem:
    """Stops on a grid, deterministic, with windows of all kinds."""
    made = []
    for i in range(stops):
        windows = ((hours(9, 20),), (hours(10, 12),), (hours(9, 11), hours(14, 17)), (hours(13, 18),))[i % 4]
        made.append(stop(f"s{i:03d}", (i * 7 % 23) / 3 - 4, (i * 5 % 19) / 3 - 3, windows=windows, priority=1 + i % 5))
    return Problem(tuple(made), tuple(crew(f"c{i}", **limits) for i in range(crews)))
