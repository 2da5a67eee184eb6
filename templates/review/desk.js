// The review desk: the queue, keys, decisions, signature. Talks only to the page it came from.
"use strict";

const $ = (selector, within = document) => within.querySelector(selector);
const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
const cards = $$("[data-card]");
const stops = $$("[data-stop]");
const help = $("#help");
let state = JSON.parse(document.body.dataset.state);
let current = null;
let closed = false;
let lastAlive = Date.now();

// One after the other, in the order they were asked for: words that are left are kept before the next click.
let turn = Promise.resolve();
function post(address, body = {}) {
  turn = turn.catch(() => {}).then(() => ask(address, body));
  return turn;
}

async function ask(address, body) {
  let answer;
  try {
    answer = await fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  } catch {
    throw new Error("The review has ended. Run casereport review again: decisions so far are kept.");
  }
  const text = await answer.text();
  let said;
  try {
    said = JSON.parse(text);
  } catch {
    said = { problem: text };
  }
  if (!answer.ok) {
    const error = new Error([said.problem, said.fix].filter(Boolean).join(" · "));
    error.code = said.code;
    // What takes away more than one may have meant is asked once more.
    if (said.again && window.confirm(`${said.problem}\n\nDo it all the same?`)) return ask(address, { ...body, sure: true });
    throw error;
  }
  return said;
}

function tell(place, words) {
  if (!place) return;
  place.textContent = words;
  place.hidden = !words;
}

// --- what the page shows of the state

function show(next) {
  state = next;
  for (const stop of stops) {
    const said = state.stops[stop.dataset.stop];
    if (!said) continue;
    stop.dataset.state = said.state;
    stop.classList.toggle("carried", Boolean(said.carried));
    for (const button of $$("[data-do]", stop)) button.setAttribute("aria-pressed", String(button.dataset.do === said.state));
    const reason = $("[data-reason]", stop);
    if (reason) {
      if (said.reason && document.activeElement !== reason) reason.value = said.reason;
      reason.closest(".reason").hidden = said.state !== "reject";
    }
    const replaced = $("[data-with]", stop);
    if (replaced && said.state === "replace" && document.activeElement !== replaced && !stop.classList.contains("typed")) replaced.value = said.with;
    markTyped(stop);
    const everywhere = $("[data-everywhere]", stop);
    if (everywhere && said.state) everywhere.checked = said.everywhere;
    if (said.recognisable) for (const radio of $$(".recognise input", stop)) radio.checked = radio.value === said.recognisable;
    tell($(".voids", stop), state.voids[stop.dataset.stop] ?? "");
  }
  tell($("#voids"), [...new Set(Object.values(state.voids))].join(" "));
  for (const [kind, [done, all]] of Object.entries(state.counts)) {
    const tally = $(`[data-tally="${kind}"]`);
    tally.textContent = done === all ? `✓ ${all}` : `${done}/${all}`;
    tally.closest("button").classList.toggle("done", done === all);
  }
  $("#count").textContent = `${state.done} of ${state.all} decided`;
  $("#progress").max = state.all || 1;
  $("#progress").value = state.done;
  $("#undo").disabled = !state.can_undo;
  $("#again").hidden = !state.stale;
  for (const card of $$(".picture")) {
    card.querySelector(".pending").hidden = !state.pending.includes(card.dataset.id);
    Stage.of(card)?.boxes(state.boxes[card.dataset.id], state.stops);
  }
  const open = $$("[data-tally]").filter((t) => !t.closest("button").classList.contains("done"));
  tell($("#open-list"), open.length ? `Still open: ${open.map((t) => t.previousElementSibling.textContent.toLowerCase()).join(", ")}.` : "");
}

// Words that stand in the field and are not what is kept: marked, so that nobody takes them for kept.
function unkept(stop) {
  const input = $("[data-with]", stop);
  const said = state.stops[stop.dataset.stop];
  if (!input || !said) return false;
  const kept = said.state === "replace" ? said.with : input.defaultValue;
  return input.value.trim().replace(/\s+/g, " ") !== kept.trim().replace(/\s+/g, " ");
}

function markTyped(stop) {
  const typed = unkept(stop);
  stop.classList.toggle("typed", typed);
  const note = $(".unkept", stop);
  if (note) note.hidden = !typed;
}

// --- moving through the queue

