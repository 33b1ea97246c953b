"""What all kept conversations have cost, by model: cost_report.py [SESSIONS_FOLDER]"""

import sys
from pathlib import Path

import pi
from pi.cost import summed
from pi.messages import with_role

folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path.home() / ".pi/agent/sessions"
usages: dict[str, list] = {}
for path in sorted(folder.rglob("*.jsonl")):
    session = pi.Session.open(str(path), is_read_only=True)
    messages = [e["message"] for e in session.entries() if e["type"] == "message"]
    for answer in with_role(messages, "assistant"):
        usages.setdefault(f"{answer['provider']}/{answer['model']}", []).append(answer["usage"])
    session.close()

print(f"{'model':<40} {'answers':>8} {'tokens':>12} {'US dollars':>12}")
for model, found in sorted(usages.items()):
    total = summed(found)
    price = "unknown" if total["cost"].get("unknown") else f"{total['cost']['total']:.4f}"
    print(f"{model:<40} {len(found):>8} {total['totalTokens']:>12} {price:>12}")
