"""The tools under every room: publish whole or not at all, receipts, lock, capped worker, kinds, findings."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core import files, findings, kinds, tell, worker
from pipeline.core.errors import Exit, InputError, OutputError, PipelineError

# --- publish, receipt, sweep ---------------------------------------------------------------------------


def publish(final: Path, **members: str) -> None:
    with files.publish(final, {"by": "test"}) as part:
        for name, text in members.items():
            (part / name).write_text(text)


def test_a_folder_appears_whole_with_a_receipt(tmp_path):
    publish(tmp_path / "1-step", a="one", b="two")
    known = files.receipt(tmp_path / "1-step")
    assert known is not None
    assert known["made_from"] == {"by": "test"}
    assert set(known["files"]) == {"a", "b"}


@pytest.mark.parametrize("damage", ["change", "add", "remove", "receipt", "link"])
def test_a_receipt_that_does_not_fit_is_no_receipt(tmp_path, damage):
    folder = tmp_path / "1-step"
    publish(folder, a="one")
    {
        "change": lambda: (folder / "a").write_text("ONE"),
        "add": lambda: (folder / "b").write_text("x"),
        "remove": lambda: (folder / "a").unlink(),
        "receipt": lambda: (folder / files.RECEIPT).write_text("{"),
        "link": lambda: ((folder / "a").unlink(), (folder / "a").symlink_to("/etc/hostname")),
    }[damage]()
    assert files.receipt(folder) is None


def test_a_failure_leaves_the_last_good_folder(tmp_path):
    publish(tmp_path / "1-step", a="good")
    with pytest.raises(ValueError, match="stop"), files.publish(tmp_path / "1-step", {}) as part:
        (part / "a").write_text("half")
        raise ValueError("stop")
    assert (tmp_path / "1-step" / "a").read_text() == "good"
    assert [p.name for p in tmp_path.iterdir()] == ["1-step"]


def test_a_full_disk_is_said_as_such(tmp_path):
    with pytest.raises(OutputError) as caught, files.publish(tmp_path / "1-step", {}) as _part:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert caught.value.exit == Exit.OUTPUT
    assert "free some space" in str(caught.value)
    assert not (tmp_path / "1-step").exists()


def test_what_a_killed_run_moved_aside_is_put_back(tmp_path):
    """Killed between the two renames of a publish: the last good result must come back (L3)."""
    publish(tmp_path / "1-step", a="good")
    aside = tmp_path / ".1-step.abc.old"
    aside.mkdir()
    (tmp_path / "1-step").rename(aside / "was")
    (tmp_path / ".1-step.xyz.part").mkdir()
    files.sweep(tmp_path)
    assert (tmp_path / "1-step" / "a").read_text() == "good"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["1-step"]


def test_second_run_on_a_case_is_refused_while_the_first_works(tmp_path):
    with files.lock(tmp_path), pytest.raises(OutputError, match="another run"), files.lock(tmp_path):
        pass
    with files.lock(tmp_path):
        pass


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
    )
)
def test_canonical_json_has_one_spelling(value):
    def shuffled(v):
        if isinstance(v, dict):
            return {k: shuffled(v[k]) for k in reversed(list(v))}
        return [shuffled(x) for x in v] if isinstance(v, list) else v

    assert files.canonical(value) == files.canonical(shuffled(value))


# --- worker --------------------------------------------------------------------------------------------


def grab(megabytes: int) -> int:
    return len(bytearray(megabytes << 20))


def quote_the_patient() -> None:
    raise ValueError("invalid literal: 'Meera Testwala'")


def print_the_patient() -> str:
    print("Meera Testwala")
    print("Meera Testwala", file=sys.stderr)
    return "done"


def refuse() -> None:
    raise worker.Refused("has three frames; say which one")


def never_end() -> None:
    while True:
        pass


def die() -> None:
    os._exit(9)


def disk_full() -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_worker_returns_the_value(capfd):
    assert worker.call(grab, 1, where="x") == 1 << 20
    assert worker.call(print_the_patient, where="x") == "done"
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("function", "args", "words"),
    [
        (grab, (4096,), "memory"),
        (quote_the_patient, (), "cannot be read"),
        (refuse, (), "three frames"),
        (die, (), "crashed"),
    ],
)
def test_a_worker_that_fails_is_a_bad_input_in_our_words(function, args, words):
    with pytest.raises(InputError) as caught:
        worker.call(function, *args, where="images/x.dcm", memory=256 << 20)
    assert words in str(caught.value)
    assert "images/x.dcm" in str(caught.value)
    assert "Testwala" not in str(caught.value)


def test_a_worker_that_never_ends_is_stopped():
    with pytest.raises(InputError, match="took longer"):
        worker.call(never_end, where="x", seconds=0.3)


def test_a_full_disk_inside_a_worker_is_the_disk_not_the_picture():
    with pytest.raises(OutputError):
        worker.call(disk_full, where="x")


# --- kinds ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\0" * 128 + b"DICM" + b"\2\0\0\0UL", "dicom"),
        (b"\x08\x00\x05\x00CS\x0a\x00ISO_IR 100", "dicom"),
        (b"\x08\x00\x00\x00\x04\x00\x00\x00\x10\x00\x00\x00", "dicom"),
        (b"\xff\xd8\xff\xe0", "jpeg"),
        (b"II*\0\x08\0\0\0", "tiff"),
        (b"\0\0\0\x18ftypheic", "heic"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "webp"),
        (b"%PDF-1.7\n", "pdf"),
        (b"PK\x03\x04", "zip"),
        (b"", "empty"),
        ("नाम: मीरा\n".encode(), "text"),
        (b"\x00\x01\x02\xff", "other"),
        (b"MZ\x90\x00", "other"),
    ],
)
def test_kind_by_content(head, kind):
    assert kinds.sniff(head) == kind


@given(st.binary(max_size=300))
def test_any_bytes_have_a_kind(head):
    assert kinds.sniff(head)


# --- words on the screen ----------------------------------------------------------------------------------


@given(st.text())
def test_what_is_shown_has_no_control_characters(text):
    import unicodedata

    assert all(c == "\n" or not unicodedata.category(c).startswith("C") for c in tell.plain(text))


def test_no_colour_where_nobody_looks(capsys):
    assert tell.colour("ok") == "ok"


def test_an_unknown_finding_is_our_bug():
    with pytest.raises(KeyError):
        findings.make("XYZ999")


def test_a_stop_says_what_where_why_and_next():
    text = str(PipelineError("is empty", code="REC004", where="record.yaml:3", why="CARE 1", fix="write it"))
    assert text == "record.yaml:3: REC004 is empty\n   why: CARE 1\n  next: write it"


def test_publishing_survives_a_kill_between_any_two_calls(tmp_path):
    """A process of its own is killed at every file-system call of one publish over an existing folder."""
    script = textwrap.dedent(
        """
        import os, signal, sys
        from pathlib import Path
        from pipeline.core import files
        final, k = Path(sys.argv[1]), int(sys.argv[2])
        seen = 0
        def hook(event, args):
            global seen
            if event in {"open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree"}:
                if str(final.parent) in str(args[0]):
                    seen += 1
                    if seen == k:
                        os.kill(os.getpid(), signal.SIGKILL)
        sys.addaudithook(hook)
        with files.lock(final.parent):
            with files.publish(final, {}) as part:
                (part / "a").write_text("new")
        """
    )
    k, ended = 1, False
    while not ended:
        home = tmp_path / str(k)
        home.mkdir()
        publish(home / "1-step", a="good")
        ran = subprocess.run([sys.executable, "-c", script, str(home / "1-step"), str(k)], check=False)
        ended = ran.returncode == 0
        with files.lock(home):  # the next run begins by sweeping
            pass
        assert files.receipt(home / "1-step") is not None, f"killed at call {k}"
        assert (home / "1-step" / "a").read_text() in {"good", "new"}
        k += 1
    assert k > 8


def test_a_swap_that_fails_puts_the_last_good_result_back(tmp_path, monkeypatch):
    publish(tmp_path / "1-step", a="good")
    rename = Path.rename

    def refuse(self, target):
        if self.name.endswith(".part"):
            raise OSError(errno.EIO, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(OutputError):
        publish(tmp_path / "1-step", a="new")
    assert (tmp_path / "1-step" / "a").read_text() == "good"


def test_a_folder_that_may_not_be_opened_is_said(tmp_path, monkeypatch):
    """As root every folder opens, so the refusal of the system is played."""
    (tmp_path / "closed").mkdir()
    scan = os.scandir

    def closed(path):
        if Path(path).name == "closed":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", closed)
    with pytest.raises(InputError, match="closed"):
        list(files.walk(tmp_path))
