"""Times of whole commands beside what they contain, in the same run: make bench.

Prints wall seconds (median of several runs after one warm-up): bare Python, --help, check, the cold demo, a
rerun with nothing changed, a rerun after one word was edited; beside them the bare pandoc and typst runs on
the very manuscript the demo made. Ratios travel between machines, seconds do not.
"""

from __future__ import annotations

import itertools
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
CASE = ROOT / "cases" / "radiology-example"
RUNS = 5


def timed(work: Callable[[], None], runs: int = RUNS, before: Callable[[], None] | None = None) -> float:
    """Median wall seconds of `work`; `before` prepares each run and is not counted."""
    seconds = []
    for n in range(runs + 1):
        if before:
            before()
        began = time.perf_counter()
        work()
        if n:  # the first run warms caches
            seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


def command(*args: object) -> Callable[[], None]:
    """A `casereport` command that must succeed."""

    def work() -> None:
        subprocess.run(
            [sys.executable, "-m", "pipeline", *map(str, args)], cwd=ROOT, check=True, capture_output=True
        )

    return work


def one_word(case: Path) -> Callable[[], None]:
    """Edit one word of the discussion, another one each time: wording only, which consent allows."""
    record, words = case / "record.yaml", itertools.cycle(("main", "chief"))
    text = record.read_text(encoding="utf-8")
    mark = "The strengths of this report"
    assert mark in text, "the example's discussion no longer has the sentence this bench edits"

    def edit() -> None:
        edited = text.replace(mark, f"The {next(words)} strengths of this report")
        record.write_text(edited, encoding="utf-8")

    return edit


def bare_pandoc(manuscript: Path, home: Path) -> Callable[[], None]:
    """pandoc alone: the finished Word file, pictures inside, written as DOCX, JATS, HTML and typst."""
    import pypandoc

    pandoc = pypandoc.get_pandoc_path()
    read = [pandoc, "-f", "docx", "--extract-media=.", "-t", "json", "-o", "tree.json", str(manuscript)]
    subprocess.run(read, check=True, cwd=home)
    writers = {"docx": (), "jats_archiving": ("-s",), "html": ("-s", "--embed-resources"), "typst": ("-s",)}

    def work() -> None:
        for kind, extra in writers.items():
            write = [pandoc, "-f", "json", "-t", kind, *extra, "-o", f"bare.{kind}", "tree.json"]
            subprocess.run(write, check=True, capture_output=True, cwd=home)

    return work


def bare_typst(home: Path) -> Callable[[], None]:
    """typst alone: what bare pandoc wrote, pictures included, set as PDF in a process of its own."""
    source = (home / "bare.typst").read_text(encoding="utf-8")
    (home / "set.typ").write_text(re.sub(r"#link\(<[^>]*>\)", "#text", source), encoding="utf-8")
    program = "import typst; typst.compile('set.typ', output='set.pdf')"

    def work() -> None:
        subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, cwd=home)

    return work


def main() -> None:
    """Measure and print the table."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        case, out = home / "radiology-example", home / "build"
        shutil.copytree(CASE, case)
        submit = command("submit", case, "--accept-all", "-q", "-o", out)
        python = timed(lambda: subprocess.run([sys.executable, "-c", "pass"], check=True) and None)
        rows = [
            ("bare Python", python, ""),
            ("casereport --help", timed(command("--help")), "python"),
            ("casereport check", timed(command("check", case)), "python"),
            ("cold demo", timed(submit, before=lambda: shutil.rmtree(out, ignore_errors=True)), "tools"),
            ("nothing changed", timed(submit), "tools"),
            ("one word edited", timed(submit, before=one_word(case)), "tools"),
        ]
        paper = next(out.glob("radiology-example/*-render-*/manuscript.docx"))
        pandoc = timed(bare_pandoc(paper, home))
        typst = timed(bare_typst(home))
        rows += [("bare pandoc (4 writers)", pandoc, ""), ("bare typst", typst, "")]
        against = {"python": python, "tools": pandoc + typst}
        print(f"{'':26}{'seconds':>9}   ratio")
        for what, seconds, to in rows:
            ratio = (
                f"{seconds / against[to]:6.2f} × bare {'Python' if to == 'python' else 'pandoc + typst'}"
                if to
                else ""
            )
            print(f"{what:26}{seconds:9.3f}  {ratio}".rstrip())


if __name__ == "__main__":
    main()
