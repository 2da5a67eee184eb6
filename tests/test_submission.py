"""How to submit: the page says what goes where, the copies are members, nothing for the editor slips out."""

from __future__ import annotations

import re
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lxml import html

from pipeline import intake, verify
from pipeline.core import allowlist, files, journal, resources
from pipeline.core.errors import PrivacyError, UsageError
from pipeline.pack import submission
from tests.browser import CHROMIUM, MISSING, browser
from tests.packing import Rooms, packed, rooms

PLATFORMS = tuple(resources.data("templates/package/submission.yaml")["platforms"])
DOSSIER = "editor-only/consent-dossier.pdf"


@pytest.fixture
def all_rooms(tmp_path: Path) -> Rooms:
    return rooms(tmp_path / "rooms")


def handed(monkeypatch: pytest.MonkeyPatch, said: Any, *, blinded: bool = True) -> None:
    """Every journal has this `layout.submission` from now on."""
    real = journal.load("aujmsr")
    layout = {**real.layout, "submission": said, "blinded": blinded}
    monkeypatch.setattr(journal, "load", lambda _: replace(real, layout=layout))


def page_of(folder: Path) -> Any:
    return html.fromstring((folder / "upload/how-to-submit.html").read_bytes())


def rows(folder: Path) -> list[list[str]]:
    """The cells of the page's table, row by row."""
    return [
        [" ".join(cell.itertext()).strip() for cell in row] for row in page_of(folder).xpath("//tbody/tr")
    ]


@pytest.mark.parametrize("blinded", [True, False])
@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_copy_is_a_member_and_is_on_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str, blinded: bool
) -> None:
    handed(monkeypatch, {"platform": platform}, blinded=blinded)
    made = packed(rooms(tmp_path / "rooms", blinded=blinded), tmp_path / "out")
    copies = {p.name: p.read_bytes() for p in (made.folder / "upload").iterdir()}
    with zipfile.ZipFile(made.zip) as z:
        members = {name: z.read(name) for name in z.namelist()}
    assert copies.pop("how-to-submit.html") == members["editor-only/how-to-submit.html"]
    said = rows(made.folder)
    assert [row[0] for row in said] == [str(n) for n in range(1, len(said) + 1)]
    assert {row[2].removeprefix("upload/") for row in said if row[2].startswith("upload/")} == set(copies)
    assert copies
    for name, content in copies.items():
        assert re.fullmatch(r"\d\d-[A-Za-z0-9][A-Za-z0-9 ._-]*", name)
        assert [m for m, held in members.items() if held == content and allowlist.row("upload", m)], name
        assert content not in {members[DOSSIER], members["editor-only/deidentification-report.json"]}


