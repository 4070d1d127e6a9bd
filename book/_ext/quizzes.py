"""Put "Check yourself" into each page that has questions, before "Where next".

The questions come from ``book/quizzes`` (``quiz_source.py``). Choices are native radio
buttons; by style sheet alone the reason below a choice, and the cell that computes the
answer below them all, appear once it is chosen.
"""

import quiz_source
from docutils import nodes
from quiet_cells import Fold
from quiz_source import as_html
from sphinx.transforms import SphinxTransform

WORDS = {
    "zh": {
        "heading": "自测",
        "how": "选一项，下面就是理由。答案由程序算出，选过以后可以看。",
        "next": "下一步",
        "right": "对。",
        "wrong": "不对。",
        "cell": "算出答案的程序",
    },
    "en": {
        "heading": "Check yourself",
        "how": "Choose an answer, and the reason appears below it. The right one is "
        "computed; the code opens once you have chosen.",
        "next": "Where next",
        "right": "Right. ",
        "wrong": "No. ",
        "cell": "The code that computes the answer",
    },
}


class Quiz(nodes.General, nodes.Element):
    """``<fieldset>`` with a question, its choices and its cell."""


def open_quiz(translator, node):
    """Write the beginning."""
    translator.body.append(translator.starttag(node, "fieldset", CLASS="quiz"))


def close_quiz(translator, node):
    """Write the end."""
    translator.body.append("</fieldset>\n")


def asked(question, number, language):
    """Return a question and its choices as HTML."""
    words, name = WORDS[language], f"quiz-{question.id}"
    lines = [f"<legend>{number}. {as_html(question.question[language])}</legend>"]
    for place, choice in enumerate(question.shown, start=1):
        verdict = "right" if choice is question.choices[0] else "wrong"
        lines.append(
            f'<div class="choice {verdict}">'
            f'<input type="radio" name="{name}" id="{name}-{place}">'
            f'<label for="{name}-{place}">{as_html(choice.text[language])}</label>'
            f'<div class="why" role="status"><p><b>{words[verdict]}</b>'
            f"{as_html(choice.why[language])}</p></div></div>"
        )
    return "\n".join(lines)


def quiz(question, number, language):
    """Return the node of a question."""
    cell = nodes.literal_block(question.cell, question.cell, language="python")
    return Quiz(
        "",
        nodes.raw("", asked(question, number, language), format="html"),
        Fold("", cell, summary=WORDS[language]["cell"], classes=["checked"]),
    )


class AddQuiz(SphinxTransform):
    """Add the section before Sphinx collects the headings."""

    default_priority = 410

    def apply(self):
        """Change the page."""
        page = self.env.docname.removeprefix(self.config.language_switch["prefix"])
        path = quiz_source.path_of(page)
        if not path.is_file():
            return
        self.env.note_dependency(str(path))
        language = self.config.language.partition("_")[0]
        words = WORDS[language]
        (following,) = (
            section
            for section in self.document.findall(nodes.section)
            if section[0].astext() == words["next"]
        )
        questions = enumerate(quiz_source.read(page), start=1)
        section = nodes.section(
            "",
            nodes.title("", words["heading"]),
            nodes.paragraph("", words["how"]),
            *(quiz(question, number, language) for number, question in questions),
            ids=["check-yourself"],
            names=["check-yourself"],
        )
        place = following.parent.index(following)
        following.parent.insert(place, section)


def setup(app):
    """Add the node and the transform."""
    app.add_node(Quiz, html=(open_quiz, close_quiz))
    app.add_transform(AddQuiz)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
