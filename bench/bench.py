"""Times of whole commands beside what they contain, in the same run: make bench.

Prints wall and CPU seconds (median of several runs after one warm-up): bare Python, --help, check, the cold
demo, a second journal for the clean case, a rerun with nothing changed, a rerun after one word was edited;
beside them the bare pandoc and typst runs on the very manuscript the demo made, and the pandoc and typst runs
that the second journal needs, by themselves. Ratios travel between machines, seconds do not; those of CPU
seconds are steadier on a busy one.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
CASE = ROOT / "cases" / "radiology-example"
RUNS = 5
SECOND = "jmcr"
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # users have compiled modules
Times = tuple[float, float]  # wall, CPU of all processes


def timed(work: Callable[[], None], runs: int = RUNS, before: Callable[[], None] | None = None) -> Times:
    """Median wall and CPU seconds of `work`; `before` prepares each run and is not counted."""
    seconds = []
    for n in range(runs + 1):
        if before:
            before()
        began, spent = time.perf_counter(), _spent()
        work()
        if n:  # the first run warms caches
            seconds.append((time.perf_counter() - began, _spent() - spent))
    wall, cpu = zip(*seconds, strict=True)
    return statistics.median(wall), statistics.median(cpu)


def _spent() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


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


def contained(out: Path, home: Path) -> Callable[[], None]:
    """The pandoc and typst runs that a second journal needs, one after the other, each in its own process."""
    sys.path.insert(0, str(ROOT))
    from pipeline import deidentify, render
    from pipeline.core import journal, resources
    from pipeline.render import pandoc, pdf

    calls: list[tuple[bytes, list[str]]] = []
    folders: list[Path] = []
    run, build = pandoc.run, pdf.build

    def running(source: bytes, reader: str, writer: str, *options: str, strict: bool = True) -> bytes:
        command = [pandoc.program(), "--sandbox", "-f", reader, "-t", writer, "-o", os.devnull, *options]
        calls.append((source, command))
        return run(source, reader, writer, *options, strict=strict)

    def building(template: str, data: dict[str, Any], assets: dict[str, bytes], target: Path) -> Any:
        folder = home / f"set-{len(folders)}"
        folder.mkdir()
        for name in (template, "common.typ"):
            (folder / name).write_text(resources.text(f"{pdf.TEMPLATES}/{name}"), encoding="utf-8")
        for name, value in data.items():
            (folder / name).write_text(json.dumps(value), encoding="utf-8")
        for name, content in assets.items():
            (folder / name).write_bytes(content)
        folders.append(folder / template)
        return build(template, data, assets, target)

    pandoc.run, pdf.build = running, building
    (home / "recorded").mkdir()
    clean = deidentify.load(next(out.glob("*/1-deidentify")))
    render.make(clean, journal.load(SECOND), (), home / "recorded")
    pandoc.run, pdf.build = run, build
    fonts = str(resources.path("consent/fonts"))
    program = f"import sys, typst; [typst.compile(f, output=sys.argv[1], font_paths=[{fonts!r}], "
    program += "pdf_standards=['a-2a', 'ua-1'], timestamp=315532800) for f in sys.argv[2:]]"

    def work() -> None:
        for source, command in calls:
            subprocess.run(command, input=source, check=True, capture_output=True)
        setting = [sys.executable, "-c", program, str(home / "set.pdf"), *map(str, folders)]
        subprocess.run(setting, check=True, capture_output=True)

    return work


def main() -> None:
    """Measure and print the table."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        case, out = home / "radiology-example", home / "build"
        shutil.copytree(CASE, case)
        submit = command("submit", case, "--accept-all", "-q", "-o", out)
        second = command("submit", case, "-j", SECOND, "--accept-all", "-q", "-o", out)

        def forget() -> None:
            for folder in out.glob(f"*/*-{SECOND}"):
                shutil.rmtree(folder)

        python = timed(lambda: subprocess.run([sys.executable, "-c", "pass"], check=True) and None)
        rows = [
            ("bare Python", python, ""),
            ("casereport --help", timed(command("--help")), "python"),
            ("casereport check", timed(command("check", case)), "python"),
            ("cold demo", timed(submit, before=lambda: shutil.rmtree(out, ignore_errors=True)), "tools"),
            ("nothing changed", timed(submit), "tools"),
            ("a second journal", timed(second, before=forget), "tools"),
            ("one word edited", timed(submit, before=one_word(case)), "tools"),
        ]
        paper = next(out.glob("radiology-example/*-render-*/manuscript.docx"))
        pandoc = timed(bare_pandoc(paper, home))
        typst = timed(bare_typst(home))
        inside = timed(contained(out, home))
        rows += [("bare pandoc (4 writers)", pandoc, ""), ("bare typst", typst, "")]
        rows += [("what the second contains", inside, "tools")]
        against = {"python": python, "tools": tuple(map(sum, zip(pandoc, typst, strict=True)))}
        print(f"{'':26}{'wall':>8}{'CPU':>8}   ratios")
        for what, seconds, to in rows:
            bare = "Python" if to == "python" else "pandoc + typst"
            ratios = _ratios(seconds, against[to], bare) if to else ""
            if what == "a second journal":
                ratios += ";" + _ratios(seconds, inside, "what it contains")
            print(f"{what:26}{seconds[0]:8.3f}{seconds[1]:8.3f}  {ratios}".rstrip())


def _ratios(seconds: Times, bare: Times, what: str) -> str:
    wall, cpu = (mine / other for mine, other in zip(seconds, bare, strict=True))
    return f"{wall:6.2f} × bare {what} (CPU {cpu:.2f} ×)".replace("bare what", "what")


if __name__ == "__main__":
    main()
