"""The built book in a real browser, served and from the disk.

``BOOK_HTML`` names another folder of pages than ``_build/html``.
"""

import functools
import http.server
import os
import re
import threading
from pathlib import Path

import pytest
import yaml
from chromium import FLAGS, NO_CHROMIUM, find_chromium
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[2]
HTML = Path(os.environ.get("BOOK_HTML", ROOT / "_build" / "html"))
TOCS = {"zh": ROOT / "_toc.yml", "en": ROOT / "book" / "en" / "_toc.yml"}
TIMEOUT_MS = 30_000


def pages_of(language):
    """Return the names that both books share, such as code/project."""
    text = TOCS[language].read_text("utf-8")
    files = re.findall(r"^\s*(?:- )?(?:root|file):\s*(\S+)", text, flags=re.MULTILINE)
    assert len(files) == str(yaml.safe_load(text)).count("'file'") + 1
    return [file.removeprefix("book/zh/") for file in files]


def is_notebook(language, page):
    """Tell whether a page has cells."""
    return (ROOT / "book" / language / f"{page}.ipynb").is_file()


ALL_PAGES = [
    (language, page) for language in ("zh", "en") for page in pages_of(language)
]


@pytest.fixture(scope="session")
def html():
    """Return the folder of the built pages."""
    missing = [
        page
        for page in ("index.html", "book/zh/index.html", "book/en/index.html")
        if not (HTML / page).is_file()
    ]
    if missing:
        pytest.fail(f"{HTML} has no {missing[0]}: run `make book` first", pytrace=False)
    return HTML


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serve files without a line for each."""

    def log_message(self, *arguments):
        """Say nothing."""


@pytest.fixture(scope="session", params=["served", "disk"])
def site(request, html):
    """Yield the address that the pages' names are relative to."""
    if request.param == "disk":
        yield html.resolve().as_uri() + "/"
        return
    handler = functools.partial(QuietHandler, directory=html)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def browser():
    """Yield a Chromium with a fresh profile."""
    with sync_playwright() as playwright:
        path = find_chromium(playwright)
        if path is None:
            pytest.fail(NO_CHROMIUM, pytrace=False)
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


class Visit:
    """One tab: where it may go, what it asked for, and what went wrong."""

    def __init__(self, browser, site):
        self.site = site
        self.foreign_requests = []
        self.problems = []
        context = browser.new_context(
            viewport={"width": 1280, "height": 900}, color_scheme="light"
        )
        context.set_default_timeout(TIMEOUT_MS)
        self.page = context.new_page()
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
        """Close the tab and forget its profile."""
        self.page.context.close()


@pytest.fixture
def visit(browser, site):
    """Yield a tab of its own for a test that goes from page to page."""
    tab = Visit(browser, site)
    yield tab
    tab.close()
