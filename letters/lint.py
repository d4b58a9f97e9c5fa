"""What is wrong with a pack before anyone approves it: each finding names the place and the mend.

The pack is laid out with ordinary and with hostile data, and what is judged is what would stand on the paper.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property
from typing import Any, cast

from letters.envelope import A4_HEIGHT_MM, A4_WIDTH_MM, SIZES_MM, Area, Footprint, in_words, telling_words
from letters.errors import PaperError, RenderRefused
from letters.kinds import FORBIDDEN, KINDS, SEAL, Disclosure, Kind
from letters.letter import LetterFields, full_numbers, printed_values
from letters.markup import LETTER_IMAGES, read_markup
from letters.pack import Pack
from letters.render import Renderer
from letters.rendered import Inspection, Placed
from letters.samples import HOSTILE_NUMBERS, sample_letters

LEAST_SIZE_PT = 7.0
LEAST_DARKNESS = 0.5
SHEET = Area(0, 0, A4_WIDTH_MM, A4_HEIGHT_MM)
ADDRESS_MARK = "address"
BACKGROUND_MARKS = frozenset({"specimen"})  # pale words behind the text, which may lie under it
_CSS_URL = re.compile(r"url\(\s*[\"']?([^\"')]*)[\"']?\s*\)", re.IGNORECASE)
_CSS_BANNED = re.compile(
    r"@import|@namespace|expression\s*\(|attr\s*\(|transform\s*:|data:|behavior\s*:", re.IGNORECASE
)


@dataclass(frozen=True)
class LintFinding:
    """One thing wrong. `needs_person`: not a refusal, but someone must look.

    `sample`, `page` and `area` say where it can be seen, once the pack was laid out.
    """

    code: str
    place: str
    text: str
    mend: str
    sample: str | None = None
    page: int | None = None
    area: Area | None = None
    needs_person: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain values to store and to send."""
        return asdict(self)


@dataclass(frozen=True)
class Examination:
    """What the lint found, the pages with a frame around each place, and where things stand on them."""

    findings: tuple[LintFinding, ...]
    pages: Mapping[str, bytes]  # a PDF for each sample that could be laid out
    footprint: Footprint | None

    @property
    def refusals(self) -> tuple[LintFinding, ...]:
        """The findings for which the pack may not be approved."""
        return tuple(finding for finding in self.findings if not finding.needs_person)


def lint_pack(pack: Pack, *, samples: tuple[str, ...] = ()) -> tuple[LintFinding, ...]:
    """Return everything wrong with a pack; an empty tuple means it may be put before an approver.

    `samples`: only these of `letters.samples`, for a quick look while writing; an approval asks all.
    Cost: a tenth of a second for each sample, which is laid out.
    """
    return _judge(pack, samples)[0]


def examine(pack: Pack) -> Examination:
    """Return the lint's findings with the pages that show them.

    Cost: a fifth of a second for each sample.
    """
    findings, subject = _judge(pack, ())
    if subject is None:
        return Examination(findings, {}, None)
    pages = {name: subject.renderer.preview(letter, _marks(findings, name))
             for name, (letter, _) in subject.layouts.items()}  # fmt: skip
    return Examination(findings, pages, _footprint(subject))


def _judge(pack: Pack, samples: tuple[str, ...]) -> "tuple[tuple[LintFinding, ...], _Subject | None]":
    if source := tuple(dict.fromkeys(_source_findings(pack))):
        return source, None  # such a pack is not laid out at all: these come first
    try:
        subject = _Subject(pack, Renderer(pack), samples)
    except PaperError as problem:
        return (_refused("letter.html", problem),), None
    if unknown := tuple(_unknown_fields(subject)):
        return unknown, None
    return tuple(dict.fromkeys(finding for rule in RULES for finding in rule(subject))), subject


def _marks(findings: tuple[LintFinding, ...], sample: str) -> dict[int, list[Area]]:
    marks: dict[int, list[Area]] = {}
    for finding in findings:
        if finding.sample == sample and finding.page and finding.area:
            marks.setdefault(finding.page, []).append(finding.area)
    return marks


def _footprint(subject: "_Subject") -> Footprint:
    deepest = max(height for _, height in SIZES_MM.values())
    seen = [
        one
        for _, layout in subject.layouts.values()
        for one in layout.placed
        if one.page == 1 and not one.marks & BACKGROUND_MARKS and one.area.top_mm < deepest
    ]
    address = dict.fromkeys(one.area for one in seen if ADDRESS_MARK in one.marks)
    return Footprint(tuple(address), tuple(dict.fromkeys(one.area for one in seen if ADDRESS_MARK not in one.marks)))