function go(stop, { focus = true } = {}) {
  if (!stop) return;
  const card = stop.closest("[data-card]");
  current = stop;
  for (const other of cards) other.classList.toggle("now", other === card);
  for (const other of stops) other.classList.toggle("current", other === stop);
  const kind = stop.dataset.kind ?? stop.dataset.stop;
  for (const button of $$("[data-go]")) {
    if (button.dataset.go === kind) {
      button.setAttribute("aria-current", "step");
      $(".rail").scrollTo({ left: button.offsetLeft - 60 });
    } else button.removeAttribute("aria-current");
  }
  wake(card);
  const after = cards[cards.indexOf(card) + 1];
  if (after) setTimeout(() => wake(after), 300);
  Stage.of(card)?.point(stop.dataset.spot);
  if (focus) {
    stop.focus({ preventScroll: true });
    if (stop === card || stop === $("[data-stop]", card)) window.scrollTo({ top: 0 });
    else stop.scrollIntoView({ block: "nearest" });
  }
}

function wake(card) {
  for (const picture of $$(":scope .boxes img[data-src], :scope .row > img[data-src]", card)) {
    picture.src = picture.dataset.src;
    delete picture.dataset.src;
  }
  if (card.matches(".picture")) Stage.of(card) ?? new Stage(card).boxes(state.boxes[card.dataset.id], state.stops);
  if (card.matches(".series")) Series.of(card) ?? new Series(card);
}

function move(by) {
  const at = stops.indexOf(current) + by;
  if (at >= 0 && at < stops.length) go(stops[at]);
}

function isOpen(stop) {
  const said = state.stops[stop.dataset.stop];
  return said ? !said.state : false;
}

function onwards() {
  // After a decision: the next open one further down, and the next of all when there is none.
  const at = stops.indexOf(current);
  const next = stops.slice(at + 1).find((stop) => isOpen(stop) || stop.dataset.stop === "read");
  go(next ?? stops[Math.min(at + 1, stops.length - 1)]);
}

for (const button of $$("[data-go]"))
  button.addEventListener("click", () => {
    const kind = button.dataset.go;
    const mine = stops.filter((stop) => (stop.dataset.kind ?? stop.dataset.stop) === kind);
    go(mine.find(isOpen) ?? mine[0]);
  });

// --- decisions

function said(stop, decision) {
  const body = { stop: stop.dataset.stop, do: decision };
  const reason = $("[data-reason]", stop);
  if (reason) body.reason = reason.value;
  const radio = $(".recognise input:checked", stop);
  if (radio) body.recognisable = radio.value;
  const replaced = $("[data-with]", stop);
  if (replaced) {
    body.with = replaced.value;
    body.everywhere = $("[data-everywhere]", stop).checked;
  }
  const series = stop.closest(".series");
  if (series) body.seen = Series.of(series).seen();
  return body;
}

async function decide(stop, decision, { goOn = true } = {}) {
  const problem = $(".problem", stop);
  const reason = $("[data-reason]", stop);
  if (decision === "reject" && reason && !reason.value.trim()) {
    reason.closest(".reason").hidden = false; // not kept before there is a reason
    reason.focus();
    return;
  }
  try {
    const next = await post("/act", said(stop, decision));
    stop.classList.remove("typed");
    show(next);
    tell(problem, "");
    if (goOn && stop === current) onwards();
  } catch (error) {
    tell(problem, error.message);
    problem?.scrollIntoView({ block: "nearest" });
  }
}

for (const stop of stops) {
  for (const button of $$("[data-do]", stop))
    button.addEventListener("click", () => {
      if (current !== stop) go(stop, { focus: false });
      const other = button.dataset.do === "replace" && unkept(stop); // said already, but with other words
      const back = button.getAttribute("aria-pressed") === "true" && !other;
      decide(stop, back ? "" : button.dataset.do, { goOn: !back });
    });
  const reason = $("[data-reason]", stop);
  reason?.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && reason.value.trim()) decide(stop, "reject");
  });
  const replaced = $("[data-with]", stop);
  replaced?.addEventListener("keydown", (event) => {
    if (event.key === "Enter") decide(stop, "replace");
    if (event.key !== "Escape") return;
    const said = state.stops[stop.dataset.stop];
    replaced.value = said.state === "replace" ? said.with : replaced.defaultValue; // what is kept stands there again
    markTyped(stop);
    stop.focus();
  });
  replaced?.addEventListener("input", () => markTyped(stop));
  for (const button of replaced ? $$("[data-do]", stop) : [])
    button.addEventListener("pointerdown", () => { stop.pressing = true; setTimeout(() => { stop.pressing = false; }, 400); });
  replaced?.addEventListener("focusout", () => {
    // Left without Enter: decided before, so the new words are kept; a button that is being pressed decides itself.
    if (!stop.pressing && unkept(stop) && state.stops[stop.dataset.stop].state === "replace") decide(stop, "replace", { goOn: false });
  });
  stop.addEventListener("focusin", () => {
    if (current !== stop && stop.closest("[data-card]").classList.contains("now")) go(stop, { focus: false });
  });
}

async function undo() {
  try {
    const next = await post("/undo");
    show(next);
    const stop = stops.find((one) => one.dataset.stop === next.at);
    if (stop) go(stop);
  } catch (error) {
    tell($(".problem", current), error.message);
  }
}

