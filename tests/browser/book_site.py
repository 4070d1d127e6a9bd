"""The pages of the built book, and a tab that listens while it visits them.

``BOOK_HTML`` names another folder of pages than ``_build/html``.
"""

import os
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HTML = Path(os.environ.get("BOOK_HTML", ROOT / "_build" / "html"))
TOCS = {"zh": ROOT / "_toc.yml", "en": ROOT / "book" / "en" / "_toc.yml"}
TIMEOUT_MS = 30_000


def pages_of(language):
    """Return the names that both books share, such as code/project."""
    text = TOCS[language].read_text("utf-8")
    files = re.findall(r"^\s*(?:- )?(?:root|file):\s*(\S+)", text, flags=re.MULTILINE)
    return [file.removeprefix("book/zh/") for file in files]


def is_notebook(language, page):
    """Tell whether a page has cells."""
    return (ROOT / "book" / language / f"{page}.ipynb").is_file()


ALL_PAGES = [
    (language, page) for language in ("zh", "en") for page in pages_of(language)
]


DESKTOP = {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"}
PHONE = {"width": 390, "height": 844}


class Visit:
    """One tab: where it may go, what it asked for, and what went wrong.

    It has a profile of its own, or that of a reader who has been to other pages.
    """

    def __init__(self, browser, site, reader=None, **options):
        self.site = site
        self.foreign_requests = []
        self.problems = []
        self.has_own_profile = reader is None
        reader = reader or browser.new_context(**DESKTOP | options)
        reader.set_default_timeout(TIMEOUT_MS)
        self.page = reader.new_page()
        self.page.on("request", self.note_request)
        self.page.on("requestfailed", self.note_failure)
        self.page.on("console", self.note_message)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))

    def note_request(self, request):
        """Remember a request that leaves the site."""
        if not request.url.startswith((self.site, "data:", "blob:")):
            self.foreign_requests.append(request.url)

    def note_failure(self, request):
        """Remember a file that did not come, unless the reader moved on."""
        if request.failure != "net::ERR_ABORTED":
            self.problems.append(f"{request.failure} {request.url}")

    def note_message(self, message):
        """Remember what the page's scripts report as an error."""
        if message.type == "error":
            self.problems.append(message.text)

    def open(self, name):
        """Open a page of the site and wait until its formulas are set."""
        self.page.goto(self.site + name)
        self.settle()

    def settle(self):
        """Wait for the page and its formulas."""
        self.page.wait_for_load_state("load")
        self.page.evaluate("() => window.MathJax?.startup?.promise.then(() => 1)")

    def close(self):
        """Close the tab, in which nothing may have gone wrong, and its own profile."""
        whole = self.page.context if self.has_own_profile else self.page
        whole.close()
        assert self.problems == []
        assert self.foreign_requests == []
