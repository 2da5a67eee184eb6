"""The question as a resident asks it: words typed, files given, a terminal or none; and the way out."""

from __future__ import annotations

import contextlib
import hashlib
import os
import pty
import select
import sys
from collections import Counter

import numpy as np
import pytest
import yaml
from PIL import Image

from pipeline import cli, new, options
from pipeline.core.errors import UsageError
from pipeline.core.record import Record
from pipeline.deidentify.folder import glance
from pipeline.policy import rules, words
from tests.conftest import ROOT, draw_ring

SLICE = ROOT / "cases/radiology-example/images/ct/IM0003.dcm"
SERIES = SLICE.parent


def photograph(path):
    """The ring with a camera's data: a name, and where it was taken."""
    draw_ring(path.with_suffix(".png"))
    exif = Image.Exif()
    exif[315] = "Meera Testwala"
    exif.get_ifd(34853)[2] = (30.0, 12.0, 0.0)
    Image.open(path.with_suffix(".png")).save(path, "JPEG", exif=exif, quality=95)
    return path


def test_the_file_alone_is_enough_for_a_no(run, tmp_path):
    """A picture that someone asks about is a patient's, unless they say it is not."""
    photo = photograph(tmp_path / "skin.jpg")
    ran = run("may-i-post", "-c", "facebook", "-f", photo)
    assert ran.code == 1
    assert ran.out.startswith("NO: Facebook")
    assert "Box 1, item 3" in ran.out
    assert "Not known" not in ran.out


def test_a_photograph_on_facebook_is_a_no_with_rule_clause_status_and_way_out(run):
    ran = run("may-i-post", "--channel", "facebook", "--fact", "photo=yes")
    assert ran.code == 1
    assert ran.out.startswith("NO: Facebook")
    for wanted in (
        "No photograph or scan",
        "Box 1, item 3",
        "24 August 2023",
        "not binding law",
        words.WAY_OUT,
    ):
        assert wanted in " ".join(ran.out.split())
    assert len(ran.out.splitlines()) <= words.LINES


def test_without_a_terminal_what_is_missing_is_listed_and_stops(run):
    ran = run("may-i-post", "--channel", "seminar", "--json")
    assert ran.code == 1
    assert ran.json["answer"] == "NO"
    assert not ran.json["clear"]
    asked = {row["fact"]: row["ask"] for row in ran.json["missing"]}
    assert {"photo", "identifiable", "hiv", "age_years"} <= set(asked)
    assert all(asked.values())


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ((), "--channel with one of"),
        (("-c", "x", "--fact", "phto=yes"), "did you mean photo"),
        (("-c", "x", "--write", "o.png"), "needs --urgent-in-house"),
        (("-c", "x", "--fact", "photo=yes", "--fact", "photo=no"), "twice"),
        (("-c", "x", "--fact", "age_years=old"), "age_years=34"),
        (("-c", "telegram"), "no channel is called"),
        (("-c", "x", "-f", "nowhere.jpg"), "file 1 is not there"),
    ],
)
def test_words_that_make_no_sense_are_refused_with_what_to_type(typed, said, capsys):
    assert cli.main(["may-i-post", *typed]) == 2
    assert said in capsys.readouterr().err


def test_a_sure_no_and_one_for_want_of_knowledge_look_different(run):
    sure, unsure = ("--fact", "photo=yes"), ("--fact", "verifiable=yes")
    assert run("may-i-post", "-c", "Facebook", *sure).out.startswith("NO: Facebook")
    assert run("may-i-post", "-c", "FACEBOOK", *unsure).out.startswith("NOT YET KNOWN, so no: Facebook")
    assert run("may-i-post", "-c", "x", *sure, "--json").json["certain"] is True
    told = run("may-i-post", "-c", "x", *unsure, "--json").json
    assert (told["answer"], told["certain"]) == ("NO", False)
    assert run("may-i-post", "-c", "x", *stated(), "--json").json["certain"] is True


