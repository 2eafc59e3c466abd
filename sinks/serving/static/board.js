// The page: one stream of changes, one place for the newest answers, and the page the address names.

import { exceptions, h, learnPages, mount } from "./cards.js"
import { postPage } from "./post.js"
import { lang, learn, locale, say, show, span, t } from "./words.js"

const $ = id => document.getElementById(id)
const bodies = new Map() // newest answer per live card
let about, page, views = new Map(), searches = new Map(), after = () => {}
let heard = 0, offset = 0, newest = null

async function get(path, params = {}) {
  const reply = await fetch(`${path}?${new URLSearchParams(params)}`)
  return reply.json().catch(() => ({ error: reply.statusText }))
}

function route() {
  const [, id = "now", query = ""] = location.hash.match(/^#\/([\w-]*)\??(.*)$/) ?? []
  return { id: id || "now", params: Object.fromEntries(new URLSearchParams(query)) }
}

function nav() {
  const current = route().id
  const open = about.pages.filter(each => !each.params.length).map(each => ({ id: each.id, title: say(each.title) }))
  if (about.forms.length) open.push({ id: "post", title: t("post") })
  $("nav").replaceChildren(...open.map(each => h("a", { href: `#/${each.id}`, ariaCurrent: each.id === current ? "page" : null }, each.title)))
}

/** Draw the page that the address names. */
function draw() {
  const { id, params } = route()
  views = new Map(); searches = new Map(); after = () => {}
  page = about.pages.find(each => each.id === id)
  nav()
  document.title = `${page ? say(page.title) : t("post")} · stocktwin`
  document.body.dataset.page = id
  if (id === "post" && about.forms.length) {
    const form = postPage(about, bodies)
    views.set("stock", { update: form.offer })
    return $("main").replaceChildren(form.el)
  }
  const cards = about.cards.filter(card => card.page === id && card.kind !== "freshness")
  if (!cards.length) { location.hash = "#/now"; return }
  const rows = { tiles: h("div", { className: "strip" }), main: h("div", { className: "stack" }), side: h("div", { className: "stack" }) }
  const warn = cards.filter(card => card.section === "exceptions")
  const strip = warn.length ? exceptions(warn) : null
  for (const card of warn) views.set(card.name, { update: body => strip.update(card.name, body) })
  for (const card of cards.filter(each => each.section !== "exceptions")) {
    const view = mount(card, card.search ? { search: text => search(card, text), text: params.search } : {})
    views.set(card.name, view)
    rows[card.section].append(view.el)
    if (card.search && params.search) search(card, params.search)
  }
  const body = rows.side.children.length ? h("div", { className: "two" }, ...pairs(cards, rows)) : rows.main
  $("main").replaceChildren(...[page.params.length ? crumb(params) : null, rows.tiles.children.length ? rows.tiles : null, strip?.el, body].filter(Boolean))
  for (const name of views.keys()) if (bodies.has(name) && !searches.has(name)) views.get(name).update(bodies.get(name))
  if (page.params.length) drill(cards, params)
  scrollTo(0, 0)
}

/** The first main card shares its row with the side; the rest take the whole width. */
function pairs(cards, rows) {
  const [first, ...rest] = rows.main.children
  return [h("div", { className: "stack" }, first), rows.side, ...rest.map(el => { el.classList.add("wide"); return el })]
}

function crumb(params) {
  const name = Object.entries(params).filter(([key, value]) => value && !["entity", "source"].includes(key)).sort(([a], [b]) => (b === "item") - (a === "item")).map(([, value]) => value).join(" · ")
  return h("div", { className: "crumb" }, h("button", { type: "button", className: "quiet", on: { click: () => history.length > 1 ? history.back() : (location.hash = "#/now") } }, `← ${t("back")}`), h("h1", {}, h("small", {}, say(page.title)), name), page.printable ? printing() : null)
}

/** The button that prints the page; on paper stand the moment of printing and lines to sign. */
function printing() {
  const when = h("span")
  const mark = () => { when.textContent = t("printed", show(new Date(Date.now() + offset).toISOString(), "full")) }
  addEventListener("beforeprint", mark)
  const paper = h("p", { className: "paper" }, when, h("span", {}, t("prepared")), h("span", {}, t("checked")))
  return h("div", { className: "printing" }, h("button", { type: "button", className: "quiet", "data-testid": "print", on: { click: () => window.print() } }, t("print")), paper)
}

/** Ask a drill page's cards now, and again whenever the ledger has learned something (at most every 2 s). */
function drill(cards, params) {
  const mine = page
  let busy = false, asked = 0
  after = async () => {
    if (busy || Date.now() - asked < 2000) return
    busy = true; asked = Date.now()
    const answers = new Map(await Promise.all(cards.map(async card => [card, await get(`/api/card/${card.name}`, params)])))
    busy = false
    if (page !== mine || JSON.stringify(route().params) !== JSON.stringify(params)) return
    for (const [card, body] of answers) views.get(card.name)?.update(body)
    for (const [card, body] of answers) if (!body.error) sums(card, answers)
    if (about.raw && "event_id" in params && !document.querySelector(".rawcard")) record(params, answers)
  }
  after()
}

function sums(card, answers) {
  for (const [name, running] of Object.entries(card.adds_up)) {
    for (const [other, body] of answers) {
      const at = other.columns.findIndex(column => column.name === running)
      if (at >= 0 && !body.error) views.get(card.name).compare(name, body.rows[0]?.[at] ?? "0")
    }
  }
}

async function record(params, answers) {
  let source = params.source
  for (const [card, body] of answers) source ||= body.rows?.[0]?.[card.columns.findIndex(column => column.name === "source")]
  const found = await get("/api/record", { entity: params.entity ?? "", source: source ?? "", event_id: params.event_id })
  let text = found.raw ?? t("noraw")
  try { text = JSON.stringify(JSON.parse(text), null, 2) } catch { /* a till's line is shown as it came */ }
  if (document.querySelector(".rawcard")) return
  $("main").append(h("section", { className: "card rawcard" }, h("div", { className: "head" }, h("h2", {}, t("raw")), found.raw ? h("p", {}, t("bytes", found.bytes)) : null), h("pre", { tabIndex: 0, "data-testid": "record" }, text)))
}

let typing
function search(card, text) {
  clearTimeout(typing)
  if (text) searches.set(card.name, text); else { searches.delete(card.name); if (bodies.has(card.name)) views.get(card.name)?.update(bodies.get(card.name)) }
  history.replaceState(null, "", `#/${route().id}${text ? `?${new URLSearchParams({ search: text })}` : ""}`)
  typing = setTimeout(() => look(card), 150)
}
async function look(card) {
  const text = searches.get(card.name)
  if (!text) return
  const body = await get(`/api/card/${card.name}`, { search: text })
  if (searches.get(card.name) === text) views.get(card.name)?.update(body)
}

let stream, watching
/** One stream, for the page in view; the form of hand posts watches the stock for its suggestions. */
function listen() {
  const wanted = page?.id ?? "stock"
  if (wanted === watching && stream.readyState !== EventSource.CLOSED) return
  stream?.close()
  watching = wanted
  stream = new EventSource(`/api/stream?page=${wanted}`)
  stream.addEventListener("pulse", event => { heard = Date.now(); offset = JSON.parse(event.data).now_ms - heard; fresh() })
  stream.addEventListener("card", event => {
    const body = JSON.parse(event.data)
    bodies.set(body.card, body)
    const card = about.cards.find(each => each.name === body.card)
    if (card.kind === "freshness") { newest = body.rows?.[0]?.[0] ?? null; fresh(); after() }
    if (searches.has(body.card)) look(card)
    else views.get(body.card)?.update(body)
  })
  const mine = stream
  stream.onerror = () => { if (stream === mine && stream.readyState === EventSource.CLOSED) setTimeout(listen, 2000) }
}

/** How old the newest fact is, by the ledger's clock; too old, or no pulse: the page greys out. */
function fresh() {
  const limit = (about.cards.find(card => card.kind === "freshness")?.stale_after ?? 30) * 1000
  const lost = Date.now() - heard > 4000
  const age = newest ? Date.now() + offset - Date.parse(newest) : null
  const old = lost || (age !== null && age > limit)
  const state = lost ? "lost" : age === null ? "none" : old ? "stale" : "live"
  const pill = $("fresh")
  if (pill.dataset.state !== state) pill.dataset.state = state
  pill.dataset.value = newest ?? ""
  pill.lastElementChild.textContent = state === "live" || state === "stale" ? `${t(state)} · ${span(age)}` : t(state)
  pill.title = newest ? show(newest, "full") : ""
  document.body.classList.toggle("is-stale", old)
  $("stale").hidden = !old
  $("stale").textContent = lost ? t("lost") : old ? t("old", span(age)) : ""
}

async function start() {
  document.documentElement.lang = locale
  $("skip").textContent = t("skip")
  about = await get("/api/board")
  learn(about)
  learnPages(about.pages)
  const other = lang === "zh" ? "en" : "zh"
  const switcher = $("lang")
  switcher.textContent = other === "zh" ? "中文" : "English"
  switcher.lang = other
  const relink = () => { switcher.href = `?lang=${other}${location.hash}` }
  relink()
  heard = Date.now()
  draw()
  addEventListener("hashchange", () => { relink(); draw(); listen(); $("main").focus({ preventScroll: true }) })
  addEventListener("keydown", event => {
    const box = document.querySelector("input[type=search]")
    if (event.key === "/" && box && !event.target.closest("input")) { event.preventDefault(); box.focus() }
  })
  setInterval(fresh, 1000)
  listen()
}

start()
