"""Exported sessions: what is in the file, and that nothing in it can run."""

from __future__ import annotations

import json
import re
import shutil
import stat
import subprocess
from base64 import b64encode
from hashlib import sha256

import pytest

from pi.errors import PiError
from pi.export import html, jsonl, target
from pi.export.look import css, look_of, palette
from pi.messages import text, tool_result, user_message
from pi.resources.theme import load_themes
from pi.session import Session
from pi.text.secret import Mask
from pi.theme import color, document
from pi.theme.theme import Theme
from tests.fakeprovider.client_config import KEY
from tests.themekit import theme_file

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
PIXEL = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
EVIL = (
    "</script><script>document.title='HACKED'</script>",
    "<img src=x onerror=\"document.title='HACKED'\">",
    "<!--<script>",
    "]]>&lt;b&gt;",
    "[x](javascript:document.title='HACKED')",
    "`<b>`\u2028\u2029\x00\x1b[31mred\x1b[0m",
    "\ud800 lone",
    "@SCRIPT@ @SESSION@ @TITLE@",
)


def answer(*blocks, **more):
    usage = {"totalTokens": 7, "cost": {"total": 0.5}}
    base = {"role": "assistant", "model": "m", "stopReason": "stop", "usage": usage, "timestamp": 1}
    return {**base, "content": list(blocks), **more}


def told():
    """A session in which everything is hostile that can be."""
    session = Session.in_memory("/home/u/project")
    for evil in EVIL:
        session.append_message(
            user_message([text(evil), {"type": "image", "data": PIXEL, "mimeType": evil}], 1)
        )
        call = {"type": "toolCall", "id": f"c{evil}", "name": evil, "arguments": {evil: evil}}
        session.append_message(
            answer(text(evil), {"type": "thinking", "thinking": evil}, call, model=evil)
        )
        result = tool_result(call, [text(evil)], 2)
        session.append_message({**result, "details": {"diff": f"+{evil}"}})
        session.append("compaction", summary=evil, firstKeptEntryId="x", tokensBefore=1)
        session.append(evil, odd=evil)
    session.set_name("</title><script>")
    return session


def parts(page):
    return {
        name: re.search(rf"<{name}>(.*)</{name}>", page, re.DOTALL)[1]
        for name in ("style", "title")
    }


def test_the_page_holds_the_whole_session_and_only_its_own_script(tmp_path):
    session = told()
    path = html.export(session, str(tmp_path / "page.html"))
    page = (tmp_path / "page.html").read_bytes().decode()
    assert stat.S_IMODE((tmp_path / "page.html").stat().st_mode) == 0o600
    scripts = re.findall(r"<script[^>]*>(.*?)</script>", page, re.DOTALL)
    assert len(scripts) == page.count("</script>") == 2
    data = json.loads(scripts[0])
    assert [entry["id"] for entry in data["entries"]] == [e["id"] for e in session.entries()]
    assert data["entries"][0]["message"]["content"][0]["text"] == EVIL[0]
    digest = b64encode(sha256(scripts[1].encode()).digest()).decode()
    assert "default-src 'none'; style-src 'sha256-" in page
    assert f"script-src 'sha256-{digest}'; img-src data:" in page
    assert parts(page)["title"] == "&lt;/title&gt;&lt;script&gt;"
    assert path == str(tmp_path / "page.html")
    assert not re.search(r"https?://(?!www\.w3\.org)", re.sub(r"<script.*", "", page, flags=re.S))


@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")
@pytest.mark.slow
def test_a_browser_shows_all_of_it_and_runs_none_of_it(tmp_path):
    page = html.export(told(), str(tmp_path / "page.html"))
    dom = subprocess.run(
        [
            CHROMIUM,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            f"--user-data-dir={tmp_path / 'profile'}",
            "--dump-dom",
            f"file://{page}",
        ],
        capture_output=True,
        timeout=60,
        check=False,
    ).stdout.decode()
    assert dom.count('class="entry user"') == len(EVIL)
    assert dom.count('class="entry answer"') == len(EVIL)
    assert parts(dom)["title"] == "&lt;/title&gt;&lt;script&gt;"
    log = dom[dom.index('id="log"') : dom.index('<script type="application/json"')]
    assert "<script" not in log
    assert not re.search(r"<[^>]*\sonerror=", log)
    assert "javascript:" not in "".join(re.findall(r'href="[^"]*"', log))
    assert "red" in log
    assert "[31m" not in log


def test_lines_load_again(tmp_path):
    session = told()
    path = jsonl.export(session, str(tmp_path / "copy.jsonl"))
    again = Session.open(path, is_read_only=True)
    assert again.warnings == []
    assert again.id == session.id
    assert len(again.entries()) == len(session.entries())
    assert again.name() == session.name()


def test_secrets_are_masked_and_counted(tmp_path):
    session = Session.in_memory("/p")
    session.append_message(user_message("my key is topsecret-1234, AKIAABCDEFGHIJKLMNOP", 1))
    mask = Mask(["topsecret-1234"])
    for module, name in ((html, "p.html"), (jsonl, "p.jsonl")):
        text_of_file = (
            (tmp_path / name) if module.export(session, str(tmp_path / name), mask) else None
        )
        assert "my key is [secret], [secret]" in text_of_file.read_text()
    assert mask.count == 4


def test_names_of_pages():
    assert target.default_name("/x/2026_ab.jsonl", "id") == "pi-session-2026_ab.html"
    assert target.default_name(None, "id") == "pi-session-id.html"


