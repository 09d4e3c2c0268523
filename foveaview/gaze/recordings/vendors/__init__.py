"""Formats of some vendors: tables with known columns, and files without samples."""
