"""Stands for a package of the registry: texts as names for files and addresses."""

import re
import unicodedata

__version__ = "1.0.0"


def slugify(text):
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss")).encode("ascii", "ignore")
    return re.sub(r"[^a-z0-9]+", "-", plain.decode().lower()).strip("-")
