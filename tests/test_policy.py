"""The rules about posting and publishing: every one of them, what is unknown, both modes, and a case."""

from __future__ import annotations

import datetime as dt

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline import intake, policy
from pipeline.core import journal, resources
from pipeline.core.conditions import names
from pipeline.core.errors import UsageError
from pipeline.core.identity import identifiers
from pipeline.deidentify import sources
from pipeline.deidentify.prose import record as prose
from pipeline.policy import ask, rules, words
from pipeline.policy.judgement import Answer, State, answer, clear, complete, judge, open_facts
from tests.conftest import DATA, ROOT, edit

REGISTER = resources.data(rules.POLICY)
RULES = {rule.id: rule for rule in rules.rules()}
CASES = yaml.safe_load((DATA / "policy.yaml").read_text())
FACTS = (*rules.told(), *rules.made_by())
PEACE = {**dict.fromkeys(FACTS, False), "age_years": 40, "verifiable": True}  # nothing of anyone is in it
SAYS = {"forbid": State.STOP, "require": State.NEEDS, "warn": State.WARN}


def said(rule: str, facts: dict, channel: str, mode: str = "institutional"):
    return next((v for v in judge(facts, channel, mode) if v.rule.id == rule), None)


# --- the register ---


def test_every_rule_has_a_case_and_every_case_a_rule():
    assert set(CASES) == set(RULES)
    assert len(RULES) == len(REGISTER["rules"])


def test_the_register_is_whole():
    sources = resources.data("consent/sources.yaml")
    known = {*FACTS, *rules.derived()}
    kinds = {channel.kind for channel in rules.channels().values()}
    for rule in RULES.values():
        assert rule.source in sources, rule.id
        assert rule.status in REGISTER["statuses"], rule.id
        assert rule.verdict in SAYS, rule.id
        assert bool(rule.needs) == (rule.verdict == "require"), rule.id
        assert names(rule.about()) | set(rule.needs) <= known, rule.id
        assert set(rule.channel) <= kinds, rule.id
        assert rule.jurisdiction in {"IN", "US", "EU_UK", "any"}, rule.id
        assert rule.message.endswith("."), rule.id
        assert all((rule.next, rule.cited, rule.standing, rule.since)), rule.id


def test_all_eight_items_of_box_1_and_every_clause_of_the_editorial_are_there():
    assert sorted(rule.box1 for rule in RULES.values() if rule.box1) == list(range(1, 9))
    clauses = " ".join(rule.clause for rule in RULES.values())
    for clause in ("5.1", "6.1.1", "7.11", "7.14", "7.17", "19(B)", "clause 20", "chapter 6", "way-out"):
        assert clause in clauses, clause
    assert {"ICMJE", "COPE", "HIPAA", "GDPR", "GMC"} <= {rule.source for rule in RULES.values()}


def test_every_fact_matters_and_is_told_in_words():
    used = {name for rule in RULES.values() for name in names(rule.about()) | set(rule.needs)}
    used |= {name for condition in rules.derived().values() for name in names(condition)}
    assert used == {*FACTS, *rules.derived()}
    assert all(rules.words(name) for name in used)


# --- one by one ---


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_speaks_with_the_fewest_facts(rule):
    row = CASES[rule]
    verdict = said(rule, row["so"], row["at"])
    later = RULES[rule].needs and set(RULES[rule].needs) <= set(rules.made_by())
    assert verdict.state is (State.LATER if later else SAYS[RULES[rule].verdict])
    if RULES[rule].verdict == "require" and not later:
        met = dict(row["so"], **{name: True for name in RULES[rule].needs if name in FACTS})
        if not set(RULES[rule].needs) & set(rules.derived()):
            assert said(rule, met, row["at"]).state is State.MET


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_is_silent_when_it_is_not_about_this(rule):
    row = CASES[rule]
    assert said(rule, {**row["so"], **row.get("unless", {})}, row.get("elsewhere", row["at"])) is None


@pytest.mark.parametrize("rule", [r for r in CASES if CASES[r]["so"] and RULES[r].verdict != "warn"])
def test_without_any_one_of_its_facts_a_rule_still_stands_in_the_way(rule):
    row = CASES[rule]
    for name in row["so"]:
        less = {k: v for k, v in row["so"].items() if k != name}
        assert not clear(judge(less, row["at"]))
        assert said(rule, less, row["at"]).state in {State.STOP, State.UNKNOWN, State.NEEDS, State.LATER}


