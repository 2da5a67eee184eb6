"""What may stay of a text value of a DICOM header."""
