"""`check --online` against a stand-in for Crossref, PubMed and doi.org on this computer."""

from __future__ import annotations

import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from pipeline import check, intake
from pipeline.check import online, remote, schema
from pipeline.core import journal, reflist
from pipeline.core.errors import UsageError
from tests.conftest import edit

WORK = {
    "DOI": "10.1000/Ring.1",
    "title": ["Granuloma annulare"],
    "subtitle": ["Clinical and histologic variants, epidemiology, and genetics"],
    "author": [{"family": "Piette", "given": "Evan W.", "sequence": "first"}, {"family": "Rosenbach"}],
    "container-title": ["Journal of the American Academy of Dermatology"],
    "issued": {"date-parts": [[2016, 9]]},
}
SUMMARY = {
    "uid": "77",
    "title": "Granuloma Annulare.",
    "pubdate": "2015 Jul",
    "epubdate": "2015 May 5",
    "authors": [{"name": "Keimig EL", "authtype": "Author"}],
    "source": "Dermatol Clin",
    "fulljournalname": "Dermatologic clinics",
    "pubtype": ["Journal Article", "Review"],
    "articleids": [{"idtype": "pubmed", "value": "77"}],
    "references": [],
}


class Stub:
    """What the stand-in answers: a path's beginning -> status and JSON, bytes, or a function that does it."""

    def __init__(self):
        self.answers = {}
        self.asked = []
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                stub.asked.append((self.path, dict(self.headers)))
                start = next((s for s in stub.answers if unquote(self.path).startswith(s)), None)
                answer = stub.answers.get(start, (404, b"Resource not found."))
                if isinstance(answer, list):
                    answer = answer.pop(0) if len(answer) > 1 else answer[0]
                if callable(answer):
                    answer(self)
                    return
                status, body, *extra = answer
                body = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                for name, value in extra:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def stub():
    made = Stub()
    made.answers["/works/10.1000/ring.1"] = (200, {"status": "ok", "message": WORK})
    made.answers["/entrez/"] = (200, {"result": {"uids": ["77"], "77": SUMMARY}})
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def numbered(case):
    """The small case with a DOI, a PubMed number, and one reference with neither."""
    edit(case, "year = {2016},", "year = {2016}, doi = {10.1000/ring.1},", "references.bib")
    edit(case, "year = {2015},", "year = {2015}, pmid = {77},", "references.bib")
    return case


def asked(case, stub, seconds=5.0):
    read = intake.read(case)
    form, _ = schema.read(read)
    return online.check(read, form, at=stub.url, pause=0.01, seconds=seconds)


def codes(found):
    return [f.code for f in found]


def test_what_is_right_is_counted(numbered, stub):
    found = asked(numbered, stub)
    assert [(f.code, f.message) for f in found] == [
        ("REF034", "2 of 3 cited references were checked online"),
        ("REF035", "1 cited references could not be checked online: they have neither DOI nor PMID"),
    ]


def test_only_identifiers_are_sent(numbered, stub):
    asked(numbered, stub)
    assert [path for path, _ in stub.asked] == [
        "/works/10.1000%2Fring.1",
        "/entrez/eutils/esummary.fcgi?db=pubmed&retmode=json&tool=casereport&id=77",
    ]
    for _, headers in stub.asked:
        assert set(headers) == {"Accept-Encoding", "Host", "User-Agent", "Accept", "Connection"}
        assert headers["User-Agent"].startswith("casereport/")


def test_what_has_not_the_shape_of_an_identifier_is_not_sent(numbered, stub):
    edit(numbered, "{10.1000/ring.1}", "{MRN 0012345}", "references.bib")
    edit(numbered, "pmid = {77}", "pmid = {7 7}", "references.bib")
    found = asked(numbered, stub)
    assert stub.asked == []
    assert codes(found) == ["REF034", "REF035"]


