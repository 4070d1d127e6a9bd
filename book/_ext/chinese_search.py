"""Full-text search in Chinese without a dictionary.

Sphinx splits Chinese text with jieba, which is not installed and would find
single dictionary words only: 卷积 but not 卷积层. Here a run of Chinese
characters is indexed as its single characters and its pairs of neighbours, and
a query is looked up by its pairs. Traditional characters and letters of full width
count as what the pages have. ``chinese_search.js`` is the other half.
"""

import json
import re
import unicodedata
from pathlib import Path

from sphinx.search.en import SearchEnglish

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
RUN = re.compile(rf"[{HAN}]+|[A-Za-z0-9_]+")
HERE = Path(__file__).parent
SCRIPT = HERE / "chinese_search.js"
# From OpenCC's TSCharacters (Apache 2.0), in two lines: below each traditional one
# stands the simplified character. Those that the book has are enough.
TABLE = (HERE / "traditional_characters.txt").read_text("utf-8").split()
SOURCES = [*(HERE.parent / "zh").rglob("*.ipynb"), *(HERE.parent / "zh").rglob("*.md")]
IN_BOOK = set("".join(source.read_text("utf-8") for source in SOURCES))
SIMPLIFIED = {one: two for one, two in zip(*TABLE, strict=True) if two in IN_BOOK}
TO_SIMPLIFIED = str.maketrans(SIMPLIFIED)


class ChineseSearch(SearchEnglish):
    """Pairs of Chinese characters; Latin words are stemmed as English."""

    lang = "zh"
    language_name = "Chinese"
    js_splitter_code = (
        f"var simplified = {json.dumps(SIMPLIFIED, ensure_ascii=False)};\n"
        f"{SCRIPT.read_text('utf-8')}"
    )

    def split(self, input):
        """Return Latin words, Chinese characters and pairs of them."""
        words = []
        plain = unicodedata.normalize("NFKC", input).translate(TO_SIMPLIFIED)
        for run in RUN.findall(plain):
            if run[0].isascii():
                words.append(run)
            else:
                words.extend(run)
                words.extend(run[i : i + 2] for i in range(len(run) - 1))
        return words

    def word_filter(self, word):
        """Leave out English stop words and single Latin letters."""
        if word[:1].isascii():
            return len(word) > 1 and word not in self.stopwords
        return True


def setup(app):
    """Take the place of Sphinx's own Chinese search."""
    app.add_search_language(ChineseSearch)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
