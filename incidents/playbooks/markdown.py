"""Reads a plan that somebody else wrote in Markdown, and invents nothing.

What is not understood is kept word for word and marked as unfinished, so that a person decides.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.utils.text import slugify
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt
from markdown_it.token import Token

from incidents.models import PhaseKind
from incidents.playbooks.plan import PhasePlan, PlaybookPlan, StepPlan
from incidents.playbooks.reader import PlanUnreadableError

LONGEST_TEXT = 300
_NUMBERING = re.compile(r"^(?:part\s+\w+|[\d.]+\w?)\s*[—–:.-]*\s+", re.IGNORECASE)
_CHECKBOX = re.compile(r"^\[[ xX]\]\s+")
_LIST_MARK = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+(?:\[[ xX]\]\s+)?")
_MARKED = re.compile(r"TODO[:\s][^`\n]*|TODO\b|\{\{[^}]*\}\}|\bTBD\b|\bFIXME\b")
_TREE = re.compile(r"[├└│]")
_MATTER = re.compile(r"appendix|annex|reference|resource|revision", re.IGNORECASE)
_KINDS = (
    (re.compile(r"post.?incident|lessons|review|retrospect", re.IGNORECASE), PhaseKind.REVIEW),
    (
        re.compile(r"detect|analy[sz]|investigat|identif|triage", re.IGNORECASE),
        PhaseKind.IDENTIFICATION,
    ),
    (re.compile(r"contain|isolat|mitigat", re.IGNORECASE), PhaseKind.CONTAINMENT),
    # One that does both is the recovery: its clock runs longer.
    (re.compile(r"recover|restor|remediat", re.IGNORECASE), PhaseKind.RECOVERY),
    (re.compile(r"eradicat", re.IGNORECASE), PhaseKind.ERADICATION),
)


@dataclass
class _Found:
    """A step, or text under a heading that holds none."""

    step: StepPlan
    is_text: bool = False


@dataclass
class _Section:
    """A piece of the document that becomes a phase if it holds anything to do."""

    name: str
    kind: PhaseKind | None
    level: int
    steps: list[_Found] = field(default_factory=list)
    heading: str = ""
    loose: list[str] = field(default_factory=list)
    loose_from: str = ""


class _Reader:
    """Walks the blocks of a document once, from top to bottom."""

    def __init__(self, text: str) -> None:
        self.lines = text.splitlines()
        self.tokens = MarkdownIt("commonmark").enable("table").parse(text)
        self.has_checkboxes = bool(re.search(r"^\s*[-*+]\s+\[[ xX]\]\s", text, re.MULTILINE))
        self.title = ""
        self.phase_level = 0
        self.sections = [_Section("", None, 1)]

    def read(self) -> None:
        """Sort every block into a heading, steps, or text that is kept as it is."""
        index = 0
        while index < len(self.tokens):
            token = self.tokens[index]
            end = self._end_of(index)
            if token.type == "heading_open":
                self._heading(int(token.tag[1]), _plain(self.tokens[index + 1].children or []))
            elif token.type in ("bullet_list_open", "ordered_list_open"):
                self._list(index, end)
            elif token.map is not None:
                self._keep(token)
            index = end + 1
        self._settle_loose()

    def _end_of(self, index: int) -> int:
        depth = 0
        for place in range(index, len(self.tokens)):
            depth += self.tokens[place].nesting
            if depth == 0:
                return place
        return len(self.tokens) - 1

    def _heading(self, level: int, text: str) -> None:
        self._settle_loose()
        if not self.title:
            self.title, self.phase_level = text, level + 1
            return
        name = _NUMBERING.sub("", text).strip() or text
        kind = _kind_of(name)
        current = self.sections[-1]
        # A deeper heading opens a phase only if it says nothing but the name of one.
        says_only_that = kind is not None and " " not in name and kind is not current.kind
        if level <= self.phase_level or says_only_that:
            self.sections.append(_Section(name, kind, level))
        self.sections[-1].heading = name

    def _list(self, start: int, end: int) -> None:
        is_ordered = self.tokens[start].type == "ordered_list_open"
        items = self._items(start, end)
        if not self._holds_steps(is_ordered, [first for _map, first in items]):
            self._keep(self.tokens[start])
            return
        section = self.sections[-1]
        # What stands between a heading and its first step explains that step.
        before = "\n\n".join(section.loose)
        section.loose = []
        section.loose_from = section.heading
        for (first_line, last_line), words in items:
            body = "\n".join(self.lines[first_line:last_line])
            more = "\n\n".join(filter(None, [before, _rest(body)]))
            section.steps.append(_Found(_step(_CHECKBOX.sub("", words), more)))
            before = ""

    def _items(self, start: int, end: int) -> list[tuple[tuple[int, int], str]]:
        found = []
        depth = self.tokens[start].level + 1
        for place in range(start, end):
            token = self.tokens[place]
            if token.type == "list_item_open" and token.level == depth and token.map:
                inline = next(
                    (t for t in self.tokens[place:end] if t.type == "inline"), self.tokens[place]
                )
                found.append(((token.map[0], token.map[1]), _first_words(inline)))
        return found

    def _holds_steps(self, is_ordered: bool, words: list[str]) -> bool:
        """Where a document uses check boxes, its plain bullets are explanation and not steps."""
        if self.sections[-1].level == 1:
            return False
        if any(_CHECKBOX.match(text) for text in words):
            return True
        return is_ordered or not self.has_checkboxes

    def _keep(self, token: Token) -> None:
        if token.map is None or token.type == "hr":
            return
        section = self.sections[-1]
        text = "\n".join(self.lines[token.map[0] : token.map[1]]).strip()
        if section.steps and section.heading == section.loose_from:
            # Words after steps of the same heading belong to the last of them.
            section.steps[-1].step = _with_more(section.steps[-1].step, text)
            return
        section.loose.append(text)

    def _settle_loose(self) -> None:
        """Text before the steps of a heading, or a heading without any: kept, never dropped."""
        section = self.sections[-1]
        section.loose_from = section.heading
        if not section.loose or section.level == 1:
            return
        text = "\n\n".join(section.loose)
        section.loose = []
        section.steps.append(_Found(_unread(section.heading or section.name, text), is_text=True))


def read_markdown(text: str, *, source: str, code: str = "") -> PlaybookPlan:
    """Read a plan from Markdown; its kind and owners stay open, because the text does not say."""
    reader = _Reader(text)
    reader.read()
    phases: list[PhasePlan] = []
    told = list(reader.sections[0].loose)
    for section, kind in _with_kinds(reader.sections[1:]):
        if section.kind is None and all(step.is_text for step in section.steps):
            # An overview or an appendix: nothing to do there, but nothing is thrown away either.
            told += [f"## {text.step.text}\n\n{text.step.instructions}" for text in section.steps]
        elif section.steps:
            phases.append(_phase(section, kind))
    if not reader.title or not phases:
        raise PlanUnreadableError(
            _("The file has no heading with steps below it, so there is no plan to be read.")
        )
    return PlaybookPlan(
        code=code or _code(reader.title),
        title=reader.title[:200],
        scenario="\n\n".join(told),
        source=source[:200],
        phases=tuple(phases),
    )


def _plain(pieces: list[Token]) -> str:
    words = [
        " " if piece.type == "softbreak" else piece.content
        for piece in pieces
        if piece.type in ("text", "code_inline", "softbreak")
    ]
    return " ".join("".join(words).split())


def _first_words(inline: Token) -> str:
    """The words that name an item: its first line, or the bold words that open it."""
    pieces = inline.children or []
    breaks = [place for place, piece in enumerate(pieces) if piece.type == "softbreak"]
    line = pieces[: breaks[0]] if breaks else pieces
    close = next((n for n, piece in enumerate(line) if piece.type == "strong_close"), 0)
    lead, rest = _plain(line[:close]), _plain(line[close:])
    opens_bold = bool(lead) and line[0].type in ("text", "strong_open") and not line[0].content
    if opens_bold and rest[:1].isupper() and not lead.endswith(":"):
        return lead
    return _plain(line)


def _with_kinds(sections: list[_Section]) -> Iterator[tuple[_Section, PhaseKind]]:
    """Give each section a kind; one that names none stands with its neighbour and says so."""
    last = PhaseKind.IDENTIFICATION
    for section in sections:
        last = section.kind or last
        yield section, last


def _phase(section: _Section, kind: PhaseKind) -> PhasePlan:
    steps = [found.step for found in section.steps]
    if section.kind is None:
        what = _("“%(name)s” is none of our phases; choose one") % {"name": section.name}
        steps[0] = _marked(steps[0], what)
    return PhasePlan(kind=kind.value, name=section.name[:120], steps=tuple(steps))


def _kind_of(name: str) -> PhaseKind | None:
    if _MATTER.match(name):
        return None
    return next((kind for pattern, kind in _KINDS if pattern.search(name)), None)


def _step(text: str, more: str) -> StepPlan:
    shown = text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1].rsplit(" ", 1)[0] + "…"
    whole = "" if shown == text else f"{text}\n\n"
    return _marked(StepPlan(text=shown, instructions=(whole + more).strip()), "")


def _unread(heading: str, text: str) -> StepPlan:
    marks = "; ".join(dict.fromkeys(mark.strip() for mark in _MARKED.findall(text)))
    what = (
        _("a decision tree that was not understood")
        if _TREE.search(text)
        else marks or _("text without a step; turn it into steps or leave it out")
    )
    return StepPlan(text=heading[:LONGEST_TEXT], instructions=text, unfinished=what[:500])


def _marked(step: StepPlan, what: str) -> StepPlan:
    marks = list(
        dict.fromkeys(m.strip() for m in _MARKED.findall(f"{step.text}\n{step.instructions}"))
    )
    if _TREE.search(step.instructions):
        marks.append(_("a decision tree that was not understood"))
    told = "; ".join(filter(None, [what, *marks]))
    return StepPlan(text=step.text, instructions=step.instructions, unfinished=told[:500])


def _with_more(step: StepPlan, text: str) -> StepPlan:
    more = f"{step.instructions}\n\n{text}".strip()
    return _marked(StepPlan(text=step.text, instructions=more), "")


def _rest(body: str) -> str:
    """What an item holds beyond its name: its whole first line, nested items, code."""
    first, _newline, rest = body.partition("\n")
    lead = _LIST_MARK.sub("", first).strip()
    lines = rest.splitlines()
    indent = min((len(ln) - len(ln.lstrip()) for ln in lines if ln.strip()), default=0)
    kept = "\n".join(line[indent:] for line in lines).strip()
    # Links, code and emphasis are lost in the plain words: the line itself is kept beside them.
    has_markup = re.search(r"\]\(|[`*_]", lead) is not None
    return f"{lead}\n\n{kept}".strip() if has_markup else kept


def _code(title: str) -> str:
    short = re.split(r"[:—–]", title)[0] if ":" in title[:25] else title
    words = slugify(_NUMBERING.sub("", short) or title).upper()
    words = words.removeprefix("PLAYBOOK-") or "PLAN"
    if words == "PLAYBOOK":
        words = slugify(title.partition(":")[2]).upper() or "PLAN"
    return f"PB-{words}"[:40].rstrip("-")
