// The query side of chinese_search.py, which puts `simplified` before it. Sphinx copies
// both into _static/language_data.js, which pages load after Sphinx's searchtools.js.

/** A query as the index is written: letters of half width, simplified characters. */
var asIndexed = (query) =>
  [...query.normalize("NFKC")].map((letter) => simplified[letter] ?? letter).join("");

/** The Latin words and the runs of Chinese characters of a query. */
var queryRuns = (query) =>
  query.match(/[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+|[A-Za-z0-9_]+/gu) || [];

/** Latin words as they are, Chinese runs as pairs of neighbouring characters. */
var indexTerms = (run) => {
  if (run.charCodeAt(0) < 0x3400 || run.length <= 2) return [run];
  return Array.from({ length: run.length - 1 }, (_, i) => run.slice(i, i + 2));
};

/** Those of some pages on which all terms of a run stand, in the text or the title. */
var pagesAmong = (pages, run) =>
  indexTerms(run.toLowerCase()).reduce((left, word) => {
    const term = new Stemmer().stemWord(word);
    const indexes = [Search._index.terms, Search._index.titleterms];
    const found = indexes.flatMap((index) =>
      Object.hasOwn(index, term) ? index[term] : [],
    );
    return left.filter((page) => found.includes(page));
  }, pages);

/** A run, cut where no page has what comes next as well; without single characters. */
var partsOnOnePage = (pages, run) => {
  let part = "";
  const parts = [];
  for (const character of run) {
    if (part && !pagesAmong(pages, part + character).length) {
      parts.push(part);
      part = "";
    }
    part += character;
  }
  return [...parts, part].filter(({ length }) => length > 1);
};

// They say that something is asked, not what about.
var QUESTIONS = /请问|怎么办|怎么样|怎么|怎样|如何|为什么|是什么|什么是|什么|吗|呢/g;

/** The runs of a query; or if no page has all, the longest parts that one page has. */
var findableRuns = (query) => {
  const plain = asIndexed(query);
  const runs = queryRuns(plain);
  const isLatin = (run) => run.charCodeAt(0) < 0x3400;
  let pages = [...Search._index.docnames.keys()];
  const narrows = (run) => {
    const found = pagesAmong(pages, run);
    if (found.length) pages = found;
    return found.length > 0;
  };
  const latin = runs.filter(isLatin);
  latin.forEach(narrows); // one that does not may be a part of a word
  if (runs.filter((run) => !isLatin(run)).reduce(pagesAmong, pages).length) return runs;
  const parts = queryRuns(plain.replace(QUESTIONS, " "))
    .filter((run) => !isLatin(run))
    .flatMap((run) => partsOnOnePage(pages, run))
    .toSorted((one, other) => other.length - one.length);
  const found = [...latin, ...parts.filter(narrows)];
  return found.length ? found : runs;
};

var splitQuery = (query) => findableRuns(query).flatMap(indexTerms);

// Pairs are right for looking up, wrong for showing: 卷积层 would be marked as
// 卷积 alone, and a summary would begin where 积层 happens to stand.
if (typeof Search !== "undefined" && !Search.showsWholeRuns) {
  Search.showsWholeRuns = true;

  const parseQuery = Search._parseQuery;
  Search._parseQuery = (query) => {
    const parsed = parseQuery(query);
    Search.runs = new Set(findableRuns(query.toLowerCase()));
    if (typeof SPHINX_HIGHLIGHT_ENABLED !== "undefined" && SPHINX_HIGHLIGHT_ENABLED)
      localStorage.setItem("sphinx_highlight_terms", [...Search.runs].join(" "));
    [parsed[0], parsed[3]] = [asIndexed(query), Search.runs];
    return parsed;
  };

  const makeSearchSummary = Search.makeSearchSummary;
  Search.makeSearchSummary = (html, keywords, anchor) =>
    makeSearchSummary(html, Search.runs || keywords, anchor);
}
