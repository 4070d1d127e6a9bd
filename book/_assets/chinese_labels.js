// Labels for screen readers that the theme and the extensions have in English only,
// with no setting and no translation. Loaded by the Chinese book.
addEventListener("load", () => {
  const labels = {
    Main: "章节",
    Page: "本页目录",
    "Toggle hidden content": "展开或收起",
  };
  for (const node of document.querySelectorAll("[aria-label]")) {
    const label = labels[node.getAttribute("aria-label")];
    if (label) node.setAttribute("aria-label", label);
  }
});
