"use strict";
// Makes nodes: elements by name, with text in them. Nothing of a session ever becomes markup.

function str(value) {
  return typeof value === "string" ? value : value === undefined || value === null ? "" : JSON.stringify(value);
}

function plain(text) {  // without terminal colours and other control characters
  return str(text)
    .replace(/\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-_]/g, "")
    .replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/g, "");
}

function el(name, attributes, ...inside) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key === "class") node.className = value;
    else if (key === "click") node.addEventListener("click", value);
    else node.setAttribute(key, value);
  }
  const shown = inside.filter((item) => item !== null && item !== undefined && item !== "");
  node.append(...shown.map((item) => (typeof item === "string" ? plain(item) : item)));
  return node;
}

function folded(kind, summary, inside, isOpen, isBad) {
  const node = el("details", { class: `${kind}${isBad ? " bad" : ""}` }, el("summary", {}, ...summary));
  node.open = isOpen;
  node.append(el("div", { class: "inside" }, ...inside));
  return node;
}

function pre(text) {
  return el("pre", {}, plain(text));
}

function diff(text) {
  const node = el("pre", {});
  for (const line of plain(text).split("\n")) {
    const kind = line.startsWith("+") ? "add" : line.startsWith("-") ? "cut" : null;
    node.append(kind ? el("span", { class: kind }, line) : `${line}\n`);
  }
  return node;
}

function picture(block) {
  const isImage = /^image\/(png|jpeg|gif|webp)$/.test(str(block.mimeType));
  if (!isImage || !/^[A-Za-z0-9+/=\s]+$/.test(str(block.data))) return el("p", { class: "note" }, "(image)");
  return el("p", {}, el("img", { src: `data:${block.mimeType};base64,${block.data}`, alt: "image", loading: "lazy" }));
}
