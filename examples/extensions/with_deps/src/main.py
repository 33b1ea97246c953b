"""An extension of several files that brings a dependency along.

`package.json` names the entry file. Its own modules lie beside it and what it depends on, unpacked
pure-Python packages, lies in `vendor/`: both are importable from here, and from no other extension.

    pi -e examples/extensions/with_deps
    > make a slug of "Grüße, Jürgen!"
"""

from slug import slugify
from titles import title_of


def extend(pi):
    @pi.tool(prompt_snippet="Make a name for files and addresses of a text")
    def make_slug(text: str):
        """Make a name of a text that is good for files and addresses."""
        return {"content": slugify(text), "details": {"title": title_of(text)}}
