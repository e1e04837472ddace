// Shows one image after the other and sends what is typed. The server keeps everything.
"use strict";

const UNSURE = 0.9; // characters of a lower probability are marked
const ZOOMS = [1, 2, 4];
const TAB = crypto.getRandomValues(new Uint32Array(2)).join("-");
const TOKEN = new URLSearchParams(location.hash.slice(1)).get("token");
const SPOKEN = { unreadable: "cannot be read", empty: "nothing on it" };

const byId = (id) => document.getElementById(id);
const past = []; // places that were shown before, the last one last
let current = null; // what is shown
const waiting = []; // promises of what comes next
let zoom = 0;

async function ask(path, body) {
  const headers = TOKEN ? { Authorization: `Bearer ${TOKEN}` } : {};
  const options = { headers, keepalive: path === "leave" };
  if (body !== undefined) {
    options.method = "POST";
    headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new Error("The server does not answer. Everything saved before is safe; start it again, then reload.");
  }
  if (!answer.ok) {
    const said = await answer.json().catch(() => ({}));
    throw new Error(said.error ?? `The server answered ${answer.status}.`);
  }
  return answer;
}

// Return an item with its image as an address of the browser.
async function withImage(item) {
  if (item === null || item.problem) return item;
  try {
    const answer = await ask(`items/${item.place}/image`);
    return { ...item, address: URL.createObjectURL(await answer.blob()) };
  } catch (error) {
    return { ...item, problem: error.message };
  }
}

async function askNext() {
  const { item } = await (await ask("next", { tab: TAB })).json();
  return withImage(item);
}

function told(promise) { // of a promise that nobody waits for yet
  promise.catch(() => {});
  return promise;
}

function show(item) {
  current = item;
  byId("work").hidden = item === null;
  byId("done").hidden = item !== null;
  say(item?.problem ?? "");
  if (item === null) return;
  byId("name").textContent = item.name;
  byId("note").textContent = [item.typed && `saved: ${SPOKEN[item.typed] ?? "a text"}`, item.note].filter(Boolean).join(" · ");
  byId("image").src = item.address ?? "";
  byId("image").hidden = !item.address;
  byId("choices").hidden = item.label === null || item.reading === null;
  byId("label").textContent = item.label ?? "";
  byId("reading").textContent = item.reading ?? "";
  byId("suggestion").replaceChildren(...marked(item.characters));
  byId("text").value = item.text;
  byId("back").disabled = past.length === 0;
  byId("text").focus();
  byId("text").setSelectionRange(item.text.length, item.text.length);
}

// Return the characters of a suggestion, those that are unsure marked; nothing where none is.
function marked(characters) {
  if (!characters.some(([, probability]) => probability < UNSURE)) return [];
  return characters.map(([text, probability]) => {
    if (probability >= UNSURE) return document.createTextNode(text);
    const mark = document.createElement("mark");
    mark.textContent = text;
    mark.title = `${Math.round(100 * probability)} % sure`;
    return mark;
  });
}

function fit() { // small images are enlarged, up to four times; zoom goes on from there
  const image = byId("image");
  const room = byId("stage").clientWidth - 26;
  const fitting = Math.min(room / image.naturalWidth, 4, 0.5 * innerHeight / image.naturalHeight);
  image.style.width = `${Math.round(image.naturalWidth * fitting * ZOOMS[zoom])}px`;
  image.style.imageRendering = fitting * ZOOMS[zoom] >= 6 ? "pixelated" : "auto";
}

function say(problem) {
  byId("problem").textContent = problem;
  byId("problem").hidden = !problem;
}

async function write(state, text) {
  if (!current) return;
  const label = state === "labelled" ? text : "";
  if (state === "labelled" && !label.trim()) {
    say("There is no text. If there is nothing on the image, press F4; if it cannot be read, F2.");
    return;
  }
  await step(async () => {
    const { place } = current;
    const answer = await ask(`items/${place}`, { label, state }); // it is on the disk now
    past.push(place);
    tell((await answer.json()).status);
    await forward();
  });
}

