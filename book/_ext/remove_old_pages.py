"""Remove built pages whose source is gone.

Sphinx leaves them where they are: readers would still find a chapter under its
old name, and the site that is published would have it too.
"""

from pathlib import Path

MADE_BY_SPHINX = {"index", "search"}
# The English book is copied into the Chinese one's output after it is built.
OTHER_BOOK = "book/en/"


def old_pages(html, docnames):
    """Return the pages below a folder that no document belongs to."""
    for page in sorted(html.rglob("*.html")):
        name = page.relative_to(html).with_suffix("").as_posix()
        if name.startswith(("_static/", OTHER_BOOK)):
            continue
        if name not in docnames and name not in MADE_BY_SPHINX:
            yield page


def remove_old_pages(app, exception):
    """Remove them after a build that worked."""
    if exception is None and app.builder.name == "html":
        for page in old_pages(Path(app.outdir), app.env.found_docs):
            page.unlink()


def setup(app):
    """Remove old pages when a build is finished."""
    app.connect("build-finished", remove_old_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