@pytest.mark.parametrize("item", range(1, 9))
def test_box_1_forbids_in_institutional_mode_and_only_warns_in_legal_mode(item):
    rule = next(rule for rule in RULES.values() if rule.box1 == item)
    row = CASES[rule.id]
    strict, lenient = said(rule.id, row["so"], row["at"]), said(rule.id, row["so"], row["at"], "legal")
    assert strict.state is State.STOP
    assert lenient.state is State.WARN
    assert lenient.demoted
    assert "abeyance since 24 August 2023" in rule.standing
    assert "not binding" in rule.since


# --- what is unknown ---

some_facts = st.dictionaries(st.sampled_from([n for n in FACTS if n != "age_years"]), st.booleans())
ages = st.one_of(st.none(), st.integers(0, 110))
channels = st.sampled_from(sorted(rules.channels()))
modes = st.sampled_from(rules.MODES)


@given(some_facts, ages, channels, modes)
def test_yes_stays_yes_and_a_sure_no_stays_no_whatever_is_learned(facts, age, channel, mode):
    """Facts of one world, some of them untold: nothing that was answered for certain is taken back later."""
    world = {**PEACE, **facts, "age_years": 40 if age is None else age}
    told = {name: world[name] for name in facts} | ({} if age is None else {"age_years": age})
    before, after = judge(told, channel, mode), judge(world, channel, mode)
    if clear(before):
        assert clear(after)
    stopped = {v.rule.id for v in before if v.state is State.STOP}
    assert stopped <= {v.rule.id for v in after if v.state is State.STOP}


@given(some_facts, ages, channels)
def test_what_is_unknown_never_makes_it_a_yes(facts, age, channel):
    """Untelling a fact of a world in which it is forbidden never makes it allowed."""
    world = {**PEACE, **facts, "age_years": 40 if age is None else age}
    if not clear(judge(world, channel)):
        for name in facts:
            assert not clear(judge({k: v for k, v in world.items() if k != name}, channel))


@given(some_facts, channels)
def test_harmless_facts_never_turn_a_no_into_a_yes(facts, channel):
    """More facts told, all as harmless as can be, do not outweigh one that is not."""
    if any(v.state is State.STOP for v in judge(facts, channel)):
        assert answer(judge({**PEACE, **facts}, channel)) is Answer.NO


@pytest.mark.parametrize("channel", rules.channels())
def test_nothing_known_is_a_no_with_the_questions_to_answer(channel):
    verdicts = judge({}, channel)
    assert answer(verdicts) is Answer.NO
    assert open_facts(verdicts)
    assert answer(judge(PEACE, channel)) is Answer.YES


URGENT = {"urgent_inhouse": True, "view_once_set": True}


@pytest.mark.parametrize("channel", [name for name in rules.channels() if name != rules.IN_HOUSE])
def test_view_once_is_no_excuse_and_no_question_in_any_other_channel(channel):
    for facts in ({"photo": True}, {"video": True}, {"scan": True, "consent_signed": False}):
        for mode in rules.MODES:
            excused = judge({**facts, **URGENT}, channel, mode)
            assert [v.rule.id for v in excused if v.state is State.STOP] == [
                v.rule.id
                for v in judge({**facts, "urgent_inhouse": True, "view_once_set": False}, channel, mode)
                if v.state is State.STOP
            ]
            assert "view_once_set" not in open_facts(judge(facts, channel, mode))


def test_an_operation_video_is_forbidden_but_for_the_urgent_view_once():
    for channel in ("youtube", "facebook", "instagram", "whatsapp-group", "class-group", "own-website"):
        assert said("IN-NMC-SM-6", {"video": True, **URGENT}, channel).state is State.STOP
        assert said("IN-NMC-SM-6", {"video": True}, channel).state is State.STOP
    known = {"video": True, "before_after": False, **URGENT}
    assert said("IN-NMC-SM-6", known, rules.IN_HOUSE) is None
    assert said("IN-NMC-SM-6", {**known, "before_after": True}, rules.IN_HOUSE).state is State.STOP
    assert said("IN-NMC-SM-6", {"video": True}, rules.IN_HOUSE).state is State.UNKNOWN
    picture = {"photo": True, "consent_signed": False, **URGENT}
    assert said("IN-TPG-3.7", picture, "facebook").state is State.STOP
    assert said("IN-TPG-3.7", picture, rules.IN_HOUSE) is None


