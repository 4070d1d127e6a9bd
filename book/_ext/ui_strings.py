"""Say in the reader's language what the tools' own translations leave out.

The theme and the extensions bring Chinese for only part of their interface, and
some of it reads oddly. ``ui_strings_<language>.yml`` holds our wording: for
each message catalogue, the English message and what to show for it.
``templates/`` holds the few templates whose English is not translatable.
"""

from gettext import NullTranslations
from pathlib import Path

import yaml
from sphinx.locale import translators

HERE = Path(__file__).parent


class OurWording(NullTranslations):
    """Answer from a table first, from the tool's own catalogue otherwise."""

    def __init__(self, table, tool):
        super().__init__()
        self.table = table
        if tool is not None:
            self.add_fallback(tool)

    def gettext(self, message):
        """Return our wording of a message if there is one."""
        return self.table.get(message) or super().gettext(message)


def load_table(language):
    """Return {catalogue: {message: wording}}; empty for English."""
    path = HERE / f"ui_strings_{language}.yml"
    return yaml.safe_load(path.read_text("utf-8")) if path.is_file() else {}


def add_templates(app, config):
    """Let our templates come before the theme's."""
    config.templates_path.insert(0, str(HERE / "templates"))


def setup(app):
    """Put our wording in front of each catalogue."""
    for catalogue, table in load_table(app.config.language).items():
        key = ("general", catalogue)
        translators[key] = OurWording(table, translators.get(key))
    # Sphinx has already taken its own catalogue for the templates by now.
    app.translator = translators["general", "sphinx"]
    app.connect("config-inited", add_templates)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