@pytest.mark.parametrize("platform", PLATFORMS)
def test_reviewers_of_a_blinding_journal_are_shown_nothing_for_the_editor(
    all_rooms: Rooms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    handed(monkeypatch, {"platform": platform})
    made = packed(all_rooms, tmp_path / "out")
    names = ("title-page", "cover-letter", "consent", "disclosure")
    for row in rows(made.folder):
        assert ("reviewers" in row[3]) <= (not any(name in row[2] for name in names)), row


def test_ojs_authors_are_sent_to_the_library(
    all_rooms: Rooms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed(monkeypatch, {"platform": "ojs", "address": "https://journal.example/submissions"})
    made = packed(all_rooms, tmp_path / "out")
    signed = next(row for row in rows(made.folder) if DOSSIER in row[2])
    assert "Library" in signed[1]
    assert "Permissions" in signed[1]
    assert "keep it in the zip" in signed[2]
    assert not list((made.folder / "upload").glob("*dossier*"))
    page = page_of(made.folder)
    assert page.xpath("//a/@href") == ["https://journal.example/submissions"]
    assert "OJS selects every submission file for the reviewers" in " ".join(page.text_content().split())


def test_a_journal_names_its_slots_and_files(
    all_rooms: Rooms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slots = [
        {"slot": "Pictures", "file": "for-review/figures/figure-*", "name": "Fig {n}.{ext}"},
        {"slot": "First Page", "file": "editor-only/title-page.docx", "for_editor": True, "note": "As DOCX."},
        {"slot": "Only where names are shown", "file": "for-review/manuscript.xml", "when": "open"},
        {"slot": "A dossier there is not", "held": "editor-only/signed-consent-form.pdf", "for_editor": True},
    ]
    handed(monkeypatch, {"platform": "email", "address": "editor@journal.example", "slots": slots})
    made = packed(all_rooms, tmp_path / "out")
    assert sorted(p.name for p in (made.folder / "upload").iterdir()) == [
        "03-title-page.docx",
        "Fig 1.tif",
        "Fig 2.tif",
        "how-to-submit.html",
    ]
    assert "As DOCX." in rows(made.folder)[2][1]
    assert page_of(made.folder).xpath("//a/@href") == ["mailto:editor@journal.example"]


WHOLE = {
    *(f"for-review/manuscript.{ending}" for ending in ("docx", "pdf", "xml", "html")),
    "for-review/manuscript-jats-1.1.xml",
    *(f"for-review/figures/figure-{name}" for name in ("1.jpg", "1.pdf", "2.jpg", "10.jpg", "10.pdf")),
    *(f"for-review/{name}-checklist.{ending}" for name in ("care", "scare") for ending in ("pdf", "docx")),
    "for-review/highlights.docx",
    *(f"editor-only/{name}.docx" for name in ("title-page", "cover-letter")),
    "editor-only/disclosure-forms.pdf",
}


def plan(formats: list[str] | None = None, **said: Any) -> submission.Plan:
    real = journal.load("aujmsr")
    rules = {**real.rules, "figures": {"value": {"formats": formats}}} if formats else {}
    profile = replace(real, rules=rules, layout={**real.layout, "submission": said})
    return submission.plan(profile, WHOLE, blinded=True)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_all_that_the_letter_calls_enclosed_is_handed_in(platform: str) -> None:
    made = plan(platform=platform)
    copied = {step.member: step for step in made.steps if step.copy}
    assert {f"for-review/{name}-checklist.pdf" for name in ("care", "scare")} <= set(copied)
    assert "for-review/highlights.docx" in copied
    forms = copied["editor-only/disclosure-forms.pdf"]
    assert not forms.reviewers
    assert "signed" in forms.note
    assert "no slot" not in " ".join(made.notes)
    assert "those of manuscript.pdf" in " ".join(made.notes)


@pytest.mark.parametrize(
    ("formats", "uploaded"),
    [
        (None, ["1.jpg", "2.jpg", "10.jpg"]),
        (["jpg", "pdf"], ["1.jpg", "2.jpg", "10.jpg"]),
        (["jpeg", "eps"], ["1.jpg", "2.jpg", "10.jpg"]),
        (["tif"], ["1.jpg", "2.jpg", "10.jpg"]),
        (["tif", "eps"], ["1.pdf", "2.jpg", "10.pdf"]),
    ],
)
def test_one_file_of_each_figure_is_uploaded(formats: list[str] | None, uploaded: list[str]) -> None:
    made = plan(formats, slots=[{"slot": "Figures", "file": "for-review/figures/figure-*"}])
    assert [step.member.partition("figure-")[2] for step in made.steps] == uploaded


def test_what_reaches_no_slot_is_named() -> None:
    made = plan(slots=[{"slot": "Paper", "file": "for-review/manuscript.docx"}], notes=["Ours."])
    (said,) = (note for note in made.notes if "no slot" in note)
    assert "for-review/highlights.docx" in said
    assert "for-review/scare-checklist.pdf" in said
    assert "manuscript." not in said


@pytest.mark.parametrize("name", [DOSSIER, "editor-only/deidentification-report.json", "package.json"])
def test_the_signed_form_is_never_copied_whatever_a_profile_says(
    all_rooms: Rooms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    handed(monkeypatch, {"slots": [{"slot": "Consent", "file": name, "for_editor": True}]})
    if name == "package.json":  # made after the plan: not there to be copied
        packed(all_rooms, tmp_path / "out")
        assert [p.name for p in (tmp_path / "out/upload").iterdir()] == ["how-to-submit.html"]
        return
    with pytest.raises(PrivacyError) as stop:
        packed(all_rooms, tmp_path / "out")
    assert stop.value.code == "PKG005"


@pytest.mark.parametrize("name", ["title-page.docx", "cover-letter.docx", "consent-attestation.pdf"])
@pytest.mark.parametrize("way", ["file", "paste", "held"])
def test_a_slot_that_reviewers_see_takes_nothing_for_the_editor(
    all_rooms: Rooms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, way: str
) -> None:
    handed(monkeypatch, {"platform": "ojs", "slots": [{"slot": "Other", way: f"editor-only/{name}"}]})
    with pytest.raises(PrivacyError) as stop:
        packed(all_rooms, tmp_path / "out")
    assert stop.value.code == "PKG010"
    assert "for_editor" in stop.value.fix


@pytest.mark.parametrize(
    "said",
    [
        {"platform": "pigeon"},
        {
            "slots": [
                {
                    "slot": "Two ways",
                    "file": "for-review/manuscript.pdf",
                    "paste": "for-review/manuscript.pdf",
                }
            ]
        },
        {"slots": [{"file": "for-review/manuscript.pdf"}]},
        {"slots": [{"slot": "Unknown", "file": "for-review/manuscript.doc"}]},
        {"slots": [{"slot": "Escape", "file": "for-review/manuscript.pdf", "name": "../x.pdf"}]},
        {"slots": [{"slot": "Sign", "file": "for-review/manuscript.pdf", "name": "a:b.pdf"}]},
        {"slots": [{"slot": "Twice", "file": "for-review/figures/figure-*", "name": "Figure.tif"}]},
        {"slots": [{"slot": "Page", "file": "for-review/manuscript.html", "name": "How-to-submit.html"}]},
    ],
)
def test_a_profile_that_cannot_be_followed(
    all_rooms: Rooms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: dict[str, Any]
) -> None:
    handed(monkeypatch, said)
    with pytest.raises(UsageError) as stop:
        packed(all_rooms, tmp_path / "out")
    assert "layout.submission" in stop.value.fix
    assert "/" not in str(stop.value.where or "")


def test_words_of_the_record_and_the_profile_are_only_ever_text(
    all_rooms: Rooms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nasty = '"><script>alert(1)</script>{{ 7*7 }}'
    handed(
        monkeypatch,
        {
            "address": f"javascript:{nasty}",
            "notes": [nasty],
            "slots": [{"slot": nasty, "note": nasty, "file": "for-review/manuscript.pdf"}],
        },
    )
    clean = replace(all_rooms.clean, record={**all_rooms.clean.record, "title": nasty})
    page = page_of(packed(all_rooms.but(clean=clean), tmp_path / "out").folder)
    assert page.xpath("//script | //a | //@onclick") == []
    assert page.text_content().count("alert(1)") == 5


def test_copies_are_not_hunted_twice_but_anything_else_in_the_folder_is(
    results: Path, signed_case: Path, tmp_path: Path
) -> None:
    folder = next(results.glob("*/5-pack-*"))
    case, profile = intake.read(signed_case), journal.load("aujmsr")
    part = tmp_path / "part"
    folder.rename(part)
    verify.guard(case, profile)(part)
    (part / "upload/99-note.txt").write_text("Seen with Meera Testwala, MRN 4471982.")
    with pytest.raises(PrivacyError) as stop:
        verify.guard(case, profile)(part)
    assert stop.value.code == "LEAK002"
    assert "99-note.txt" in str(stop.value.where)
    (part / "upload/99-note.txt").unlink()
    (part / "highlights.txt").write_text(f"Read by Dr {case.record['authors'][0]['family']}.")
    with pytest.raises(PrivacyError) as stop:
        verify.guard(case, profile)(part)
    assert stop.value.code == "LEAK010"


def test_the_copies_belong_to_the_receipt(built: tuple[Any, Path], results: Path) -> None:
    ran, _ = built
    assert "how-to-submit.html says which file goes where" in ran.err
    folder = next(results.glob("*/5-pack-*"))
    assert files.receipt(folder)
    next((folder / "upload").glob("01-*")).unlink()
    assert files.receipt(folder) is None


@pytest.mark.skipif(CHROMIUM is None, reason=MISSING)
def test_the_page_is_readable_on_a_telephone(
    all_rooms: Rooms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed(
        monkeypatch, {"platform": "ojs", "address": "https://journal.example/index.php/jcr/about/submissions"}
    )
    made = packed(all_rooms, tmp_path / "out")
    with browser() as tab:
        tab.open((made.folder / "upload/how-to-submit.html").as_uri(), 390, 844)
        assert tab.complaints() == []
        assert tab.run("document.documentElement.scrollWidth") <= 390
