"""A face for extensions over RPC: answers what they ask, shows what they tell."""

import json
import subprocess
from pathlib import Path

from pi.runtime import self_command

DEMO = Path(__file__).parent / "extensions" / "rpc_demo.py"
ANSWERS = {
    "select": {"value": "green"},
    "confirm": {"confirmed": True},
    "input": {"value": "the door"},
    "editor": {"value": "A green door."},
}

words = [*self_command(), "--mode", "rpc", "--model", "demo", "--no-session", "-e", str(DEMO)]
with subprocess.Popen(words, stdin=-1, stdout=-1, text=True) as process:

    def send(record):
        process.stdin.write(json.dumps(record) + "\n")
        process.stdin.flush()

    send({"id": "1", "type": "prompt", "message": "/demo-ask"})
    for line in process.stdout:
        record = json.loads(line)
        if record["type"] == "extension_ui_request":
            method = record["method"]
            shown = record.get("title") or record.get("message") or record.get("statusText")
            print(f"{method}: {shown or record['widgetLines'][0]}")
            if method in ANSWERS and "timeout" not in record:
                reply = {"type": "extension_ui_response", "id": record["id"]}
                send({**reply, **ANSWERS[method]})
        elif record["type"] == "response":
            process.stdin.close()