def test_the_modes_that_may_be_typed_are_those_there_are():
    assert options.MODES == rules.MODES


def test_a_case_tells_its_own_facts(case, run):
    ran = run("may-i-post", "--channel", "facebook", "--case", case, "--json")
    assert ran.json["rules"][0]["state"] == "stop"
    assert {"IN-NMC-SM-2", "IN-NMC-SM-3"} <= {r["id"] for r in ran.json["rules"] if r["state"] == "stop"}
    ran = run("may-i-post", "--channel", "journal", "--case", case, "--json")
    assert ran.json["answer"] == "ONLY IF"
    assert ran.json["missing"] == []


def on_a_terminal(command, answers):
    """Run the command on a terminal of its own and type an answer whenever it waits for one."""
    child, fd = pty.fork()
    if not child:
        os.chdir(ROOT)
        os.execv(sys.executable, [sys.executable, "-m", "pipeline", *command])
    shown, waiting = b"", list(answers)
    while select.select([fd], [], [], 60)[0]:
        try:
            shown += os.read(fd, 4096)
        except OSError:  # Linux: the other end is closed
            break
        if shown.rstrip().endswith(b"unknown:") and waiting:
            os.write(fd, waiting.pop(0).encode() + b"\n")
            shown += b"."
    os.close(fd)
    return shown.decode(), os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_on_a_terminal_the_few_facts_that_matter_are_asked():
    shown, code = on_a_terminal(["may-i-post", "--channel", "facebook"], ["0", "0", "yes"])
    assert "What is in it?" in shown
    assert "YES: Facebook" in shown
    assert code == 0
    shown, code = on_a_terminal(["may-i-post", "--channel", "facebook"], ["5"])
    assert shown.count("?") == 1
    assert "NO: Facebook" in shown
    assert code == 1


def test_files_are_looked_at_and_never_changed(tmp_path, run):
    photo = photograph(tmp_path / "Meera Testwala.jpg")
    before = hashlib.sha256(photo.read_bytes()).hexdigest()
    ran = run("may-i-post", "-c", "class-group", "-f", photo, SLICE, "--json")
    told = " ".join(ran.json["files"])
    assert "1 dicom, 1 jpeg" in told
    assert "GPS" in told
    assert "header values" in told
    assert {"IN-NMC-SM-3", "ED-CLASS-GROUP"} <= {r["id"] for r in ran.json["rules"] if r["state"] == "stop"}
    assert "Testwala" not in ran.everything
    assert hashlib.sha256(photo.read_bytes()).hexdigest() == before


NOTHING = [f"{n}={'34' if n == 'age_years' else 'yes' if n == 'verifiable' else 'no'}" for n in rules.told()]


def stated(*more, but=()):
    """Every fact stated as harmless as can be, apart from those in `but`."""
    kept = [pair for pair in NOTHING if pair.partition("=")[0] not in but]
    return [word for pair in (*kept, *more) for word in ("--fact", pair)]


def looked_at(monkeypatch, **found):
    seen = glance.Look(glance.Seen(**found))
    monkeypatch.setattr(glance, "look", lambda *_: contextlib.nullcontext(seen))


@pytest.mark.parametrize(
    ("found", "fact", "why"),
    [
        ({"kinds": Counter(jpeg=1), "faces": 1}, "photo", "face"),
        ({"kinds": Counter(jpeg=1), "carried": Counter(gps=1)}, "photo", "camera"),
        ({"kinds": Counter(jpeg=1), "unread": 1}, "photo", "could not be looked at"),
        ({"kinds": Counter(dicom=1), "headers": 9}, "scan", "DICOM"),
        ({"kinds": Counter(video=1)}, "video", "video"),
    ],
)
def test_what_was_found_in_a_file_is_not_talked_away(monkeypatch, capsys, found, fact, why):
    looked_at(monkeypatch, **found)
    assert cli.main(["may-i-post", "-c", "facebook", "-f", "it", *stated()]) == 2
    said = capsys.readouterr()
    assert f"--fact {fact}=no contradicts" in said.err
    assert why in said.err
    assert "YES" not in said.out