@dataclass(frozen=True)
class _Subject:
    """A pack and how it lays out each sample."""

    pack: Pack
    renderer: Renderer
    chosen: tuple[str, ...]

    @property
    def kind(self) -> Kind:
        return KINDS[self.pack.kind]

    @cached_property
    def _outcomes(self) -> Mapping[str, tuple[LetterFields, Inspection | RenderRefused]]:
        outcomes: dict[str, tuple[LetterFields, Inspection | RenderRefused]] = {}
        for name, letter in sample_letters(self.pack.kind).items():
            if self.chosen and name not in self.chosen:
                continue
            try:
                outcomes[name] = letter, self.renderer.inspect(letter)
            except RenderRefused as problem:
                outcomes[name] = letter, problem
            except Exception as problem:  # noqa: BLE001 - odd styles make the layout fail in ways nobody thought of
                outcomes[name] = letter, RenderRefused(f"the layout fails ({type(problem).__name__}: {problem})")
        return outcomes

    @property
    def refusals(self) -> Mapping[str, RenderRefused]:
        return {name: got for name, (_, got) in self._outcomes.items() if isinstance(got, RenderRefused)}

    @property
    def layouts(self) -> Mapping[str, tuple[LetterFields, Inspection]]:
        return {name: (letter, got) for name, (letter, got) in self._outcomes.items() if isinstance(got, Inspection)}


def _source_findings(pack: Pack) -> Iterator[LintFinding]:
    """Judge the files as written."""
    reader = read_markup(pack.html)
    for line, text in reader.problems:
        yield LintFinding("MARKUP", f"letter.html line {line}", text, "take it out")
    for name in reader.images:
        if name not in pack.images and name not in LETTER_IMAGES:
            text = f"the image {name!r} is not in the pack"
            yield LintFinding("EXTERNAL_LINK", "letter.html", text, "put the file into the pack and name it plainly")
    for name in _CSS_URL.findall(pack.css):
        if name not in pack.images and name not in pack.fonts:
            text = f"url({name}) is not in the pack"
            yield LintFinding("EXTERNAL_LINK", "letter.css", text, "put the file into the pack and name it plainly")
    for banned in _CSS_BANNED.findall(pack.css):
        yield LintFinding("STYLE", "letter.css", f"{banned!r} is not allowed in a letter", "take it out")
    if ADDRESS_MARK not in reader.ids:
        mend = 'put recipient, address and postcode into an element with id="address"'
        yield LintFinding("WINDOW", "letter.html", "there is no address block", mend)


def _style_warnings(subject: _Subject) -> Iterator[LintFinding]:
    for warning in subject.renderer.style_warnings:
        yield LintFinding("STYLE", "letter.css", warning, "write what the layout understands, or take it out")


def _unknown_fields(subject: _Subject) -> Iterator[LintFinding]:
    known = printed_values(sample_letters(subject.pack.kind)["ordinary"]).keys()
    for name in sorted(subject.renderer.field_names - known):
        mend = f"one of {', '.join(sorted(known))}"
        yield LintFinding("UNKNOWN_FIELD", f"{{{{ {name} }}}}", "no letter has this value", mend)


def _refused_samples(subject: _Subject) -> Iterator[LintFinding]:
    for name, problem in subject.refusals.items():
        yield _refused(f"sample {name}", problem, sample=name)


def _disclosures(subject: _Subject) -> Iterator[LintFinding]:
    """LR-041, LR-044: what must stand on the paper, in ink and large enough to read."""
    for name, (letter, layout) in subject.layouts.items():
        text = _squeezed("".join(one.text for one in layout.placed if _readable(one)))
        values = printed_values(letter)
        for row in subject.kind.disclosures:
            shown = subject.pack.seal in layout.drawn if row is SEAL else _discloses(row, text, values)
            if not shown:
                what = f"{row.title} is not on the paper, readable ({row.source})"
                yield LintFinding(f"DISCLOSURE_{row.code}", f"sample {name}", what, row.mend, name)


def _discloses(row: Disclosure, text: str, values: Mapping[str, str | None]) -> bool:
    for names in row.shows:
        given = [_squeezed(value) for name in names if (value := values[name])]
        if given and not any(value in text for value in given):
            return False
    pattern = row.says.replace("{bank_name}", re.escape(_squeezed(values["bank_name"] or "")))
    return bool(re.search(pattern, text))


def _readable(one: Placed) -> bool:
    return one.size_pt >= LEAST_SIZE_PT and one.darkness >= LEAST_DARKNESS and SHEET.holds(one.area)


