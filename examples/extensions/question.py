"""A tool with which the model asks you, instead of guessing.

It offers the model's own suggestions and a line for any other answer. Where nobody can be asked the
tool says so and the model goes on by itself.

    pi -e examples/extensions/question.py
    > ask me which license I want, then write it to LICENSE
"""

from pi import ToolError

OTHER = "Something else ..."


def extend(pi):
    @pi.tool(
        label="Question",
        prompt_snippet="Ask the user",
        prompt_guidelines=["Use question when a decision is the user's and the files do not tell."],
        execution_mode="sequential",
        exposure="model-only",
    )
    def question(question: str, options: list[str], ctx):
        """Ask the user a question, with some answers to choose from."""
        if not ctx.has_ui:
            raise ToolError("Nobody is here to ask: decide yourself and say what you decided.")
        answer = ctx.ui.select(question, [*options, OTHER]) if options else OTHER
        if answer == OTHER:
            answer = ctx.ui.input(question, "your answer")
        if answer is None:
            return {"content": "The user did not answer.", "details": {"answer": None}}
        return {"content": f"The user answered: {answer}", "details": {"answer": answer}}