@pytest.mark.parametrize("content", ["prescription", "fetal_sex", "photo", "pedigree"])
def test_a_prescription_is_about_a_patient_as_a_photograph_is(content):
    """So the special laws and a withdrawal hold for it too."""
    for fact, rule in (("sexual_offence", "IN-SEXOFF-ANY"), ("consent_withdrawn", "INT-WITHDRAWN")):
        verdict = said(rule, {**PEACE, content: True, fact: True}, "seminar")
        assert verdict.state in {State.STOP, State.NEEDS}


def test_unknown_facts_are_named_only_where_they_matter():
    assert "parent_signed" not in open_facts(judge({**PEACE, "case_text": True}, "seminar"))
    child = {**PEACE, "case_text": True, "age_years": 9, "parent_signed": None, "assent_recorded": None}
    assert {"parent_signed", "assent_recorded"} <= set(open_facts(judge(child, "seminar")))


def test_a_fact_or_channel_that_does_not_exist_is_no_silent_no():
    with pytest.raises(KeyError):
        complete({"foto": True})
    with pytest.raises(UsageError):
        judge({}, "telegram")
    with pytest.raises(UsageError, match="no fact is called"):
        ask.typed(["foto=yes"])
    with pytest.raises(UsageError, match="yes or no"):
        ask.typed(["photo=perhaps"])


# --- the questions ---


def asked(facts, channel, answers):
    lines, told = [], iter(answers)

    def read() -> str:
        try:
            return next(told)
        except StopIteration:
            raise EOFError from None

    return ask.on_terminal(facts, channel, "institutional", lines.append, read), lines


def test_no_question_is_asked_once_it_is_a_sure_no():
    _, lines = asked({"photo": True}, "facebook", [])
    assert lines == []


def test_none_of_these_answers_a_whole_question():
    known, _ = asked({}, "seminar", ["0"])
    assert known["photo"] is False
    assert known["testimonial"] is False


def test_ticks_and_misunderstandings():
    known, lines = asked({}, "seminar", ["x", "2 99", "2, 4", "0"])
    assert [known[name] for name in ("photo", "scan", "video", "case_text")] == [False, True, False, True]
    assert sum("Not understood" in line for line in lines) == 2


def test_an_empty_answer_is_i_do_not_know():
    known, lines = asked({}, "seminar", [""] * 20)
    assert known == {}
    assert len([line for line in lines if line.startswith("\n")]) < 20


def test_few_questions_lead_to_an_answer():
    told = ["2", "0", "yes", "30", "0", "no", "0", "0", "0", "0"]
    known, lines = asked({}, "seminar", told)
    assert not open_facts(judge(known, "seminar"))
    assert clear(judge(known, "seminar"))
    assert len([line for line in lines if line.startswith("\n")]) <= 9


@given(some_facts, ages, channels)
def test_whoever_answers_every_question_is_left_with_none(world, age, channel):
    """One round of questions is enough: no later answer opens a question that was passed over."""
    told = {**PEACE, **world, "age_years": 40 if age is None else age}
    texts: list[str] = []

    def read() -> str:
        question, *listed = texts
        texts.clear()
        row = next(row for row in rules.questions() if row["ask"] == question.strip())
        if "number" in row:
            return str(told[row["number"]])
        if "fact" in row:
            return "yes" if told[row["fact"]] else "no"
        names_ = {words_: name for name, words_ in row["ticks"].items()}
        return " ".join(line[:3] for line in listed[:-1] if told[names_[line[4:]]]) or "0"

    known = ask.on_terminal({}, channel, "institutional", texts.append, read)
    verdicts = judge(known, channel)
    stopped = any(verdict.state is State.STOP for verdict in verdicts)
    assert stopped or not open_facts(verdicts)


# --- a case ---

HOUSE = "aujmsr"


def found(folder):
    return [f.code for f in policy.check(intake.read(folder), journal.load(HOUSE))]


@pytest.mark.parametrize("name", ["radiology-example", "dermatology-example"])
def test_the_examples_may_be_sent(name):
    case = intake.read(ROOT / "cases" / name)
    assert policy.check(case, journal.load(HOUSE)).findings == ()
    rows = policy.verdicts(case)
    assert {row["state"] for row in rows} <= {"later", "met"}
    assert all(row["clause"] and row["standing"] and row["words"] for row in rows)


EARLIER = "earlier_posts: {{where: a WhatsApp group, removed: {}, editor_told: {}, consent_covers: {}}}\n"


