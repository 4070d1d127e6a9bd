"""What the folder that is published holds, and how a reader enters and prints it."""

from book_site import ALL_PAGES
from explorables import in_two_books


def test_holds_the_pages_of_both_books_and_no_others(html):
    built = {
        page.relative_to(html).as_posix()
        for page in html.rglob("*.html")
        if "_static" not in page.parts
    }
    expected = {f"book/{language}/{name}.html" for language, name in ALL_PAGES}
    expected |= {"index.html", "search.html", "book/en/search.html"}
    assert built == expected


def test_first_page_is_the_chinese_book(visit, html):
    visit.page.goto(visit.site + "index.html")
    visit.page.wait_for_url("**/book/zh/index.html")
    # Without one a browser asks for favicon.ico, if it finds the time.
    assert 'rel="icon"' in (html / "index.html").read_text("utf-8")


@in_two_books
def test_solutions_are_closed_until_asked_for(visit, language):
    visit.open(f"book/{language}/code/project.html")
    solutions = visit.page.locator("main details.solution")
    assert solutions.count() > 0
    cells = solutions.first.locator(".cell_input").first
    assert not cells.is_visible()
    solutions.first.locator("summary").first.click()
    cells.wait_for(state="visible")


@in_two_books
def test_prints_the_content_alone(visit, language):
    visit.open(f"book/{language}/code/project.html")
    visit.page.emulate_media(media="print")
    assert visit.page.locator("main h1").first.is_visible()
    assert visit.page.locator("main .cell_input:visible").count()
    for frame in (".bd-header-article", ".bd-sidebar-primary", ".prev-next-footer"):
        assert not visit.page.locator(frame).first.is_visible()
    assert visit.page.pdf().startswith(b"%PDF")
