"""The record: names, places and dates replaced in what people wrote."""
