// The query side of chinese_search.py. Sphinx copies this file into
// _static/language_data.js, which pages load after Sphinx's searchtools.js.

/** The Latin words and the runs of Chinese characters of a query. */
var queryRuns = (query) =>
  query.match(/[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+|[A-Za-z0-9_]+/gu) || [];

/** Latin words as they are, Chinese runs as pairs of neighbouring characters. */
var splitQuery = (query) =>
  queryRuns(query).flatMap((run) => {
    if (run.charCodeAt(0) < 0x3400 || run.length <= 2) return [run];
    return Array.from({ length: run.length - 1 }, (_, i) => run.slice(i, i + 2));
  });

// Pairs are right for looking up, wrong for showing: 卷积层 would be marked as
// 卷积 alone, and a summary would begin where 积层 happens to stand.
if (typeof Search !== "undefined" && !Search.showsWholeRuns) {
  Search.showsWholeRuns = true;

  const parseQuery = Search._parseQuery;
  Search._parseQuery = (query) => {
    const parsed = parseQuery(query);
    Search.runs = new Set(queryRuns(query.toLowerCase()));
    if (typeof SPHINX_HIGHLIGHT_ENABLED !== "undefined" && SPHINX_HIGHLIGHT_ENABLED)
      localStorage.setItem("sphinx_highlight_terms", [...Search.runs].join(" "));
    parsed[3] = Search.runs;
    return parsed;
  };

  const makeSearchSummary = Search.makeSearchSummary;
  Search.makeSearchSummary = (html, keywords, anchor) =>
    makeSearchSummary(html, Search.runs || keywords, anchor);
}
