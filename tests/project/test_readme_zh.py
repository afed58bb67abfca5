"""Does the Chinese README say all that the English one says?

Both are cut into sections by their headings, and what no translation changes is compared section by section: code,
numbers, links, tables and the number of paragraphs and points. How lines are wrapped does not matter.
"""

import re
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
ENGLISH, CHINESE = "README.md", "README.zh-CN.md"
CHOICE = {ENGLISH: "English | [简体中文](README.zh-CN.md)", CHINESE: "[English](README.md) | 简体中文"}

FENCE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
# four spaces after an empty line, or after another such line
INDENTED = re.compile(r"(?<=\n\n)(?: {4}.*\n+)+")
HEADING = re.compile(r"^(#+) (.*)$")
COMMENT = re.compile(r"(?:^|\s+)#.*$", re.MULTILINE)
LINK = re.compile(r"\[([^\]]*)\]\(([^)\s]+)\)")
NUMBER = re.compile(r"(\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?)(?:\s*(million|万))?")
SCALES = {"": 1, "million": 1_000_000, "万": 10_000}
HANZI = re.compile(r"[\u4e00-\u9fff]")
# links to a heading have its words, so they are compared by the heading's place
ANCHOR = "heading {}"


class Section(NamedTuple):
    """What stands under one heading.

    Attributes:
        level: Number of # before the heading.
        title: The heading.
        code: Fenced and indented blocks.
        tables: Cells of each table by row, without the line under the header.
        prose: Paragraphs and points of lists, each as one line.
    """

    level: int
    title: str
    code: list[str]
    tables: list[list[list[str]]]
    prose: list[str]


def sections(name):
    """Cut a README at its headings, without the line that chooses the language."""
    text = (ROOT / name).read_text(encoding="utf-8").replace(CHOICE[name], "")
    code = []
    for pattern in (FENCE, INDENTED):
        # a mark that holds the place, so that neither "#" nor "|" in code is read as something else
        text = pattern.sub(lambda match: f"\n\n\0{code.append(match[0].rstrip()) or len(code) - 1}\n\n", text)
    found = []
    for block in _blocks(text):
        if heading := HEADING.match(block):
            found.append(Section(len(heading[1]), heading[2], [], [], []))
        elif block.startswith("\0"):
            found[-1].code.append(code[int(block[1:])])
        elif block.startswith("|"):
            found[-1].tables.append(_cells(block))
        else:
            found[-1].prose.append(" ".join(block.split()))
    return found


def _blocks(text):
    """Cut a text at empty lines, before and after headings and before points of lists."""
    parts = re.split(r"\n\s*\n|\n(?=- |#+ )|(?<=\n)(?=#+ )", re.sub(r"^(#+ .*)$", r"\1\n", text, flags=re.MULTILINE))
    return [part.strip() for part in parts if part.strip()]


def _cells(table):
    rows = [[cell.strip() for cell in row.strip().strip("|").split("|")] for row in table.splitlines()]
    return [row for row in rows if not all(re.fullmatch(":?-+:?", cell) for cell in row)]


def pairs():
    """Each section of the English README with the one of the Chinese."""
    english, chinese = sections(ENGLISH), sections(CHINESE)
    outlines = ["\n".join(f"{'#' * one.level} {one.title}" for one in found) for found in (english, chinese)]
    assert [one.level for one in english] == [one.level for one in chinese], "\n\n".join(["", *outlines])
    return list(zip(english, chinese, strict=True))


def differences(of):
    """What `of`, which counts things of a section, finds in one README and not in the other."""
    found = []
    for ours, theirs in pairs():
        english, chinese = of(ours), of(theirs)
        if missing := english - chinese:
            found.append(f"{CHINESE} lacks {_names(missing)} under {theirs.title!r} ({ours.title!r})")
        if added := chinese - english:
            found.append(f"{ENGLISH} lacks {_names(added)} under {ours.title!r} ({theirs.title!r})")
    return found


def _names(counts):
    return ", ".join(str(thing) for thing in counts.elements())


def without_comments(code):
    """Code with a bare # for each comment, so that a comment that is missing shows."""
    return COMMENT.sub(" #", code)


def numbers(text):
    """All numbers of a text with how often they stand there; 10 million and 1,000 万 are the same one."""
    found = NUMBER.findall(LINK.sub(r"\1", text))
    return Counter(Decimal(digits.replace(",", "")) * SCALES[scale] for digits, scale in found)


