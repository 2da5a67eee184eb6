"""DICOM headers: every element of a file found, decided and written anew."""
