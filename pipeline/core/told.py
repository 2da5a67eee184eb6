"""Who agreed, in what role and to what, in words for the pages of a package. No value of the record."""

from __future__ import annotations

from typing import Any

Row = tuple[str, str]

HOW = {"paper": "on paper", "digital": "with digital signatures"}
YES = {True: "yes", False: "no"}


def consent(said: dict[str, Any], numbers: dict[str, int]) -> dict[str, Any]:
    """The consent in words; `said` is the block of package.json.

    `numbers` are those of the figures in the manuscript.
    """
    rows: list[Row] = [
        ("Signed by", f"the {said['signed_by']}; no name is in this package outside the signed form"),
        ("How", HOW.get(said["method"], said["method"])),
        ("Form", f"{said['form_id']} {said['version']}, {said['pages']} pages"),
        ("Language of the form", said["language"]),
        ("Form code, printed on every page", said["form"]),
        ("Explained by", said["explained_by"]),
        ("Assent of the child", said["assent"] or "not recorded"),
        ("Witness", YES[said["witness"]]),
        ("Interpreter", YES[said["interpreter"]]),
        ("Pictures agreed to", "; ".join(named(name, numbers) for name in said["figures"]) or "none"),
        ("Signed original kept by", said["original"]),
        ("Signed form in this package", _delivery(said)),
        *([("SHA-256 of the signed form", said["dossier_sha256"])] if said["dossier"] else []),
        ("Left for a person to confirm", str(said["to_confirm"]) if said["to_confirm"] else "nothing"),
        ("Withdrawn", YES[said["withdrawn"]]),
    ]
    count = len(said["figures"])
    covered = f"{counted(count, 'figure')} and the text" if count else "the text"
    here = "in the editor’s part" if said["dossier"] else "not in this package"
    return {
        "headline": f"Signed by the {said['signed_by']}",
        "delivery": f"Covers {covered}. The signed form is {here}.",
        "rows": rows,
    }


def named(name: str, numbers: dict[str, int]) -> str:
    """A figure by its number in the manuscript and its id."""
    return f"Figure {numbers[name]} ({name})" if name in numbers else f"{name}, not in this report"


def _delivery(said: dict[str, Any]) -> str:
    """Why the signed form is here, or why not."""
    if said["dossier"]:
        signed = [role.replace("-", " ") for role in said["dossier_signed_by"]]
        return "yes, for the editor only: the journal asks for it and the signer agreed" + "".join(
            [f"; sealed by the signature of the {' and the '.join(signed)}"] * bool(signed)
            + ["; locked with a password, which the authors tell the editor"] * said["dossier_locked"]
        )
    if said["delivery"] in {"embed", "on_request"} and not said["journal_copy"]:
        return "no: the signer did not agree to show it to the journal; the attestation stands for it"
    if said["delivery"] == "on_request":
        return "no: shown to the editor on request, by whoever keeps the original"
    return "no: the journal takes the authors’ attestation"


def counted(count: int, thing: str) -> str:
    """A count with its noun: "1 file", "2 files"."""
    return f"{count} {thing}{'' if count == 1 else 's'}"
