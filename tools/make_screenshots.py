"""Take the pictures of the book that both READMEs show.

    make book && .venv/bin/python tools/make_screenshots.py

Chinese text needs a Chinese font on the machine, for example Debian's
``fonts-noto-cjk``.
"""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "browser"))

from chromium import FLAGS, NO_CHROMIUM, find_chromium  # noqa: E402

PICTURES = {"en": "screenshot.png", "zh": "screenshot.zh-CN.png"}


def main() -> None:
    """Choose a digit on each first page, and write what a window shows."""
    with sync_playwright() as playwright:
        path = find_chromium(playwright)
        if path is None:
            raise SystemExit(NO_CHROMIUM)
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 960})
        for language, name in PICTURES.items():
            source = ROOT / "_build" / "html" / "book" / language / "index.html"
            if not source.is_file():
                raise SystemExit(f"{source}: no such page; run make book first")
            page.goto(source.as_uri())
            page.locator(".samples button").nth(7).click()
            page.locator(".inner").wait_for()  # the network has answered
            page.evaluate("scrollTo(0, 0)")
            page.screenshot(path=ROOT / "book" / "_assets" / name)
        browser.close()


if __name__ == "__main__":
    main()