def test_a_face_and_header_values_hold_against_other_facts_too(monkeypatch, capsys):
    looked_at(monkeypatch, kinds=Counter(png=1), faces=1, text=1)
    typed = ["may-i-post", "-c", "seminar", "-f", "it", "--fact"]
    assert cli.main([*typed, "identifiable=no"]) == 2
    assert cli.main([*typed, "files_clean=yes"]) == 2
    assert "files_clean=yes contradicts" in capsys.readouterr().err


def test_a_plain_photograph_may_be_said_to_be_of_no_patient(tmp_path, run):
    draw_ring(tmp_path / "ring.png")
    ran = run("may-i-post", "-c", "facebook", "-f", tmp_path / "ring.png", *stated())
    assert ran.code == 0
    assert ran.out.startswith("YES")


@pytest.mark.parametrize(
    "start", [b"%PDF-1.4\n%%EOF", b"PK\x03\x04 slides", b"A 40 year old man from Bathinda"]
)
def test_a_document_is_said_not_to_be_looked_into(tmp_path, run, start):
    (tmp_path / "talk").write_bytes(start)
    told = " ".join(run("may-i-post", "-c", "seminar", "-f", tmp_path / "talk", "--json").json["files"])
    assert told.startswith("Not looked into: 1 ")
    assert "casereport audit FILE --private" in told
    assert "nothing found" not in told


