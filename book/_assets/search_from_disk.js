// Sphinx fetches each page it has found to show a few words of it. A page opened
// from the disk may not fetch another, so there the list has titles only.
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
