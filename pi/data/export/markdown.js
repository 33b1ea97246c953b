"use strict";
// Markdown as models write it, made of nodes.

function markdown(text) {
  const root = el("div", { class: "prose" });
  const lines = plain(text).split("\n");
  let at = 0;
  while (at < lines.length) at = block(lines, at, root);
  return root;
}

function block(lines, at, into) {
  const line = lines[at];
  const fence = /^\s*(`{3,}|~{3,})/.exec(line);
  if (fence) return fenced(lines, at, fence[1], into);
  if (!line.trim()) return at + 1;
  const head = /^(#{1,6})\s+(.*)$/.exec(line);
  if (head) {
    into.append(inline(el(`h${Math.min(4, head[1].length + 1)}`, {}), head[2]));
    return at + 1;
  }
  if (/^\s*([-*_])(?:\s*\1){2,}\s*$/.test(line)) {
    into.append(el("hr", {}));
    return at + 1;
  }
  if (/^\s*>/.test(line)) return quoted(lines, at, into);
  if (isItem(line)) return list(lines, at, into);
  if (line.includes("|") && /^[\s|:-]*-[\s|:-]*$/.test(lines[at + 1] || "")) return table(lines, at, into);
  return paragraph(lines, at, into);
}

function fenced(lines, at, fence, into) {
  let end = at + 1;
  while (end < lines.length && !lines[end].trim().startsWith(fence)) end += 1;
  into.append(el("pre", {}, el("code", {}, lines.slice(at + 1, end).join("\n"))));
  return end + 1;
}

function quoted(lines, at, into) {
  let end = at;
  const inner = [];
  for (; end < lines.length && /^\s*>/.test(lines[end]); end += 1) inner.push(lines[end].replace(/^\s*>\s?/, ""));
  into.append(inline(el("blockquote", {}), inner.join("\n")));
  return end;
}

function isItem(line) {
  return /^\s*(?:[-*+]|\d{1,9}[.)])\s+\S/.test(line);
}

function list(lines, at, into) {
  const ordered = /^\s*\d/.test(lines[at]);
  const node = el(ordered ? "ol" : "ul", {});
  if (ordered) node.start = parseInt(lines[at], 10);
  const indent = lines[at].search(/\S/);
  let item = null;
  while (at < lines.length && lines[at].trim()) {
    const depth = lines[at].search(/\S/);
    if (isItem(lines[at]) && depth > indent && item) {
      at = list(lines, at, item);
      continue;
    }
    if (isItem(lines[at]) && depth < indent) break;
    if (isItem(lines[at])) {
      if (/^\s*\d/.test(lines[at]) !== ordered) break;
      item = el("li", {});
      node.append(inline(item, lines[at].replace(/^\s*(?:[-*+]|\d+[.)])\s+/, "")));
    } else if (item && depth > 0) {
      inline(item, `\n${lines[at].trim()}`);
    } else break;
    at += 1;
  }
  into.append(node);
  return at;
}

function table(lines, at, into) {
  const cells = (line) => line.trim().replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim());
  const row = (line, name) => el("tr", {}, ...cells(line).map((cell) => inline(el(name, {}), cell)));
  const node = el("table", {}, el("thead", {}, row(lines[at], "th")));
  const body = el("tbody", {});
  at += 2;
  while (at < lines.length && lines[at].includes("|")) body.append(row(lines[at++], "td"));
  node.append(body);
  into.append(node);
  return at;
}

function paragraph(lines, at, into) {
  const start = at;
  const ends = (line) => !line.trim() || /^\s*(```|~~~|>|#{1,6}\s)/.test(line) || isItem(line);
  do at += 1; while (at < lines.length && !ends(lines[at]));
  into.append(inline(el("p", {}), lines.slice(start, at).join("\n")));
  return at;
}

const INLINE = /(`+)([^`]|[^`][^]*?[^`])\1(?!`)|\*\*([^*\n]+)\*\*|(?<![\w*])\*([^*\s][^*\n]*)\*(?!\w)|\[([^\]\n]{1,300})\]\(([^()\s]{1,2000})\)|(https?:\/\/[^\s<>()"']{0,2000}[^\s<>()"'.,;:!?])/g;

function inline(node, text) {
  let last = 0;
  for (const found of text.slice(0, 100000).matchAll(INLINE)) {
    node.append(text.slice(last, found.index), piece(found));
    last = found.index + found[0].length;
  }
  node.append(text.slice(last));
  return node;
}

function piece([all, , code, bold, slanted, label, target, address]) {
  if (code !== undefined) return el("code", {}, code.trim() || code);
  if (bold !== undefined) return el("strong", {}, bold);
  if (slanted !== undefined) return el("em", {}, slanted);
  const to = address || target;
  if (!/^(https?:\/\/|mailto:)/i.test(to)) return all;
  return el("a", { href: to, rel: "noopener noreferrer", target: "_blank" }, label || address);
}
