"""Rules in files: each `.pi/rules/**/*.md` becomes part of the prompt, or is named there.

A short file is put into the prompt; of a long one only the path is told, to be read when it is
needed. `paths:` on the first line limits a file to prompts that mention one of those words.

    mkdir -p .pi/rules && echo "Commit messages are in English." > .pi/rules/commit.md
    pi -e examples/extensions/rules_files.py
"""

from pathlib import Path

FOLDER = Path(".pi", "rules")
SHORT = 2000  # characters


def extend(pi):
    def rules(cwd, prompt):
        folder = Path(cwd, FOLDER)
        for path in sorted(folder.rglob("*.md")):
            text = path.read_text("utf-8", "replace").strip()
            head, _, rest = text.partition("\n")
            if head.startswith("paths:"):
                wanted = head.removeprefix("paths:").replace(",", " ").split()
                if not any(word in prompt for word in wanted):
                    continue
                text = rest.strip()
            name = path.relative_to(cwd)
            yield f"{name}:\n{text}" if len(text) <= SHORT else f"{name}: read it when it matters"

    @pi.on("before_agent_start")
    def add(event, ctx):
        if not ctx.is_project_trusted():
            return
        found = list(rules(ctx.cwd, event.prompt or ""))
        if found:
            text = "Rules of this project:\n\n" + "\n\n".join(found)
            event.system_prompt_options["sections"]["project_rules"] = text
