"""Draw docs/package.png: the editor's page of an example, and the verdict on it with two figures swapped.

python docs/make_package_picture.py BUILD

BUILD is a folder of results with the dermatology example for jmcr (casereport submit … -j jmcr -o BUILD).
Needs Chromium.
"""

from __future__ import annotations

import io
import sys
import tempfile
import zipfile
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from pipeline.verify import package, verdict  # noqa: E402
from tests.browser import browser  # noqa: E402
from tests.packing import rezip  # noqa: E402

WIDTH, HEIGHT, GAP = 1180, 1750, 24  # pixels


def main(build: Path) -> None:
    """Unpack, tamper, look at both, put them side by side."""
    sealed = next(build.glob("dermatology-example/5-pack-jmcr/submission-*.zip"))
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        with zipfile.ZipFile(sealed) as z:
            z.extractall(here / "unpacked")
        tampered = verdict.save(package.check(rezip(sealed, here / "x.zip", _swap)), here)
        pictures = []
        with browser() as page:
            for path in (here / "unpacked" / "index.html", tampered):
                page.open(path.as_uri(), WIDTH)
                page.screenshot(here / "shot.png")
                pictures.append(Image.open(io.BytesIO((here / "shot.png").read_bytes())).convert("RGB"))
    sheet = Image.new("RGB", (2 * WIDTH + GAP, HEIGHT), "#8a8a86")
    for number, picture in enumerate(pictures):
        sheet.paste(picture.crop((0, 0, WIDTH, HEIGHT)), (number * (WIDTH + GAP), 0))
    small = sheet.resize((sheet.width * 2 // 3, sheet.height * 2 // 3), Image.Resampling.LANCZOS)
    few = small.quantize(256, Image.Quantize.MAXCOVERAGE)
    few.save(Path(__file__).with_name("package.png"), optimize=True)


def _swap(members: dict[str, bytes]) -> None:
    figures = sorted(name for name in members if name.startswith("for-review/figures/"))[-2:]
    members[figures[0]], members[figures[1]] = members[figures[1]], members[figures[0]]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
