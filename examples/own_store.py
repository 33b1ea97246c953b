"""Keep conversations in SQLite instead of files: own_store.py TICKET [MODEL]"""

import json
import sqlite3
import sys

import pi

ticket = sys.argv[1] if len(sys.argv) > 1 else "ticket-1"
model = sys.argv[2] if len(sys.argv) > 2 else "demo"
database = sqlite3.connect("tickets.db", check_same_thread=False)  # entries come one at a time
database.execute("create table if not exists entry (ticket text, json text)")


def keep(entry: dict) -> None:
    """Store one entry; what this raises, the conversation is told."""
    with database:
        database.execute("insert into entry values (?, ?)", (ticket, json.dumps(entry)))


rows = database.execute("select json from entry where ticket = ? order by rowid", (ticket,))
entries = [json.loads(text) for (text,) in rows]
session = pi.HostedSession.of(".", entries, keep=keep, session_id=ticket)
with pi.create(session=session, model=model) as conversation:
    print(f"{ticket}: {len(session.user_messages())} question(s) so far")
    print(conversation.ask("What is in this folder?"))
database.close()
