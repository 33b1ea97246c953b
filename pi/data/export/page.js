"use strict";
// Shows the session that stands in this page.
(() => {
  const session = JSON.parse(document.getElementById("session").textContent);
  const entries = session.entries.filter((entry) => entry && typeof entry.id === "string");
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  const children = new Map();
  for (const entry of entries) {
    const parent = byId.has(entry.parentId) ? entry.parentId : null;
    if (!children.has(parent)) children.set(parent, []);
    children.get(parent).push(entry);
  }
  const results = new Map();
  for (const entry of entries) {
    const message = messageOf(entry);
    if (message.role === "toolResult") results.set(message.toolCallId, entry);
  }
  const labels = new Map();
  for (const entry of entries) {
    if (entry.type !== "label") continue;
    if (entry.label) labels.set(entry.targetId, String(entry.label));
    else labels.delete(entry.targetId);
  }

  const $ = (id) => document.getElementById(id);
  let leaf = byId.has(session.leafId) ? session.leafId : entries.length ? entries.at(-1).id : null;
  let filter = "talk";
  const open = { thinking: false, tools: false };

  // --- reading ---------------------------------------------------------------------------------

  function messageOf(entry) {
    return entry.type === "message" && entry.message && typeof entry.message === "object" ? entry.message : {};
  }

  function blocksOf(content) {
    if (typeof content === "string") return content ? [{ type: "text", text: content }] : [];
    return Array.isArray(content) ? content.filter((block) => block && typeof block === "object") : [];
  }

  function textOf(content) {
    return blocksOf(content).filter((block) => block.type === "text").map((block) => str(block.text)).join("\n");
  }

  function branchTo(id) {
    const branch = [];
    const seen = new Set();
    for (let entry = byId.get(id); entry && !seen.has(entry.id); entry = byId.get(entry.parentId)) {
      seen.add(entry.id);
      branch.push(entry);
    }
    return branch.reverse();
  }

  function newestBelow(id) {
    const seen = new Set();
    let at = id;
    while (!seen.has(at) && (children.get(at) || []).length) {
      seen.add(at);
      at = children.get(at).at(-1).id;
    }
    return at;
  }

  // --- entries ---------------------------------------------------------------------------------

  function show(entry) {
    const message = messageOf(entry);
    if (message.role === "user") return card(entry, "user", "You", said(message));
    if (message.role === "assistant") return answer(entry, message);
    if (message.role === "toolResult") return null;  // stands with its call
    if (message.role === "bashExecution") return shell(entry, message);
    if (message.role === "system") return system(entry, message);
    if (entry.type === "compaction" || entry.type === "branch_summary") {
      const title = entry.type === "compaction" ? "Summary of what came before" : "Summary of another branch";
      return card(entry, "summary", title, [folded("tool", [title], [markdown(entry.summary)], open.tools)]);
    }
    if (entry.type === "custom_message" || message.role === "custom") {
      const shown = entry.type === "custom_message" ? entry : message;
      if (shown.display === false) return null;
      return card(entry, "custom", str(shown.customType) || "Note", said(shown));
    }
    return change(entry);
  }

  function said(message) {
    return blocksOf(message.content).map((part) => (part.type === "image" ? picture(part) : markdown(part.text)));
  }

  function answer(entry, message) {
    const parts = blocksOf(message.content).map((part) => {
      if (part.type === "thinking") return thinking(part);
      if (part.type === "toolCall") return call(part);
      return part.type === "image" ? picture(part) : str(part.text).trim() ? markdown(part.text) : null;
    });
    const failed = message.stopReason === "error" || message.stopReason === "aborted";
    if (failed) parts.push(el("p", { class: "note" }, plain(message.errorMessage) || message.stopReason));
    return card(entry, failed ? "bad" : "answer", str(message.model) || "Assistant", parts, costOf(message.usage));
  }

  function thinking(part) {
    const words = part.redacted ? "(hidden by the provider)" : str(part.thinking);
    return words.trim() ? folded("thinking", ["Thinking"], [markdown(words)], open.thinking) : null;
  }

  function call(part) {
    const given = part.arguments && typeof part.arguments === "object" ? part.arguments : {};
    const result = results.get(part.id);
    const message = result ? messageOf(result) : null;
    const brief = str(given.command ?? given.path ?? given.pattern ?? Object.values(given)[0] ?? "").split("\n")[0];
    const inside = Object.entries(given).map(([name, value]) => el("div", {}, el("span", { class: "note" }, name), pre(typeof value === "string" ? value : JSON.stringify(value, null, 2))));
    inside.push(...(message ? outcome(message) : [el("p", { class: "note" }, "(no result)")]));
    const summary = [el("span", { class: "name" }, str(part.name)), " ", el("span", { class: "brief" }, plain(brief).slice(0, 160))];
    const node = folded("tool", summary, inside, open.tools, message && message.isError);
    if (result) node.id = result.id;
    return node;
  }

  function outcome(message) {
    const made = message.details && typeof message.details === "object" ? message.details.diff : null;
    if (typeof made === "string" && made) return [diff(made)];
    return blocksOf(message.content).map((part) => (part.type === "image" ? picture(part) : pre(part.text)));
  }

  function shell(entry, message) {
    const code = message.exitCode ? ` (exit ${message.exitCode})` : "";
    const summary = [el("span", { class: "name" }, "!"), " ", el("span", { class: "brief" }, plain(message.command).slice(0, 160) + code)];
    return card(entry, "user", "You", [folded("tool", summary, [pre(message.command), pre(message.output)], open.tools, Boolean(message.exitCode))]);
  }

  function system(entry, message) {
    const sections = message.sections && typeof message.sections === "object" ? message.sections : {};
    const tools = Array.isArray(message.toolsAdded) ? message.toolsAdded : [];
    const inside = [textOf(message.content), ...Object.values(sections).map(str)].filter(Boolean).map(pre);
    for (const tool of tools) if (tool) inside.push(el("p", {}, el("code", {}, str(tool.name)), ` ${str(tool.description)}`));
    if (!inside.length) return null;
    return wrap(entry, "entry note", folded("tool", [`System prompt${tools.length ? `, ${tools.length} tools` : ""}`], inside, false));
  }

  function change(entry) {
    const words = {
      model_change: () => `Model: ${str(entry.provider)}/${str(entry.modelId)}`,
      thinking_level_change: () => `Thinking: ${str(entry.thinkingLevel)}`,
      session_info: () => `Name: ${str(entry.name)}`,
    }[entry.type];
    return words ? wrap(entry, "entry note", plain(words())) : null;
  }

  function wrap(entry, kind, ...inside) {
    return el("div", { class: kind, id: entry.id }, ...inside);
  }

  function card(entry, kind, who, inside, facts) {
    const copy = el("button", { type: "button", class: "copy", title: "Copy a link to this", click: () => copyLink(entry.id, copy) }, "Link");
    const label = labels.get(entry.id);
    const meta = el("div", { class: "meta" }, el("span", {}, who), label && el("span", {}, `# ${label}`), el("span", {}, when(entry.timestamp)), facts, copy);
    return wrap(entry, `entry ${kind}`, meta, el("div", { class: "card" }, ...inside));
  }

  function when(stamp) {
    const date = new Date(stamp);
    return Number.isNaN(date.getTime()) ? "" : date.toLocaleString();
  }

  function costOf(usage) {
    if (!usage || typeof usage !== "object" || !usage.totalTokens) return null;
    const cost = usage.cost && !usage.cost.unknown && usage.cost.total > 0 ? `, $${Number(usage.cost.total).toFixed(4)}` : "";
    return el("span", {}, `${Number(usage.totalTokens).toLocaleString()} tokens${cost}`);
  }

  function copyLink(id, button) {
    const address = `${location.href.split("#")[0]}#${id}`;
    const done = () => { button.textContent = "Copied"; setTimeout(() => { button.textContent = "Link"; }, 1500); };
    location.hash = id;
    if (navigator.clipboard) navigator.clipboard.writeText(address).then(done, () => {});
    else {
      const field = el("textarea", {}, address);
      document.body.append(field);
      field.select();
      if (document.execCommand("copy")) done();
      field.remove();
    }
  }

  // --- the page --------------------------------------------------------------------------------

  function drawHead() {
    const tokens = { sum: 0, cost: 0, unknown: false };
    const models = new Set();
    for (const entry of entries) {
      const { usage, model } = messageOf(entry);
      if (model) models.add(model);
      if (!usage || typeof usage !== "object") continue;
      tokens.sum += Number(usage.totalTokens) || 0;
      tokens.cost += Number(usage.cost && usage.cost.total) || 0;
      tokens.unknown = tokens.unknown || Boolean(usage.cost && usage.cost.unknown);
    }
    const price = tokens.cost ? `$${tokens.cost.toFixed(4)}${tokens.unknown ? " and more" : ""}` : "";
    const head = session.header;
    const facts = [when(head.timestamp), str(head.cwd), [...models].join(", "), `${tokens.sum.toLocaleString()} tokens`, price, str(head.id)];
    $("head").replaceChildren(el("h1", {}, session.name || str(head.cwd).split("/").pop() || "Session"), el("p", { class: "facts" }, facts.filter(Boolean).join("  ·  ")));
    $("foot").replaceChildren(`Exported by ${session.madeBy}`);
  }

  function drawLog() {
    const nodes = branchTo(leaf).map(show).filter(Boolean);
    $("log").replaceChildren(...nodes);
    if (!nodes.length) $("log").append(el("p", { class: "note" }, "There is nothing in this session yet."));
  }

  function brief(entry) {
    const message = messageOf(entry);
    if (message.role === "user") return ["You", textOf(message.content) || "(image)"];
    if (message.role === "assistant") {
      const calls = blocksOf(message.content).filter((part) => part.type === "toolCall").map((part) => str(part.name));
      return ["Model", textOf(message.content) || (calls.length ? `[${calls.join(", ")}]` : str(message.stopReason))];
    }
    if (message.role === "toolResult") return ["Tool", str(message.toolName)];
    if (message.role) return [message.role === "bashExecution" ? "Shell" : "", str(message.command || message.role)];
    return ["", str(entry.summary) || entry.type.replaceAll("_", " ")];
  }

  function isListed(entry) {
    if (filter === "all" || labels.has(entry.id)) return true;
    const message = messageOf(entry);
    if (message.role === "assistant") return filter === "tools" || textOf(message.content).trim() !== "";
    if (message.role === "user" || entry.type === "compaction" || entry.type === "branch_summary") return true;
    return filter === "tools" && (message.role === "toolResult" || message.role === "bashExecution");
  }

  function drawTree() {
    const active = new Set(branchTo(leaf).map((entry) => entry.id));
    const root = el("div", {});
    const work = [[null, root]];
    while (work.length) {  // not by recursion: a branch may be 100,000 entries long
      const [parent, into] = work.pop();
      const below = children.get(parent) || [];
      for (const child of below) {
        const place = below.length > 1 ? el("div", { class: "fork" }) : into;
        if (place !== into) into.append(place);
        if (isListed(child)) place.append(treeLine(child, active));
        work.push([child.id, place]);
      }
    }
    $("tree").replaceChildren(root);
  }

  function treeLine(entry, active) {
    const [who, words] = brief(entry);
    const kind = entry.id === leaf ? "end" : active.has(entry.id) ? "" : "off";
    const label = labels.get(entry.id);
    return el("a", { href: `#${entry.id}`, class: kind, title: plain(words).slice(0, 300) }, el("span", { class: "who" }, who), label && el("span", { class: "label" }, `#${label} `), plain(words).replace(/\s+/g, " ").slice(0, 80));
  }

  function go(id) {
    if (!byId.has(id)) return;
    if (!branchTo(leaf).some((entry) => entry.id === id)) {
      leaf = newestBelow(id);
      drawLog();
      drawTree();
      mark();
    }
    const node = document.getElementById(id);
    document.querySelectorAll(".here").forEach((other) => other.classList.remove("here"));
    if (!node) return;
    node.classList.add("here");
    for (let up = node; up; up = up.parentElement) if (up.tagName === "DETAILS") up.open = true;
    node.scrollIntoView({ block: "start" });
  }

  // --- searching -------------------------------------------------------------------------------

  let hits = [];
  let hit = -1;

  function mark() {
    document.querySelectorAll("#log mark").forEach((node) => {
      const parent = node.parentNode;
      parent.replaceChild(document.createTextNode(node.textContent), node);
      parent.normalize();
    });
    hits = [];
    hit = -1;
    const wanted = $("search").value.trim().toLowerCase();
    if (wanted.length > 1) markIn($("log"), wanted);
    $("hits").textContent = wanted.length > 1 ? `${hits.length}${hits.length === 2000 ? "+" : ""} found` : "";
  }

  function markIn(root, wanted) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    const nodes = [];
    while (walker.nextNode()) if (walker.currentNode.data.toLowerCase().includes(wanted)) nodes.push(walker.currentNode);
    for (let node of nodes) {
      for (let at = node.data.toLowerCase().indexOf(wanted); at >= 0 && hits.length < 2000; at = node.data.toLowerCase().indexOf(wanted)) {
        const found = node.splitText(at);
        node = found.splitText(Math.min(wanted.length, found.data.length));
        const made = el("mark", {}, found.data);
        found.replaceWith(made);
        hits.push(made);
      }
    }
  }

  function next(step) {
    if (!hits.length) return;
    hit = (hit + step + hits.length) % hits.length;
    for (let up = hits[hit]; up; up = up.parentElement) if (up.tagName === "DETAILS") up.open = true;
    hits[hit].scrollIntoView({ block: "center" });
    $("hits").textContent = `${hit + 1} of ${hits.length}`;
  }

  // --- controls --------------------------------------------------------------------------------

  function toggle(kind) {
    open[kind] = !open[kind];
    $(`toggle-${kind}`).setAttribute("aria-pressed", String(open[kind]));
    const which = kind === "tools" ? "#log details.tool" : "#log details.thinking";
    document.querySelectorAll(which).forEach((node) => { node.open = open[kind]; });
  }

  const THEMES = ["auto", "light", "dark"];
  function turnTheme() {
    const now = document.documentElement.dataset.theme || "auto";
    const chosen = THEMES[(THEMES.indexOf(now) + 1) % THEMES.length];
    document.documentElement.dataset.theme = chosen;
    $("theme").textContent = chosen[0].toUpperCase() + chosen.slice(1);
  }

  $("toggle-side").addEventListener("click", () => document.body.classList.toggle("no-side"));
  $("toggle-thinking").addEventListener("click", () => toggle("thinking"));
  $("toggle-tools").addEventListener("click", () => toggle("tools"));
  $("theme").addEventListener("click", turnTheme);
  $("search").addEventListener("input", mark);
  $("search").addEventListener("keydown", (event) => {
    if (event.key === "Enter") next(event.shiftKey ? -1 : 1);
  });
  for (const button of document.querySelectorAll("[data-filter]")) {
    button.addEventListener("click", () => {
      filter = button.dataset.filter;
      for (const other of document.querySelectorAll("[data-filter]")) other.setAttribute("aria-pressed", String(other === button));
      drawTree();
    });
  }
  document.addEventListener("keydown", (event) => {
    if (event.target.tagName === "INPUT" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/") { event.preventDefault(); $("search").focus(); }
    if (event.key === "t") toggle("thinking");
    if (event.key === "o") toggle("tools");
  });
  window.addEventListener("hashchange", () => go(decodeURIComponent(location.hash.slice(1))));
  window.addEventListener("beforeprint", () => document.querySelectorAll("#log details").forEach((node) => { node.open = true; }));

  drawHead();
  drawLog();
  drawTree();
  if (location.hash) go(decodeURIComponent(location.hash.slice(1)));
})();