@pytest.mark.parametrize(
    ("change", "code", "severity"),
    [
        (
            {"updated-by": [{"DOI": "10.1/n", "type": "retraction", "source": "retraction-watch"}]},
            "REF013",
            "error",
        ),
        ({"updated-by": [{"DOI": "10.1/n", "type": "withdrawal"}]}, "REF013", "error"),
        ({"updated-by": [{"DOI": "10.1/n", "type": "expression_of_concern"}]}, "REF014", "warning"),
        ({"updated-by": [{"DOI": "10.1/n", "type": "correction"}]}, "REF015", "note"),
        ({"updated-by": [{"DOI": "10.1/n", "type": "new_version"}]}, None, None),
        ({"update-to": [{"DOI": "10.1/n", "type": "retraction"}]}, "REF016", "warning"),
        ({"update-to": [{"DOI": "10.1/n", "type": "correction"}]}, None, None),
        ({"title": ["RETRACTED: Granuloma annulare"]}, "REF013", "error"),
        ({"title": ["Warts in general"], "subtitle": []}, "REF032", "warning"),
        ({"issued": {"date-parts": [[2017]]}, "published-online": {"date-parts": [[2016]]}}, None, None),
        ({"issued": {"date-parts": [[2018]]}}, "REF032", "warning"),
        ({"author": [{"family": "Rosenbach"}]}, "REF032", "warning"),
        ({"author": [{"name": "World Ring Society"}]}, "REF032", "warning"),
        ({"container-title": ["Journal of Dermatology"]}, "REF032", "warning"),
        ({"container-title": [], "short-container-title": ["J Am Acad Dermatol"]}, None, None),
        ({"author": None, "title": None, "issued": None, "container-title": "x"}, None, None),
    ],
)
def test_what_crossref_says(numbered, stub, change, code, severity):
    stub.answers["/works/10.1000/ring.1"] = (200, {"message": {**WORK, **change}})
    found = [(f.code, f.severity) for f in asked(numbered, stub) if f.code not in {"REF034", "REF035"}]
    assert found == ([(code, severity)] if code else [])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"pubtype": ["Journal Article", "Retracted Publication"]}, "REF013"),
        ({"references": [{"reftype": "Retraction in", "refsource": "X"}]}, "REF013"),
        ({"references": [{"reftype": "Expression of concern in"}]}, "REF014"),
        ({"references": [{"reftype": "Erratum in"}]}, "REF015"),
        ({"references": [{"reftype": "Comment in"}]}, None),
        ({"pubtype": ["Retraction of Publication"]}, "REF016"),
        ({"authors": [{"name": "Rao PK"}]}, "REF032"),
        ({"pubdate": "2011", "epubdate": ""}, "REF032"),
        ({"title": "Something else"}, "REF032"),
        ({"error": "cannot get document summary"}, "REF031"),
    ],
)
def test_what_pubmed_says(numbered, stub, change, code):
    stub.answers["/entrez/"] = (200, {"result": {"uids": ["77"], "77": {**SUMMARY, **change}}})
    assert [c for c in codes(asked(numbered, stub)) if c not in {"REF034", "REF035"}] == (
        [code] if code else []
    )


def test_drift_names_fields_and_quotes_nothing(numbered, stub):
    other = {"title": ["Warts"], "author": [{"family": "Secretname"}], "issued": {"date-parts": [[1999]]}}
    stub.answers["/works/10.1000/ring.1"] = (200, {"message": {**WORK, "subtitle": [], **other}})
    drift = next(f for f in asked(numbered, stub) if f.code == "REF032")
    assert drift.message.endswith("in: title, year, first author")
    assert (drift.path, drift.line) == ("references.bib", 1)
    assert "Secretname" not in str(drift)


def test_a_doi_nobody_knows(numbered, stub):
    del stub.answers["/works/10.1000/ring.1"]
    stub.answers["/doiRA/"] = (200, [{"DOI": "10.1000/ring.1", "status": "DOI does not exist"}])
    found = asked(numbered, stub)
    assert (found[0].code, found[0].severity, found[0].line) == ("REF030", "error", 5)


def test_a_doi_of_another_agency_is_not_called_missing(numbered, stub):
    del stub.answers["/works/10.1000/ring.1"]
    stub.answers["/doiRA/"] = (200, [{"DOI": "10.1000/ring.1", "RA": "DataCite"}])
    found = asked(numbered, stub)
    assert codes(found) == ["REF034", "REF035", "REF036"]
    assert found[0].message.startswith("1 of 3 ")


def slow(handler):
    time.sleep(3)
    handler.close_connection = True


def drip(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    for _ in range(40):
        try:
            handler.wfile.write(b" ")
            handler.wfile.flush()
        except OSError:
            return
        time.sleep(0.1)


def endless(handler):
    handler.send_response(200)
    handler.end_headers()
    try:
        for _ in range(200):
            handler.wfile.write(b" " * (1 << 16))
    except OSError:
        return
    handler.close_connection = True


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param((500, b"oops"), id="500"),
        pytest.param((429, b"slow down"), id="429"),
        pytest.param((403, b"no"), id="403"),
        pytest.param((200, b"<html>hospital log-in</html>"), id="a log-in page"),
        pytest.param((200, b"[" * 100_000), id="deep nesting"),
        pytest.param((200, {"message": "odd"}), id="other JSON"),
        pytest.param((200, b"null"), id="null"),
        pytest.param((302, b"", ("Location", "http://192.0.2.1/elsewhere")), id="led elsewhere"),
        pytest.param((302, b"", ("Location", "file:///etc/passwd")), id="led to a file"),
        pytest.param(slow, id="no answer in time"),
        pytest.param(drip, id="one letter at a time"),
        pytest.param(endless, id="endless"),
    ],
)
def test_no_answer_is_said_and_blocks_nothing(numbered, stub, answer):
    stub.answers = {"/works/": answer, "/entrez/": answer}
    found = asked(numbered, stub, seconds=0.3)
    assert [(f.code, f.severity) for f in found] == [
        ("REF034", "note"),
        ("REF033", "warning"),
        ("REF033", "warning"),
        ("REF035", "note"),
    ]
    assert found[0].message.startswith("0 of 3 ")
    assert {f.message for f in found[1:3]} == {
        f"1 cited references were not checked with {service}: no answer" for service in ("Crossref", "PubMed")
    }


