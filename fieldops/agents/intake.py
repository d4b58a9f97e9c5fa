"""A crew list 外访小组名单 as a table, and its rows into crews, agents and members."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from fieldops.addresses.datums import DATUMS
from fieldops.agents import places
from fieldops.agents.models import Agent, Crew, CrewMember
from fieldops.agents.rules import MODES, WORKING_DAY
from fieldops.datum import to_wgs84
from fieldops.imports.converters import day, degrees, seconds_of_day, text, whole, word_of
from fieldops.imports.kinds import CheckedRow, Column, Intake, Kind, Landed, Outcome, RowRefused

if TYPE_CHECKING:
    from collections.abc import Sequence

_MEMBERS: Final = ("member_1", "member_2", "member_3")
_SAME_PLACE_DEGREES: Final = 1e-9


class CrewLander:
    """Lands crews: an agent is a place in a crew (C001-1), for names repeat and are no identity."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._session = intake.session

    def land(self, rows: Sequence[CheckedRow]) -> list[Landed]:
        """Land one chunk; see Lander. Cost: a few statements per crew that is new or changed."""
        codes = [row.values["code"] for row in rows]
        crews = {crew.code: crew for crew in self._session.scalars(sa.select(Crew).where(Crew.code.in_(codes)))}
        members = self._members([crew.id for crew in crews.values()])
        return [self._land_one(row, crews.get(row.values["code"]), members) for row in rows]

    def finish(self) -> None:
        """Nothing follows crews."""

    def _members(self, crew_ids: list[Any]) -> dict[Any, dict[int, Agent]]:
        query = sa.select(CrewMember, Agent).join(Agent, Agent.id == CrewMember.agent_id)
        found: dict[Any, dict[int, Agent]] = {crew_id: {} for crew_id in crew_ids}
        for member, agent in self._session.execute(query.where(CrewMember.crew_id.in_(crew_ids))):
            found[member.crew_id][member.place] = agent
        return found

    def _land_one(self, row: CheckedRow, crew: Crew | None, members: dict[Any, dict[int, Agent]]) -> Landed:
        values = row.values
        fault = next((each for each in WORKING_DAY if each.found(values)), None)
        if fault is not None:
            return RowRefused(fault.column, fault.code, fault.mend)
        told = _columns(values)
        names = {place: values[name] for place, name in enumerate(_MEMBERS, start=1) if values[name]}
        if crew is None:
            crew = Crew(code=values["code"], created_at=self._intake.actor.at, **told)
            self._session.add(crew)
            self._session.flush()
            self._write_members(crew, names, {})
            return Outcome.CREATED
        before = members[crew.id]
        if _says(crew, told) and {place: agent.name for place, agent in before.items()} == names:
            return Outcome.UNCHANGED
        for name, value in told.items():
            setattr(crew, name, value)
        crew.version += 1
        self._write_members(crew, names, before)
        return Outcome.CHANGED

    def _write_members(self, crew: Crew, names: dict[int, str], before: dict[int, Agent]) -> None:
        """Name the agent of each place; one whose place is gone stays on record, inactive."""
        for place, agent in before.items():
            if place not in names:
                agent.active = False
                left = self._session.get_one(CrewMember, (crew.id, place))
                places.leave_place(self._session, self._intake.actor.at, left)
        for place, name in names.items():
            agent = before.get(place) or self._agent(f"{crew.code}-{place}", name)
            agent.version += agent.name != name
            agent.name, agent.active = name, True
            if place not in before:
                at = self._intake.actor.at
                places.take_place(self._session, at, crew_id=crew.id, place=place, agent_id=agent.id)
        self._session.flush()

    def _agent(self, code: str, name: str) -> Agent:
        agent = self._session.scalar(sa.select(Agent).where(Agent.code == code))
        if agent is None:
            agent = Agent(code=code, name=name, version=1, created_at=self._intake.actor.at)
            self._session.add(agent)
            self._session.flush()
        return agent


def _columns(values: dict[str, Any]) -> dict[str, Any]:
    """A row as the columns of a crew; its points in WGS-84."""
    start_lat, start_lon = to_wgs84(values["lat"], values["lon"], values["datum"])
    end_lat, end_lon = None, None
    if values["end_lat"] is not None:
        end_lat, end_lon = to_wgs84(values["end_lat"], values["end_lon"], values["datum"])
    return {
        "start_lat": start_lat,
        "start_lon": start_lon,
        "end_lat": end_lat,
        "end_lon": end_lon,
        "shift_start_s": values["shift_start_s"],
        "shift_end_s": values["shift_end_s"],
        "break_from_s": values["break_from_s"],
        "break_until_s": values["break_until_s"],
        "break_s": values["break_min"] and values["break_min"] * 60,
        "mode": values["mode"],
        "recorder_serial": values["recorder"],
        "from_on": values["from_on"],
        "until_on": values["until_on"],
        "active": True,
    }


def _says(crew: Crew, told: dict[str, Any]) -> bool:
    """Whether the crew on record is what the row tells."""
    return all(_same(getattr(crew, name), value) for name, value in told.items())


def _same(known: Any, told: Any) -> bool:
    """Whether two values say the same; a point is the same through the rounding of its datum."""
    if isinstance(known, float) and isinstance(told, float):
        return abs(known - told) < _SAME_PLACE_DEGREES
    return bool(known == told)


CREWS: Final = Kind(
    name="crews",
    columns=(
        Column("小组编号", "code", text, required=True, public=True),
        Column("成员一", "member_1", text, required=True),
        Column("成员二", "member_2", text),
        Column("成员三", "member_3", text),
        Column("出发经度", "lon", degrees(73, 136), required=True),
        Column("出发纬度", "lat", degrees(3, 54), required=True),
        Column("坐标系", "datum", word_of(DATUMS), required=True),
        Column("收工经度", "end_lon", degrees(73, 136)),
        Column("收工纬度", "end_lat", degrees(3, 54)),
        Column("上班", "shift_start_s", seconds_of_day, required=True),
        Column("下班", "shift_end_s", seconds_of_day, required=True),
        Column("休息最早", "break_from_s", seconds_of_day),
        Column("休息最晚", "break_until_s", seconds_of_day),
        Column("休息分钟", "break_min", whole),
        Column("交通方式", "mode", word_of(MODES), required=True),
        Column("录音设备", "recorder", text, public=True),
        Column("启用日期", "from_on", day),
        Column("停用日期", "until_on", day),
    ),
    key=lambda values: values["code"],
    lander=CrewLander,
)