def test_what_cannot_be_written(tmp_path):
    session = Session.in_memory("/p")
    path = str(tmp_path / "no" / "such" / "page.html")
    with pytest.raises(PiError) as told:
        html.export(session, path)
    assert str(told.value) == f"ENOENT: no such file or directory, write '{path}'"
    kept = Session.create("/p", str(tmp_path))
    kept.append_message(user_message("hi", 1))
    kept.append_message(answer(text("yo")))
    kept.sync()
    with pytest.raises(PiError, match="is the session itself"):
        jsonl.export(kept, kept.path)


# --- the program ---------------------------------------------------------------------------------


@pytest.fixture
def session_path(run_pi, provider, agent_home):
    provider.reply("Hello")
    assert run_pi("--model", "fake-openai/fake-1", "-p", f"my key: {KEY}").code == 0
    return agent_home.session_files()[0]


def test_a_page_beside_us(run_pi, agent_home, session_path):
    done = run_pi("--export", str(session_path))
    name = f"pi-session-{session_path.stem}.html"
    assert (done.code, done.stdout) == (0, f"Exported to: {name}\n")
    page = (agent_home.project / name).read_text()
    assert "Hello" in page
    assert KEY not in page
    assert "Masked" in done.stderr


@pytest.mark.parametrize("name", ["out.html", "out.jsonl"])
def test_a_file_of_ones_own(run_pi, agent_home, session_path, name):
    before = session_path.read_bytes()
    done = run_pi("--export", str(session_path), name)
    assert (done.code, done.stdout) == (0, f"Exported to: {name}\n")
    assert (
        (agent_home.project / name)
        .read_text()
        .startswith("<!DOCTYPE html>" if name.endswith("html") else '{"type":"session"')
    )
    assert session_path.read_bytes() == before


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (("missing.jsonl",), 1, "File not found: "),
        (("models.txt",), 1, "models.txt"),
        (("a", "b", "c"), 2, "one too many"),
    ],
)
def test_what_is_wrong_is_one_line(run_pi, agent_home, words, code, why):
    (agent_home.project / "models.txt").write_text("no session\n")
    done = run_pi("--export", *words)
    assert (done.code, done.stdout) == (code, "")
    assert why in done.stderr
    assert done.stderr.count("\n") == 1


# --- colours -------------------------------------------------------------------------------------


def test_a_page_follows_its_reader_unless_a_theme_is_chosen():
    themes = load_themes(None)
    look, problems = look_of(themes, "system")
    assert problems == []
    assert (look.auto_light.name, look.auto_dark.name) == ("light", "dark")
    assert b"color-scheme: light dark;" in css(look)
    look, _ = look_of(themes, "dark")
    assert (look.auto_light.name, look.auto_dark.name, look.light.name) == ("dark", "dark", "light")
    assert css(look).startswith(b":root { color-scheme: dark;")
    look, _ = look_of(themes, "dark/light")  # the wrong way round, but as it was asked for
    assert (look.auto_light.name, look.light.name, look.dark.name) == ("dark", "light", "dark")
    look, problems = look_of(themes, "nowhere/dark")
    assert (look.auto_light.name, look.auto_dark.name) == ("light", "dark")
    assert problems[0].startswith('there is no theme "nowhere"')


@pytest.mark.parametrize("name", ["dark", "light"])
def test_what_a_page_says_can_be_read(name):
    colors = palette(load_themes(None).theme(name))
    for ground in ("page", "card", "side", "user", "tool", "bad", "code", "add", "cut", "mark"):
        assert color.contrast(colors["text"], colors[ground]) >= 7, ground
    for ground in ("page", "card", "side", "bad"):
        assert color.contrast(colors["dim"], colors[ground]) >= 4.5, ground
    assert color.contrast(colors["accent"], colors["card"]) >= 4.5
    assert color.contrast(colors["bad-line"], colors["tool"]) >= 4.5


def test_the_backgrounds_of_a_page_are_the_theme_s_or_made_of_its_panels():
    colors = {"userMessageBg": "#203040", "text": "#ffffff", "toolErrorBg": ""}
    made = palette(Theme(document.read(theme_file(colors=colors, appearance="dark"))[0]))
    assert made["user"] == (0x20, 0x30, 0x40)
    lightness = [color.oklab_of(made[each])[0] for each in ("page", "card", "user")]
    assert lightness == sorted(lightness)
    assert made["bad"] == made["card"]
    export = {"pageBg": "#010203", "cardBg": "ground", "infoBg": 0}
    data = theme_file(colors=colors, export=export, vars={"ground": "#040506"})
    said = palette(Theme(document.read(data)[0]))
    assert [said[each] for each in ("page", "card", "code")] == [(1, 2, 3), (4, 5, 6), (0, 0, 0)]


def test_the_colours_of_a_page_from_the_command_line(run_pi, agent_home, session_path):
    folder = agent_home.agent / "themes"
    folder.mkdir()
    sea = theme_file("sea", export={"pageBg": "#0a0b0c"}, appearance="dark")
    (folder / "sea.json").write_text(json.dumps(sea))
    own = agent_home.project / "own.json"
    own.write_text(json.dumps({**sea, "name": "own", "export": {"pageBg": "#0d0e0f"}}))

    def page(*words):
        done = run_pi(*words, "--export", str(session_path), "out.html")
        assert done.code == 0
        return (agent_home.project / "out.html").read_text(), done.stderr

    assert "--page: #0a0b0c" not in page()[0]
    assert "--page: #0a0b0c" in page("--use-theme", "sea")[0]
    assert "--page: #0d0e0f" in page("--theme", "own.json", "--use-theme", "light/own")[0]
    agent_home.write("settings.json", {"theme": "sea"})
    assert "--page: #0a0b0c" in page()[0]
    text, errors = page("--no-themes")
    assert "--page: #0a0b0c" not in text
    assert 'Warning: there is no theme "sea"; using system' in errors