def test_a_busy_service_is_asked_again(numbered, stub):
    good = stub.answers["/works/10.1000/ring.1"]
    stub.answers["/works/10.1000/ring.1"] = [(429, b"", ("Retry-After", "0")), (503, b""), good]
    assert asked(numbered, stub)[0].message.startswith("2 of 3 ")
    assert sum(path.startswith("/works") for path, _ in stub.asked) == 3


def test_a_dead_service_is_not_asked_for_ever(case, stub):
    rows = "".join(
        f"@article{{k{n}, author = {{A, B}}, title = {{Title {n}}}, journal = {{J}}, year = 2001, "
        f"doi = {{10.1000/{n}}}}}\n"
        for n in range(30)
    )
    with (case / "references.bib").open("a") as listed:
        listed.write(rows)
    edit(case, "[@piette2016;", "[" + "; ".join(f"@k{n}" for n in range(30)) + "; @piette2016;")
    stub.answers = {"/works/": (500, b"")}
    found = asked(case, stub)
    assert len(stub.asked) == remote.GIVE_UP * remote.ATTEMPTS
    assert "30 cited references were not checked with Crossref" in found[1].message


def test_many_pubmed_numbers_are_asked_at_once(case, stub):
    rows = "".join(
        f"@article{{k{n}, author = {{A, B}}, title = {{Title {n}}}, journal = {{J}}, year = 2001, "
        f"pmid = {{{n}}}}}\n"
        for n in range(1, 131)
    )
    with (case / "references.bib").open("a") as listed:
        listed.write(rows)
    edit(case, "[@piette2016;", "[" + "; ".join(f"@k{n}" for n in range(1, 131)) + "; @piette2016;")
    asked(case, stub)
    assert len(stub.asked) == 2
    assert len(parse_qs(urlsplit(stub.asked[0][0]).query)["id"][0].split(",")) == online.BATCH


@pytest.mark.parametrize(
    "url", ["http://api.crossref.org", "ftp://127.0.0.1", "api.crossref.org", "file:///etc/passwd"]
)
def test_nothing_is_asked_without_https(url):
    with pytest.raises(UsageError):
        remote.Service("Crossref", url)


def test_without_online_no_connection_is_opened(numbered, monkeypatch):
    def refuse(*_args, **_more):
        raise AssertionError("a connection was opened")

    for name in ("socket", "create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, name, refuse)
    found = check.check(intake.read(numbered), journal.load("aujmsr"))
    assert "REF017" in codes(found)
    with pytest.raises(AssertionError):  # the trap works
        check.check(intake.read(numbered), journal.load("aujmsr"), online=True)


def test_the_command_asks_and_stops_for_a_retracted_paper(numbered, stub, run):
    retracted = {**WORK, "updated-by": [{"type": "retraction"}]}
    stub.answers["/works/10.1000/ring.1"] = (200, {"message": retracted})
    before = {p: p.read_bytes() for p in numbered.rglob("*") if p.is_file()}
    ran = run("check", numbered, "--online", "--online-at", stub.url)
    assert ran.code == 1
    assert "references.bib:1: error REF013 reference 'piette2016' was retracted" in ran.out
    assert "2 of 3 cited references were checked online" in ran.out
    assert "REF017" not in ran.out
    assert "nothing of the case" in ran.err
    assert {p: p.read_bytes() for p in numbered.rglob("*") if p.is_file()} == before
    stub.asked.clear()
    assert run("check", numbered).code == 0
    assert stub.asked == []


@pytest.mark.parametrize(
    ("typed", "known", "same"),
    [
        ("N Engl J Med", "The New England Journal of Medicine", True),
        ("Rheumatology (Oxford)", "Rheumatology", True),
        ("JAMA", "Journal of the American Medical Association", True),
        (
            "Proc Natl Acad Sci U S A",
            "Proceedings of the National Academy of Sciences of the United States of America",
            True,
        ),
        ("J Dermatol", "Journal of the European Academy of Dermatology", False),
        ("Am J Med", "American Journal of Medical Genetics", False),
        ("Indian J Dermatol", "Indian Journal of Medical Research", False),
        ("", "Skin", False),
    ],
)
def test_abbreviated_journals(typed, known, same):
    assert online.same_journal(typed, (known,)) is same


@pytest.mark.parametrize(
    ("typed", "known", "same"),
    [
        ("van der Berg", "Berg", True),
        ("Müller", "Muller", True),
        ("Rao", "Raman", False),
        ("", "Rao", True),
    ],
)
def test_names(typed, known, same):
    assert online.same_name(typed, known) is same


def test_titles_with_mark_up_and_subtitles_are_the_same():
    assert online.same_title("Cat-scratch disease in <i>Kerala</i>", "Cat scratch disease in Kerala: A study")
    assert online.same_title(reflist.folded("Ring α"), "Ring &alpha;") is False
    assert not online.same_title("Ring disease of the arm", "Ring disease of the leg in sixty patients")
