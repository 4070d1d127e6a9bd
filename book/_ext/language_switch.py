"""Link each page to the same page in the other language.

Readers get a button in the page's header (``templates/language-switch.html``),
search engines get ``hreflang`` links. The button's address is relative, so it
also works from the file system. Setting, in ``_config.yml``::

    language_switch:
      here: zh-CN              # language of this book
      prefix: book/zh/         # what its page names begin with
      other: en
      other_prefix: book/en/   # the same for the other book, seen from this one
      label: English           # on the button, in the other language
"""

import posixpath
from urllib.parse import urljoin


def counterpart(pagename, switch):
    """Return the other book's page for one of ours.

    Pages that Sphinx makes, such as the search page, lead to its start.
    """
    if pagename != "search" and pagename.startswith(switch["prefix"]):
        return switch["other_prefix"] + pagename.removeprefix(switch["prefix"])
    return switch["other_prefix"] + "index"


def add_links(app, pagename, templatename, context, doctree):
    """Give the templates the button and the head its hreflang links."""
    switch = app.config.language_switch
    if not switch:
        return
    target = counterpart(pagename, switch) + ".html"
    folder = posixpath.dirname(pagename) or "."
    context["language_switch"] = {**switch, "url": posixpath.relpath(target, folder)}
    site = app.config.html_baseurl
    if doctree is None or not site:
        return
    addresses = {
        switch["here"]: urljoin(site, pagename + ".html"),
        switch["other"]: urljoin(site, target),
    }
    context["metatags"] = context.get("metatags", "") + "".join(
        f'\n<link rel="alternate" hreflang="{language}" href="{address}" />'
        for language, address in addresses.items()
    )


def setup(app):
    """Add the setting and the links."""
    app.add_config_value("language_switch", None, "html", types=[dict])
    app.connect("html-page-context", add_links)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