def _forbidden_words(subject: _Subject) -> Iterator[LintFinding]:
    text = _squeezed("".join(read_markup(subject.pack.html).text))
    for ban in FORBIDDEN:
        for match in ban.pattern.finditer(text):
            place = f"…{text[max(0, match.start() - 8) : match.end() + 8]}…"
            person = subject.pack.kind in ban.except_in
            why, seen = f"「{match[0]}」: {ban.why}", _seen_at(subject, match[0])
            yield LintFinding(ban.rule, place, why, "say it without", *seen, needs_person=person)


def _seen_at(subject: _Subject, words: str) -> tuple[str | None, int | None, Area | None]:
    """Return in which sample, on which page and where words stand: the run of text they begin in."""
    for name, (_, layout) in subject.layouts.items():
        runs = [(_squeezed(one.text), one) for one in layout.placed if one.text]
        place = "".join(text for text, _ in runs).find(words)
        for text, one in runs:
            if 0 <= place < len(text):
                return name, one.page, one.area
            place -= len(text)
    return None, None, None


def _unmasked_numbers(subject: _Subject) -> Iterator[LintFinding]:
    """LR-043: a full number planted in any value the template prints must be seen by the check that refuses it."""
    if found := full_numbers("\n".join(read_markup(subject.pack.html).text)):
        yield LintFinding("LR-043", "letter.html", f"it holds {len(found)} full number(s)", "take them out")
    ordinary = sample_letters(subject.pack.kind)["ordinary"]
    for field in fields(ordinary):
        if field.name in subject.renderer.field_names & PLANTABLE:
            for number in HOSTILE_NUMBERS:
                planted = replace(ordinary, **cast("dict[str, Any]", {field.name: number}))
                text = "\n".join(read_markup(subject.renderer.html_of(planted)).text)
                if not full_numbers(text, own=(planted.letter_no, planted.serial)):
                    mend = f"print {{{{ {field.name} }}}} in one piece"
                    yield LintFinding("LR-043", f"{{{{ {field.name} }}}}", "a full number in it would pass", mend)


PLANTABLE = frozenset(
    {"recipient_name", "recipient_address", "product", "bank_name", "agency_name", "agency_address", "law_firm"}
)


def _window(subject: _Subject) -> Iterator[LintFinding]:
    """The address in the window, nothing else, and no word in it that shows a debt (LR-072)."""
    envelope = subject.pack.envelope
    for name, (_, layout) in subject.layouts.items():
        for one in layout.placed:
            if one.page > 1 or one.marks & BACKGROUND_MARKS:
                continue
            place = f"sample {name}: 「{one.text or 'an image'}」 at {one.area.left_mm:.0f} × {one.area.top_mm:.0f} mm"
            if ADDRESS_MARK not in one.marks:
                if envelope.shows(one.area):
                    mend = f"keep everything but the address out of {in_words(envelope.ever_seen)}"
                    yield LintFinding("WINDOW", place, "it can show through the window", mend, name, 1, one.area)
                continue
            if envelope.lets_slip(one.area):
                mend = f"keep the address inside {in_words(envelope.always_seen)}"
                yield LintFinding("WINDOW", place, "the address can slip out of the window", mend, name, 1, one.area)
            if found := telling_words(one.text):
                mend = "let the window show name, address and postcode only"
                yield LintFinding("LR-072", place, f"「{found}」 in the window shows the debt", mend, name, 1, one.area)


def _overlaps(subject: _Subject) -> Iterator[LintFinding]:
    for name, (_, layout) in subject.layouts.items():
        placed = [one for one in layout.placed if not one.marks & BACKGROUND_MARKS]
        for place, one in enumerate(placed):
            if not SHEET.holds(one.area):
                text = f"「{one.text or 'an image'}」 leaves the sheet"
                yield LintFinding("OFF_SHEET", f"sample {name}", text, "move it in", name, one.page, one.area)
            for other in placed[place + 1 :]:
                if one.page == other.page and one.area.shrunk(0.3).touches(other.area.shrunk(0.3)):
                    text = f"「{one.text or 'an image'}」 and 「{other.text or 'an image'}」 lie over one another"
                    yield LintFinding("OVERLAP", f"sample {name}", text, "give them room", name, one.page, one.area)


RULES: tuple[Callable[[_Subject], Iterator[LintFinding]], ...] = (
    _style_warnings,
    _refused_samples,
    _disclosures,
    _forbidden_words,
    _unmasked_numbers,
    _window,
    _overlaps,
)


def _refused(place: str, problem: PaperError, *, sample: str | None = None) -> LintFinding:
    mend = "mend the pack so that this sample renders"
    return LintFinding(type(problem).__name__, place, str(problem), mend, sample)


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)
