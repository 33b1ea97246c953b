"""The chosen theme in a run: for extensions, and for pages made over RPC."""

from __future__ import annotations

import json

from tests.extensionkit import write
from tests.rpckit import Rpc
from tests.themekit import theme_file

EXTENSION = """
def extend(pi):
    @pi.command("show", description="shows colours")
    def show(args, ctx):
        theme = ctx.ui.theme
        assert ctx.ui.theme is theme
        ctx.ui.notify(theme.name + " " + theme.fg("accent", "x") + " " + theme.getColorMode())
"""

NAMING = """
def extend(pi):
    @pi.on("resources_discover")
    def name(event):
        return {"theme_paths": ["own"]}
"""

MODEL = ("--model", "fake-openai/fake-1")


def test_extensions_colour_with_the_chosen_theme(agent_home):
    write(agent_home, "show.py", EXTENSION)
    folder = agent_home.agent / "themes"
    folder.mkdir()
    (folder / "sea.json").write_text(json.dumps(theme_file("sea", {"accent": "#010203"})))
    agent_home.write("settings.json", {"theme": "sea"})
    for words, env, told in (
        (
            (),
            {"TERM": "xterm", "COLORTERM": "truecolor"},
            "sea \x1b[38;2;1;2;3mx\x1b[39m truecolor",
        ),
        ((), {"TERM": "xterm", "NO_COLOR": "1"}, "sea x mono"),
        (("--use-theme", "dark"), {"TERM": "xterm"}, "dark \x1b[38;5;75mx\x1b[39m 256"),
        (("--no-themes",), {"TERM": "xterm"}, "system \x1b[38;5;5mx\x1b[39m 256"),
    ):
        with Rpc(agent_home, *MODEL, *words, env=env) as rpc:
            rpc.send({"type": "prompt", "message": "/show"})
            shown = rpc.wait(lambda record: record.get("method") == "notify")
            assert shown["message"] == told
            assert rpc.finish() == 0


def test_a_page_over_rpc_has_its_colours(agent_home, provider):
    provider.reply("Hello")
    sea = theme_file("sea", export={"pageBg": "#0a0b0c"})
    (agent_home.project / "sea.json").write_text(json.dumps(sea))
    with Rpc(agent_home, *MODEL, "--theme", "sea.json", "--use-theme", "sea") as rpc:
        rpc.call("prompt", message="hi")
        rpc.event("agent_settled")
        done = rpc.call("export_html", outputPath=str(agent_home.project / "page.html"))
        assert done["success"] is True
        assert rpc.finish() == 0
    assert "--page: #0a0b0c" in (agent_home.project / "page.html").read_text()


def test_themes_that_an_extension_names(agent_home):
    write(agent_home, "show.py", EXTENSION)
    write(agent_home, "naming.py", NAMING)
    (agent_home.project / "own").mkdir()
    (agent_home.project / "own/sea.json").write_text(json.dumps(theme_file("sea")))
    env = {"TERM": "xterm", "NO_COLOR": "1"}
    with Rpc(agent_home, *MODEL, "--use-theme", "sea", env=env) as rpc:
        rpc.send({"type": "prompt", "message": "/show"})
        shown = rpc.wait(lambda record: record.get("method") == "notify")
        assert shown["message"] == "sea x mono"
        assert rpc.finish() == 0