@pytest.mark.parametrize("channel", ["youtube", "facebook", "instagram", "whatsapp-group", "own-website"])
def test_a_video_is_a_sure_no_whatever_is_said_of_urgency(tmp_path, run, channel):
    (tmp_path / "film").write_bytes(b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom")
    urgent = ["--fact", "urgent_inhouse=yes", "--fact", "view_once_set=yes"]
    ran = run("may-i-post", "-c", channel, "-f", tmp_path / "film", *urgent, "--json")
    assert ran.code == 1
    assert "IN-NMC-SM-6" in {r["id"] for r in ran.json["rules"] if r["state"] == "stop"}
    assert "has to watch it" in " ".join(ran.json["files"])
    assert not {row["fact"] for row in ran.json["missing"]} & {"view_once_set"}


def test_an_urgent_picture_is_cleaned_and_marked_but_not_over_its_middle(tmp_path, run):
    photo, out = photograph(tmp_path / "ring.jpg"), tmp_path / "out.png"
    ran = run("may-i-post", "--urgent-in-house", "-f", photo, "--write", out, "--fact", "identifiable=no")
    assert ran.code == 1  # much is not known yet
    assert "View Once does not stop a second telephone" in ran.everything
    with Image.open(out) as marked, Image.open(photo) as source:
        assert marked.info == {}
        assert marked.size[0] == source.size[0] * 2  # small pictures are enlarged
        pixels, before = np.asarray(marked, int), np.asarray(source.resize((640, 480), 0), int)
    band = (pixels.shape[0] - 480) // 2
    inside = pixels[band:-band]
    assert np.abs(inside[120:360, 160:480] - before[120:360, 160:480]).max() == 0
    assert (np.abs(inside - before).max(axis=2) > 30).any()
    assert (pixels[:band] < 100).any()
    assert b"Testwala" not in out.read_bytes()


def test_no_urgent_picture_where_a_rule_forbids_it(tmp_path, monkeypatch, capsys):
    seen = glance.Look(glance.Seen(Counter(png=1), faces=1))
    monkeypatch.setattr(glance, "look", lambda *_: contextlib.nullcontext(seen))
    typed = ["may-i-post", "--urgent-in-house", "-f", "ring.png", "--write", str(tmp_path / "o.png")]
    assert cli.main([*typed, "--fact", "consent_signed=no"]) == 1
    assert "no picture was written" in capsys.readouterr().err
    assert not (tmp_path / "o.png").exists()


@pytest.mark.parametrize(
    "fact", ["consent_withdrawn=yes", "sexual_offence=yes", "hiv=yes", "view_once_set=no", "before_after=yes"]
)
def test_urgency_does_not_excuse_what_is_known_to_be_against_it(tmp_path, monkeypatch, capsys, fact):
    looked_at(monkeypatch, kinds=Counter(png=1))
    typed = ["may-i-post", "--urgent-in-house", "-f", "ring.png", "--write", str(tmp_path / "o.png")]
    assert cli.main([*typed, "--fact", fact]) == 1
    assert "no picture was written" in capsys.readouterr().err
    assert not (tmp_path / "o.png").exists()
    assert cli.main([*typed, "--fact", "urgent_inhouse=no"]) == 2


def test_for_what_is_not_known_a_person_vouches_and_on_a_terminal_confirms_view_once(tmp_path, run):
    draw_ring(tmp_path / "ring.png")
    typed = ["may-i-post", "--urgent-in-house", "-f", tmp_path / "ring.png", "--write"]
    ran = run(*typed, tmp_path / "a.png")
    assert (tmp_path / "a.png").exists()
    told = " ".join(ran.everything.split())
    assert "vouches" in told
    for name in ("sexual_offence", "view_once_set", "consent_signed"):
        assert name in told.partition("vouches")[0]
    facts = stated(but=("photo", "urgent_inhouse", "view_once_set", "files_clean"))
    for answer, written in (("", False), ("no", False), ("yes", True)):
        out = tmp_path / f"b{answer}.png"
        on_a_terminal([*map(str, (*typed, out)), *facts, "--fact", "photo=yes"], [answer])
        assert out.exists() is written


def test_an_urgent_picture_takes_the_place_of_no_file(tmp_path, capsys):
    draw_ring(tmp_path / "ring.png")
    typed = ["may-i-post", "--urgent-in-house", "-f", tmp_path / "ring.png", "--write", tmp_path / "ring.png"]
    assert cli.main(list(map(str, typed))) == 2
    assert "new name" in capsys.readouterr().err


# --- the way out ---


def test_a_case_starts_from_pictures_that_stay_where_they_are(tmp_path, run):
    photo = photograph(tmp_path / "Meera Testwala.jpg")
    before = hashlib.sha256(photo.read_bytes()).hexdigest()
    ran = run("new", tmp_path / "case", "--from", photo, SERIES)
    assert ran.code == 0
    record = (tmp_path / "case" / "record.yaml").read_text()
    assert "Testwala" not in record
    figures = yaml.safe_load(record)["figures"]
    assert [f["panels"][0]["image"] for f in figures] == ["images/picture-01.jpg", "images/series-02/"]
    assert set(figures[0]) <= set(Record.model_fields["figures"].annotation.__args__[0].model_fields)
    copied = tmp_path / "case" / "images"
    assert hashlib.sha256((copied / "picture-01.jpg").read_bytes()).hexdigest() == before
    assert len(list((copied / "series-02").iterdir())) == len(list(SERIES.iterdir()))
    codes = [f["code"] for f in run("check", tmp_path / "case", "--json").json["findings"]]
    assert "IMG020" not in codes


@pytest.mark.parametrize("bad", ["missing.jpg", "notes.txt", "mixed"])
def test_a_case_starts_from_pictures_only_and_whole_or_not_at_all(tmp_path, bad):
    (tmp_path / "notes.txt").write_text("Meera Testwala")
    (tmp_path / "mixed").mkdir()
    draw_ring(tmp_path / "mixed" / "ring.png")
    with pytest.raises(UsageError):
        new.make(tmp_path / "case", [tmp_path / bad])
    assert not (tmp_path / "case").exists()
