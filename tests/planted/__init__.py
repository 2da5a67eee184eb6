"""Made-up identities planted in image files, and a count of what a cleaner lets through or loses.

Written against DICOM PS3.3, PS3.5, PS3.6,
PS3.10 and PS3.15 and not against our cleaner; it shares no code with it.
`corpus.build` writes files and remembers every place (`answers`); `score.score` looks for them in the copies.
"""
