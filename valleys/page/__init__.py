"""The gallery: every record gathered into one page."""