def spans(text):
    """Names, options and commands within a text."""
    return Counter(re.findall(r"`([^`]+)`", text))


def links(text, titles):
    """Targets of all links, those to a heading by its place among all headings."""
    slugs = {f"#{_slug(title)}": ANCHOR.format(place) for place, title in enumerate(titles)}
    return Counter(slugs.get(target, target) for _, target in LINK.findall(text))


def _slug(title):
    """Name a heading as GitHub does: small letters, no punctuation, hyphens for spaces."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def _prose(section):
    return "\n".join([section.title, *section.prose])


def _cell_text(section):
    return "\n".join(cell for table in section.tables for row in table for cell in row)


def _links_of(name):
    found = sections(name)
    titles = [one.title for one in found]
    return [links(f"{_prose(one)}\n{_cell_text(one)}", titles) for one in found]


def test_headings_have_the_same_levels():
    assert len(pairs()) > 5


def test_code_is_the_same_but_for_comments():
    assert sum(len(section.code) for section in sections(ENGLISH)) > 5
    # line by line first, so that a failure names the line
    assert not differences(lambda section: Counter("\n".join(map(without_comments, section.code)).splitlines()))
    assert not differences(lambda section: Counter(map(without_comments, section.code)))


def test_comments_are_translated():
    comments = [one for section in sections(CHINESE) for block in section.code for one in COMMENT.findall(block)]
    assert len(comments) > 5
    assert not [comment for comment in comments if not HANZI.search(comment)]


@pytest.mark.parametrize("of", [numbers, spans], ids=["numbers", "code"])
@pytest.mark.parametrize("part", [_prose, _cell_text], ids=["text", "tables"])
def test_both_have_the_same(part, of):
    assert not differences(lambda section: of(part(section)))


def test_tables_have_the_same_numbers_in_each_cell():
    for ours, theirs in pairs():
        shapes = [[[len(row) for row in table] for table in one.tables] for one in (ours, theirs)]
        assert shapes[0] == shapes[1], theirs.title
        cells = zip(_cell_text(ours).split("\n"), _cell_text(theirs).split("\n"), strict=True)
        assert not [(here, there) for here, there in cells if numbers(here) != numbers(there)]


def test_accuracy_rows_are_the_generated_ones():
    # a program writes them, so that they can be pasted into both
    bodies = [[table[1:] for one in sections(name) for table in one.tables if _is_generated(table)] for name in CHOICE]
    assert len(bodies[0]) == 1
    assert bodies[0] == bodies[1]


def _is_generated(table):
    return table[1][0] == "m4_hourly"


def test_links_are_the_same():
    titles = [theirs.title for _, theirs in pairs()]
    for title, ours, theirs in zip(titles, _links_of(ENGLISH), _links_of(CHINESE), strict=True):
        assert ours == theirs, title


@pytest.mark.parametrize("name", CHOICE)
def test_links_lead_somewhere(name):
    targets = {target for counts in _links_of(name) for target in counts}
    assert len(targets) > 5
    local = {target for target in targets if "://" not in target and not target.startswith(ANCHOR.format(""))}
    assert not [target for target in local if target.startswith("#") or not (ROOT / target.partition("#")[0]).exists()]


def test_paragraphs_and_points_are_as_many():
    for ours, theirs in pairs():
        kinds = [[text.startswith("- ") for text in one.prose] for one in (ours, theirs)]
        assert kinds[0] == kinds[1], "\n".join(["", *ours.prose, "", *theirs.prose])


def test_paragraphs_are_translated_as_a_whole():
    # an English word makes 1.2 characters of Chinese and more, mostly 1.7, so below 0.9 about half of a paragraph is
    # missing; a single sentence shows only by its numbers, names and links
    for ours, theirs in pairs():
        for here, there in zip(ours.prose, theirs.prose, strict=True):
            words = re.findall(r"[A-Za-z]{2,}", LINK.sub(r"\1", re.sub(r"`[^`]+`", "", here)))
            assert len(HANZI.findall(there)) >= 0.9 * len(words), f"{here}\n\n{there}"


@pytest.mark.parametrize("name", CHOICE)
def test_each_leads_to_the_other(name):
    title, _, choice = (ROOT / name).read_text(encoding="utf-8").splitlines()[:3]
    assert title == "# gatecast"
    assert choice == CHOICE[name]
