"""The tools read, write, edit and bash, on another machine over ssh.

Without the flag everything is as usual. With it the four tools work in the given folder there.

    pi -e examples/extensions/ssh_tools.py --ssh build@host:/srv/app
    > which files are in this folder?
"""

import shlex
import subprocess

from pi import ToolError

LONGEST = 50_000  # characters that one call gives to the model


class Remote:
    """A folder on another machine, and the tools that work there."""

    def __init__(self, target):
        self.host, _, folder = target.partition(":")
        self.folder = folder or "."

    def run(self, command, ctx, data=b"", timeout_s=None):
        """What a command prints there. Raises ToolError where it fails."""
        line = f"cd {shlex.quote(self.folder)} && {{ {command}\n}}"
        process = subprocess.Popen(
            ["ssh", self.host, line],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        undo = ctx.token.on_cancel(process.kill)
        try:
            output = process.communicate(data, timeout_s)[0].decode("utf-8", "replace")
        finally:
            undo()
            process.kill()
        if process.returncode:
            raise ToolError(f"{output}\n(exit status {process.returncode})")
        return output

    def read(self, params, ctx):
        first = params.get("offset") or 1
        last = first + (params.get("limit") or 2000) - 1
        path = shlex.quote(params["path"])
        return self.run(f"sed -n {first},{last}p -- {path}", ctx)[:LONGEST]

    def write(self, params, ctx):
        path, data = shlex.quote(params["path"]), params["content"].encode()
        self.run(f'mkdir -p -- "$(dirname -- {path})" && cat > {path}', ctx, data)
        return f"Wrote {len(data)} bytes to {params['path']}"

    def edit(self, params, ctx):
        path = shlex.quote(params["path"])
        text = self.run(f"cat -- {path}", ctx)
        for change in params["edits"]:
            count = text.count(change["oldText"])
            if count != 1:
                raise ToolError(f"oldText occurs {count} times, not once: {change['oldText']!r}")
            text = text.replace(change["oldText"], change["newText"])
        self.run(f"cat > {path}", ctx, text.encode())
        return f"Replaced {len(params['edits'])} place(s) in {params['path']}"

    def bash(self, params, ctx):
        output = self.run(params["command"], ctx, timeout_s=params.get("timeout"))
        return output[-LONGEST:] or "(no output)"


def extend(pi):
    pi.register_flag("ssh", type="string", description="Work at user@host:/folder")
    places = []

    @pi.on("session_start")
    def begin(event, ctx):
        target = pi.get_flag("ssh")
        if not target:
            return
        remote = Remote(target)
        places.append(remote)
        for execute in (remote.read, remote.write, remote.edit, remote.bash):
            tool = pi.builtin_tool(execute.__name__)
            pi.register_tool(  # under the name of the built-in one: it takes its place
                name=tool.name,
                description=f"{tool.description} (at {target})",
                parameters=tool.parameters,
                execute=execute,
                prompt_snippet=tool.snippet,
            )
        ctx.ui.set_status("ssh", target)

    @pi.on("before_agent_start")
    def tell(event):
        for remote in places:
            place = f"The tools work at {remote.host}, in {remote.folder}, over ssh."
            event.system_prompt_options["sections"]["remote"] = place
