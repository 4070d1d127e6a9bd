"""Show outputs as readers of the page need them: in their language, without folders.

One run of a notebook serves both books. What ``mnist_tutorial.bilingual`` has said is
there in both languages, in the metadata of the outputs, and each build takes its own
when it reads them from the cache. Where an error or a
warning names a file of an installed package, the folders of the machine that built the
book are left out, and so is what a progress bar that is done has left: nothing.
"""

import re

from jupyter_cache.cache.main import JupyterCacheBase

from mnist_tutorial.bilingual import KEY


def in_language(notebook, language):
    """Let each output that holds both languages show one; return the notebook."""
    for cell in notebook.cells:
        if "outputs" in cell:
            cell.outputs = [each for each in cell.outputs if not is_cleared(each)]
        for output in cell.get("outputs", ()):
            texts = output.get("metadata", {}).get(KEY)
            if texts:
                output.data = {texts["mime"]: texts[language]}
            if output.output_type == "stream":
                output.text = without_folders(output.text)
            if output.output_type == "error":
                output.traceback = list(map(without_folders, output.traceback))
    return notebook


def is_cleared(output):
    """Tell whether an output shows nothing, such as a progress bar that is done."""
    return output.get("data", {}).get("text/html") == ""


def without_folders(text):
    """Return a text in which paths of installed packages begin with the package."""
    return re.sub(r"/[^\s:]*/site-packages/", "", text)


def choose_language(app, config):
    """Put the choice behind the cache's ``merge_match_into_notebook``."""
    language = config.language.partition("_")[0]
    merge = JupyterCacheBase.merge_match_into_notebook

    def merged(*arguments, **keywords):
        key, notebook = merge(*arguments, **keywords)
        return key, in_language(notebook, language)

    JupyterCacheBase.merge_match_into_notebook = merged


def setup(app):
    """Know the language before pages are read."""
    app.connect("config-inited", choose_language)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
