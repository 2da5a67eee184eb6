"""The consent entry of the record: what a person read off the signed paper; and what was posted before."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from pipeline.core.fields import FullDate, Id, Line, Part, YesNo, listed

Code = Annotated[
    str, Field(pattern=r"^[0-9a-f]{16}$", description="the 16-character code printed on every page")
]


class Assent(Part):
    given: Literal["spoken", "written", "refused"]
    on: FullDate


class Agreed(Part):
    text: YesNo
    figures: list[Id]
    wording_may_be_edited: YesNo = False
    seen_final: YesNo
    teaching: YesNo = False
    article_copy: Annotated[YesNo, Field(description="the signer wants a copy of the article")] = False
    journal_copy: Annotated[
        YesNo, Field(description="the signed form may be shown to the journal's editor")
    ] = False


class Added(Part):
    """What was ticked on an addendum."""

    figures: list[Id] = []
    facts: YesNo = False
    text: YesNo = False
    scope: YesNo = False


Signer = Literal["patient", "parent", "guardian", "next of kin", "legal representative"]


class Addendum(Part):
    """A form that asks again for what was changed, and who signed it."""

    form: Code
    files: Annotated[list[Line], Field(min_length=1)]
    signed_on: FullDate
    agreed: Added
    signed_by: Annotated[Signer | None, Field(description="when it was not who signed the form")] = None
    assent: Assent | None = None
    witness: YesNo = False
    interpreter: YesNo = False
    marked_by_eye: list[Line] = []


class EarlierPosts(Part):
    """What became of material of this case that was posted before."""

    where: Annotated[Line, Field(description="kind of place, no names: a WhatsApp group of colleagues")]
    removed: YesNo
    editor_told: YesNo
    consent_covers: YesNo


class Consent(Part):
    signed_by: Signer
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$", description="en, hi, pa …")]
    method: Literal["paper", "digital", "spoken"]
    signed_on: FullDate
    explained_by: Annotated[Line, Field(description="role of the person who explained, not their name")]
    form: Code
    files: Annotated[list[Line], Field(min_length=1)]
    agreed: Agreed
    original_kept: Line
    copy_given: YesNo
    marked_by_eye: Annotated[
        list[Line], Field(description="boxes that software reads as empty and a person sees marked")
    ] = []
    assent: Assent | None = None
    addenda: Annotated[list[Addendum], BeforeValidator(listed)] = []
    witness: YesNo = False
    interpreter: YesNo = False
    withdrawn: YesNo = False

    def of(self, number: int) -> Consent:
        """The entry as addendum `number` (from 0) has it: who signed, when, and what it was signed for."""
        one = self.addenda[number]
        told = {name: getattr(one, name) for name in ("form", "files", "signed_on", "assent")}
        present = {"witness": one.witness, "interpreter": one.interpreter}
        return self.model_copy(
            update={**told, **present, "signed_by": one.signed_by or self.signed_by, "addenda": []}
        )