@pytest.mark.parametrize(
    ("block", "codes"),
    [
        ("", ["POL010", "POL011", "POL012"]),
        (EARLIER.format("no", "yes", "yes"), ["POL010"]),
        (EARLIER.format("yes", "no", "yes"), ["POL011"]),
        (EARLIER.format("yes", "yes", "no"), ["POL012"]),
        (EARLIER.format("yes", "yes", "yes"), []),
    ],
)
def test_an_earlier_post_is_taken_down_told_and_consented_to(case, block, codes):
    line = edit(case, "posted_before: no", "posted_before: yes")
    with (case / "record.yaml").open("a") as record:
        record.write(block)
    report = policy.check(intake.read(case), journal.load(HOUSE))
    assert [f.code for f in report] == codes
    assert all(f.line == (line + 1 if block else line) for f in report)


def test_what_became_of_an_earlier_post_goes_to_the_editor_only_and_names_nobody(case):
    def written():
        read = intake.read(case)
        record, private = sources.validated(read)
        return prose.write(read, record, identifiers(private))

    bare = written()
    assert "earlier_posts" not in {**bare.record, **bare.byline}  # a case without is what it always was
    with (case / "record.yaml").open("a") as record:
        record.write(
            EARLIER.format("yes", "yes", "yes").replace("a WhatsApp group", "a group of Meera Testwala")
        )
    told = written()
    assert "earlier_posts" not in told.record
    assert told.byline["earlier_posts"]["removed"] is True
    assert "Testwala" not in str(told.byline["earlier_posts"])


def test_an_earlier_post_that_was_not_is_a_contradiction(case):
    with (case / "record.yaml").open("a") as record:
        record.write(EARLIER.format("yes", "yes", "yes"))
    assert found(case) == ["POL013"]


def test_a_rule_that_no_other_room_knows_becomes_a_finding(case, monkeypatch):
    edit(case, "transgender: no", "transgender: yes")
    assert found(case) == ["POL004"]
    extra = {"dates": {}, "status": "pipeline", "source": "OURS", "clause": "", "jurisdiction": "any"}
    rows = [
        {"id": "X-1", "verdict": "forbid", "when": {"transgender": True}},
        {"id": "X-2", "verdict": "forbid", "when": {"soliciting": True}},
        {"id": "X-3", "verdict": "require", "when": {}, "needs": ("ethics_opinion",)},
    ]
    own = tuple(rules.Rule(**extra, **row, message="No.", next="stop") for row in rows)
    monkeypatch.setattr(rules, "rules", lambda: own)
    assert found(case) == ["POL001", "POL002", "POL003"]


def test_check_tells_what_the_rules_say(case, run):
    edit(case, "posted_before: no", "posted_before: yes")
    ran = run("check", case, "--json")
    assert ran.code == 1
    assert {"POL010", "POL011", "POL012"} <= {f["code"] for f in ran.json["findings"]}


# --- the words ---


@pytest.mark.parametrize("channel", rules.channels())
@pytest.mark.parametrize(
    "facts", [{}, {"photo": True}, {**PEACE, "scan": True}, PEACE, {**PEACE, "photo": True, "age_years": 9}]
)
def test_the_answer_fits_a_telephone_and_leads_on(channel, facts):
    verdicts = judge(facts, channel)
    told = words.to_text(rules.channel(channel), verdicts, "institutional", ["Files (2 jpeg): nothing."])
    lines = told.splitlines()
    assert len(lines) <= words.LINES
    assert max(map(len, lines)) <= words.WIDTH
    said = str(answer(verdicts))
    sure = said != "NO" or any(verdict.state is State.STOP for verdict in verdicts)
    assert lines[0].startswith(said if sure else words.UNSURE)
    assert words.WAY_OUT in told


def test_rules_that_should_have_been_looked_at_again_are_said_to_be_old(monkeypatch):
    told = words.to_text(rules.channel("x"), judge(PEACE, "x"), "institutional")
    assert "ask for newer ones" not in told
    monkeypatch.setattr(rules, "status_as_of", lambda: (dt.date(2000, 1, 1), dt.date(2001, 1, 1)))
    told = words.to_text(rules.channel("x"), judge(PEACE, "x"), "institutional")
    assert "1 January 2001: ask for newer ones" in " ".join(told.split())


def test_all_tells_every_rule_with_its_dates_and_how_well_it_is_known():
    verdicts = judge({"photo": True}, "facebook")
    told = " ".join(words.to_text(rules.channel("facebook"), verdicts, "institutional", whole=True).split())
    for verdict in verdicts:
        assert verdict.rule.id in told
    assert "draft of 23 May 2022, notified 2 August 2023, in abeyance since 24 August 2023" in told
    assert "from general knowledge, to be read again in the original" in told