async function again() {
  const waiting = $("#waiting");
  waiting.showModal();
  try {
    await post("/again");
    const { name, role } = $("#sign").elements;
    sessionStorage.setItem("who", JSON.stringify([name.value, role.value]));
    location.reload();
  } catch (error) {
    waiting.close();
    const place = $(".problem", current) ?? $("#sign-problem");
    tell(place, error.message);
    place.scrollIntoView({ block: "center" });
  }
}

async function allNo() {
  try {
    show(await post("/all-no"));
    onwards();
  } catch (error) {
    tell($(".law .problem"), error.message);
  }
}

$("#undo").addEventListener("click", undo);
$("#again").addEventListener("click", again);
$("#all-no")?.addEventListener("click", () => { go($(".law .row")); allNo(); });
$("#help-open").addEventListener("click", () => help.showModal());

// --- keys

const stage = () => current && Stage.of(current.closest("[data-card]"));
const series = () => current && Series.of(current.closest("[data-card]"));
const press = (key) => { // said already: go on; only a click takes it back
  const button = $(`[data-key="${key}"]`, current);
  if (button?.getAttribute("aria-pressed") === "true" && isOpen(current) === false && !(button.dataset.do === "replace" && unkept(current))) onwards();
  else button?.click();
};
const recognise = (number) => {
  const radio = $$(".recognise input", current.closest("[data-card]"))[number - 1];
  if (radio) radio.checked = true;
};
const actions = {
  j: () => move(1),
  k: () => move(-1),
  a: () => press("a"),
  r: () => press("r"),
  e: () => { const input = $("[data-with]", current); input?.focus(); input?.select(); },
  s: () => { const box = $("[data-everywhere]", current); if (box) box.checked = !box.checked; },
  b: () => stage()?.add("cover"),
  c: () => stage()?.add("crop"),
  v: () => stage()?.toggle(),
  "+": () => stage()?.zoom(1.5),
  "=": () => stage()?.zoom(1.5),
  "-": () => stage()?.zoom(1 / 1.5),
  0: () => stage()?.fit(),
  1: () => recognise(1),
  2: () => recognise(2),
  3: () => recognise(3),
  "[": () => series()?.step(-1),
  "]": () => series()?.step(1),
  n: () => current.dataset.kind === "law" && allNo(),
  m: () => state.stale && again(),
  u: undo,
  "?": () => help.showModal(),
};

document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input:not([type=radio]):not([type=checkbox]):not([type=range])");
  const on = $("#keys-on").checked || event.key === "?";
  if (closed || typing || $("dialog[open]") || !on || event.ctrlKey || event.metaKey || event.altKey) return;
  const action = actions[event.key];
  if (!action || !current) return;
  event.preventDefault();
  action();
});

// --- the signature

$("#sign").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const problem = $("#sign-problem");
  await turn.catch(() => {});
  const body = { name: form.elements.name.value, role: form.elements.role.value, revision: state.revision };
  if (state.stale) {
    again(); // what was decided must be in the copies before anybody signs for them
    return;
  }
  try {
    finish(await post(form.dataset.to, body));
  } catch (error) {
    tell(problem, error.message);
    problem.scrollIntoView({ block: "center" });
    if (error.code === "REV008") refresh();
  }
});

function finish(answer) {
  closed = true;
  const words = answer.rejected.length
    ? `Kept. The case stays closed because of ${answer.rejected.join(", ")}. Change the record, then review again.`
    : "Signed. The package can be made: casereport submit. You may close this page.";
  const done = $("#done");
  tell(done, words);
  done.classList.toggle("closed", answer.rejected.length > 0);
  for (const element of $$("main input, main button, .top button, .rail button")) element.disabled = true;
  for (const card of cards) card.classList.remove("now");
  done.focus();
}

// Another tab may have decided something: what is shown is read again when this one is looked at.
async function refresh() {
  if (closed) return;
  const answer = await fetch("/state").catch(() => null);
  if (answer?.ok) show(await answer.json());
}
document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
window.addEventListener("focus", refresh);

// The server stops after 15 minutes without a sign of life: reading and scrolling are signs of life.
for (const sign of ["pointermove", "keydown", "scroll", "touchstart"])
  document.addEventListener(sign, () => {
    if (closed || Date.now() - lastAlive < 60_000) return;
    lastAlive = Date.now();
    post("/alive").catch(() => {});
  }, { passive: true });

const who = JSON.parse(sessionStorage.getItem("who") ?? "null");
if (who) [$("#sign").elements.name.value, $("#sign").elements.role.value] = who;
sessionStorage.removeItem("who");
document.body.classList.add("one");
show(state);
go(stops.find(isOpen) ?? stops[stops.length - 1]);
