"""Pixels: text, codes and faces found in them, covered, and written anew."""
