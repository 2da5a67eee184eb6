"""What people decided about pictures and words takes effect in the copies, and only where it was meant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from PIL import Image

from pipeline import deidentify, intake
from pipeline.core import decided, decisions, files, retouch
from pipeline.core.errors import NotReady
from pipeline.core.model import Case, CleanCase
from tests.conftest import edit


def copies(folder: Path, dest: Path) -> CleanCase:
    with files.publish(dest, {}) as part:
        deidentify.make(intake.read(folder), part)
    return deidentify.load(dest)


def pixels(clean: CleanCase) -> Image.Image:
    with Image.open(clean.panels[0].file) as shown:
        return shown.convert("RGB")


def draw(case: Case, do: str, left: int, top: int, width: int, height: int, **other: str) -> None:
    panel = case.record["figures"][0]["panels"][0]
    at = {"left": str(left), "top": str(top), "width": str(width), "height": str(height)}
    about = {"figure": case.record["figures"][0]["id"], "panel": "a", "do": do}
    row = {**about, "image": retouch.digest(case, panel["image"]), **at, **other}
    decisions.put(case.folder, "a box", [("boxes", row, True)])


def test_a_box_that_a_person_drew_is_covered_and_cropped_to(case: Path, tmp_path: Path) -> None:
    plain = copies(case, tmp_path / "plain")
    read = intake.read(case)
    needs = files.digest(deidentify.needs(read))
    decisions.put(case, "answers", [("answers", {"question": "law-hiv-no", "answer": "yes"}, True)])
    draw(read, "leave", 0, 0, 9, 9)
    assert files.digest(deidentify.needs(read)) == needs  # neither changes a copy
    draw(read, "cover", 2, 3, 4, 5)
    draw(read, "cover", 0, 0, 1, 1, image="0" * 32)  # about another picture that had this name
    assert files.digest(deidentify.needs(read)) != needs
    made = copies(case, tmp_path / "covered")
    assert "words" not in made.report
    assert made.record["text"] == plain.record["text"]
    covered, was = pixels(made), pixels(plain)
    assert covered.size == was.size
    assert covered.crop((2, 3, 6, 8)).getcolors() == [(20, (0, 0, 0))]
    covered.paste(was.crop((2, 3, 6, 8)), (2, 3))
    assert covered.tobytes() == was.tobytes()  # and nothing else
    draw(read, "crop", 1, 2, 10, 9)
    both = pixels(copies(case, tmp_path / "both"))
    assert both.size == (10, 9)
    assert both.getpixel((1, 1)) == (0, 0, 0)


@pytest.mark.parametrize("wrong", ["-1", "", "x", "1e3", "٣", "9" * 9, None])
def test_a_box_of_another_shape_stops(case: Path, tmp_path: Path, wrong: Any) -> None:
    read = intake.read(case)
    draw(read, "cover", 0, 0, 5, 5)
    with pytest.raises(NotReady, match="boxes, row 1"):
        decisions.change(case, lambda data: data["boxes"][0].update(left=wrong))
    kept = yaml.safe_load((case / "decisions.yaml").read_text())
    kept["boxes"][0]["left"] = wrong  # by hand
    (case / "decisions.yaml").write_text(yaml.safe_dump(kept, allow_unicode=True))
    with pytest.raises(NotReady) as caught:
        copies(case, tmp_path / "with")
    assert caught.value.code == "REV006"


def say(case: Path, found: str, sentence: str, **row: str) -> None:
    ident = decided.ident(str(intake.read(case).private["key"]), found, sentence)
    decisions.put(case, "words", [("words", {"id": ident, "found": found, **row}, True)])


def test_words_are_replaced_where_it_was_meant_and_counted(case: Path, tmp_path: Path) -> None:
    sentence = "He had helped at the Pipli fair."
    twice = f"{sentence} Others at the Pipli fair were well."
    edit(case, "conclusion: ", f"conclusion: {twice} ")
    say(case, "the Pipli fair", sentence, decision="replace", **{"with": "a fair"})
    say(case, "Pipli", sentence, decision="replace", everywhere="yes", **{"with": "village"})
    say(case, "Others", "Others at the Pipli fair were well.", decision="keep")
    clean = copies(case, tmp_path / "all")
    said = "He had helped at a fair. Others at the village fair were well."
    assert said in clean.record["text"]["conclusion"]
    assert clean.report["text"]["counts"]["decided"] == clean.report["words"]["replaced"] == 2
    assert len(clean.report["words"]["kept"]) == 1
    assert "Pipli" not in str(clean.record)
