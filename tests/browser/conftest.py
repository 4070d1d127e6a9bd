"""The built book in a real browser, served and from the disk."""

import functools
import http.server
import threading

import pytest
from book_site import HTML, Visit
from chromium import FLAGS, NO_CHROMIUM, find_chromium
from explorables import ON_A_PHONE, Notebook, Tabs
from playwright.sync_api import sync_playwright


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


@pytest.fixture(scope="session")
def sites(html):
    """Yield the addresses that the pages' names are relative to."""
    handler = functools.partial(QuietHandler, directory=html)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield {
        "served": f"http://127.0.0.1:{server.server_port}/",
        "disk": html.resolve().as_uri() + "/",
    }
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session", params=["served", "disk"])
def site(request, sites):
    """Return one of the addresses, after the other."""
    return sites[request.param]


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


@pytest.fixture
def visit(browser, site):
    """Yield a tab of its own for a test that goes from page to page."""
    tab = Visit(browser, site)
    yield tab
    tab.close()


@pytest.fixture(scope="module", params=["zh", "en"])
def language(request):
    """Return the language of the book."""
    return request.param


@pytest.fixture(scope="module")
def desktop(browser, site, language):
    """Yield the explorables on a desktop in a light theme."""
    tabs = Tabs(browser, site, language)
    yield tabs
    tabs.close()


@pytest.fixture(scope="module")
def phone(browser, site, language):
    """Yield the explorables on a phone in a dark theme."""
    tabs = Tabs(browser, site, language, **ON_A_PHONE)
    yield tabs
    tabs.close()


@pytest.fixture(params=["zh-CN", "en-GB"])
def notebook(browser, request):
    """Yield a live notebook of a reader with this language."""
    tab = Notebook(browser, request.param)
    yield tab
    tab.close()