async function forward() {
  const left = current;
  show((await waiting.shift()) ?? (await askNext())); // what was asked ahead may be none by now
  if (left?.address) URL.revokeObjectURL(left.address);
  if (current && !waiting.length) waiting.push(told(askNext()));
}

async function back() {
  if (!past.length) return;
  await step(async () => {
    const place = past.at(-1);
    const before = await withImage(await (await ask(`items/${place}`)).json());
    past.pop();
    if (current) waiting.unshift(Promise.resolve({ ...current, text: byId("text").value }));
    show(before);
  });
}

async function later() {
  if (!current) return;
  await step(async () => {
    await ask(`items/${current.place}/later`, {});
    await forward();
  });
}

let busy = false;
async function step(action) { // one at a time: a key that is held does nothing twice
  if (busy) return;
  busy = true;
  try {
    await action();
  } catch (error) {
    say(error.message);
  } finally {
    busy = false;
  }
}

const percent = (share) => `${(100 * share).toFixed(share > 0.995 && share < 1 ? 1 : 0)} %`;

// Show how far it is.
function tell(status) {
  const done = status.labels + status.others;
  const share = status.images ? (100 * done) / status.images : 0;
  byId("bar").firstElementChild.style.width = `${share}%`;
  byId("bar").setAttribute("aria-valuenow", Math.round(share));
  const others = status.others ? `, ${status.others} without a text` : "";
  byId("progress").textContent = `${status.labels} ${status.labels === 1 ? "label" : "labels"}${others}, of ${status.images} images`;
  byId("reader").textContent = sentences(status).join(" ");
  byId("list").textContent = status.list;
  byId("command").textContent = status.command;
}

function sentences(status) {
  const said = [];
  if (status.lately) said.push(`Right lately: ${status.right_lately} of ${status.lately} suggestions.`);
  if (status.reader_labels) {
    const { right, texts, low, high } = status.figure;
    const figure = texts
      ? `reads ${percent(right / texts)} of ${texts} drawn at random since (${percent(low)} to ${percent(high)})`
      : "suggests from now on";
    said.push(`The reader of ${status.reader_labels} labels ${figure}.`);
  }
  if (status.training !== null) {
    said.push(status.training ? `A new one is trained: ${percent(status.training)}.` : "A new one is trained.");
  } else if (status.next_training > status.labels) {
    said.push(`The next one is trained from ${status.next_training} labels.`);
  }
  if (status.problem) said.push(`The last training came to nothing: ${status.problem}`);
  if (status.is_enough) said.push("The last 30 suggestions were right, the hard ones among them: more labels bring little.");
  return said;
}

const save = () => write("labelled", byId("text").value);
const take = (text) => text !== null && current.label !== null && write("labelled", text);
const actions = {
  F2: () => write("unreadable"),
  F4: () => write("empty"),
  F8: () => { zoom = (zoom + 1) % ZOOMS.length; fit(); },
  PageUp: back,
  PageDown: later,
};

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.repeat) event.preventDefault(); // nothing is saved unseen
  if (event.altKey || event.ctrlKey || event.metaKey || event.isComposing) return;
  const choosing = current && !byId("choices").hidden;
  const action = choosing && event.key === "ArrowUp" ? () => take(current.label)
    : choosing && event.key === "ArrowDown" ? () => take(current.reading)
    : actions[event.key];
  if (!action) return;
  event.preventDefault();
  if (!event.repeat) action();
});
byId("form").addEventListener("submit", (event) => { event.preventDefault(); save(); });
for (const [id, action] of Object.entries({
  unreadable: actions.F2, empty: actions.F4, zoom: actions.F8, back, later, "back-from-done": back,
  "take-label": () => take(current.label), "take-reading": () => take(current.reading),
})) byId(id).addEventListener("click", action);
byId("image").addEventListener("load", fit);
addEventListener("resize", fit);
addEventListener("pagehide", () => told(ask("leave", { tab: TAB })));

async function follow() { // of a training, which goes on while nobody types
  try {
    tell(await (await ask("status")).json());
  } catch { /* the next key says so */ }
  setTimeout(follow, 3000);
}

step(forward).then(follow);
