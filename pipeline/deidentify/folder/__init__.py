"""Any folder of images, without a case."""
