"""Write the JSON Schemas that the examples point to (`new` writes them into every case)."""

from pathlib import Path

from pipeline import new
from pipeline.core import files

for name, schema in new.schemas().items():
    files.write_json(Path(__file__).parent / name, schema)
