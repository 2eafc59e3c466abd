// One view per kind of card: `mount(card)` gives { el, update(body) }. Rows are matched by the card's key, so that
// a cell that did not change is not touched and one that did is highlighted for a moment.

import { chart } from "./chart.js"
import { spark } from "./spark.js"
import { cure, lang, numeric, say, show, t } from "./words.js"

export function h(tag, props = {}, ...children) {
  const el = document.createElement(tag)
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue
    if (name === "on") for (const [event, act] of Object.entries(value)) el.addEventListener(event, act)
    else if (name in el && name !== "list") el[name] = value
    else el.setAttribute(name, value)
  }
  el.append(...children.filter(child => child !== null))
  return el
}

let pages = {}
export function learnPages(list) { pages = Object.fromEntries(list.map(page => [page.id, page])) }

const shown = card => card.columns.filter(column => !column.hidden)
const place = (card, name) => card.columns.findIndex(column => column.name === name)
const keyOf = (card, row, i) => (card.key.length ? card.key.map(name => row[place(card, name)]).join("|") : String(i))
const sign = value => (value?.startsWith("-") ? -1 : /[1-9]/.test(value ?? "") ? 1 : 0)
const alarmed = (column, value) => ({ positive: sign(value) > 0, negative: sign(value) < 0, nonzero: sign(value) !== 0 })[column.alarm] ?? false

/** The address a cell opens: a drill page takes its parameters from the row, another page a search text. */
function target(card, column, row, value) {
  const page = pages[column.opens]
  if (!page) return null
  const query = new URLSearchParams(page.params.map(name => [name, row[place(card, name)] ?? ""]))
  if (!page.params.length && card.kind === "table") query.set("search", value)
  return `#/${page.id}${query.size ? `?${query}` : ""}`
}

function flash(el) {
  el.classList.remove("flash")
  void el.offsetWidth
  el.classList.add("flash")
}

/** The name behind a code, where the card has the hidden columns <name>_zh and <name>_en. */
const named = (card, column, row) => row[place(card, `${column.name}_${lang}`)] || row[place(card, `${column.name}_${lang === "zh" ? "en" : "zh"}`)] || ""

/** Write one value into its element; tells by a highlight that it changed. */
function put(el, column, value, fresh, name = "") {
  if (el.dataset.value === (value ?? "") && (el.dataset.name ?? "") === name && !fresh) return
  if (!fresh) flash(el)
  el.dataset.value = value ?? ""
  if (name) el.dataset.name = name
  el.classList.toggle("alarm", alarmed(column, value))
  const box = el.querySelector("a, pre") ?? el
  if (name && name !== value) box.replaceChildren(name, h("small", { className: "code" }, ` ${value}`))
  else box.textContent = show(value, column.format)
  if (column.format === "time" && value) el.title = show(value, "full")
  if (column.format === "trust") el.dataset.trust = value ?? ""
  if (column.format === "words") el.title = `${value}  ${cure(value)}`
  if (column.format === "check") el.classList.toggle("good", value === "0")
}

function head(card, ...more) {
  return h("div", { className: "head" }, h("h2", {}, say(card.title)), card.about ? h("p", {}, say(card.about)) : null, ...more)
}

function trouble(el, body) {
  el.classList.toggle("failed", Boolean(body.error))
  let note = el.querySelector(".error")
  if (body.error) {
    note ??= el.appendChild(h("p", { className: "error", role: "alert" }))
    note.textContent = `${t("failed")}: ${body.error}`
  } else note?.remove()
  return Boolean(body.error)
}

function table(card, actions = {}) {
  const columns = shown(card)
  const cls = column => [numeric(column.format) ? "num" : "", column.minor ? "minor" : "", `f-${column.format}`].join(" ").trim()
  const body = h("tbody")
  const empty = h("p", { className: "empty" }, t("loading"))
  const foot = h("p", { className: "foot" })
  const search = actions.search && h("input", { type: "search", placeholder: t("search"), "aria-label": `${t("search")}: ${say(card.title)}`, value: actions.text ?? "", on: { input: event => actions.search(event.target.value) } })
  const grid = h("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": say(card.title) }, h("table", {},
    h("thead", {}, h("tr", {}, ...columns.map(column => h("th", { scope: "col", className: cls(column) }, say(column), column.unit ? h("small", {}, ` ${say(column.unit)}`) : "")))), body))
  const el = h("section", { className: "card table", "data-testid": `card.${card.name}` }, head(card, search || null), grid, empty, foot)
  const lines = new Map()
  let first = true
  function line(row, key) {
    const tr = h("tr", { "data-key": key })
    for (const column of columns) {
      const td = h("td", { className: cls(column), "data-testid": `${card.name}.${column.name}` })
      const href = column.opens && target(card, column, row, row[place(card, column.name)])
      if (href) { td.append(h("a", { href })); tr.classList.add("opens"); tr.addEventListener("click", event => { if (!event.target.closest("a") && !getSelection().toString()) location.hash = href }) }
      if (column.format === "raw") td.append(h("pre"))
      tr.append(td)
    }
    return tr
  }
  function update(answer) {
    if (trouble(el, answer)) return
    const seen = new Set()
    answer.rows.forEach((row, i) => {
      const key = keyOf(card, row, i)
      seen.add(key)
      const fresh = !lines.has(key)
      const tr = lines.get(key) ?? line(row, key)
      lines.set(key, tr)
      columns.forEach((column, n) => put(tr.children[n], column, row[place(card, column.name)], fresh, named(card, column, row)))
      if (body.children[i] !== tr) body.insertBefore(tr, body.children[i] ?? null)
      if (fresh && !first) flash(tr)
    })
    for (const [key, tr] of lines) if (!seen.has(key)) { tr.remove(); lines.delete(key) }
    first = false
    const total = answer.total ?? String(answer.rows.length)
    empty.textContent = say(card.empty)
    el.classList.toggle("is-empty", answer.rows.length === 0)
    foot.textContent = answer.rows.length === 0 ? "" : Number(total) > answer.rows.length && card.section !== "exceptions"
      ? t("first", show(String(answer.rows.length), "int"), show(total, "int")) : ""
  }
  return { el, update }
}

function tiles(card) {
  const el = h("div", { className: "tiles", "data-testid": `card.${card.name}` })
  const made = new Map()
  const sparks = new Map()
  const blank = shown(card).map(column => h("div", { className: "tile" }, h("span", { className: "label" }, say(column)), h("b", {}, "–"), h("small", {}, "\u00a0")))
  el.append(...blank)
  function update(answer) {
    if (trouble(el, answer)) return
    blank.forEach(tile => tile.remove())
    if (!answer.rows.length) { el.replaceChildren(...blank); made.clear() }
    answer.rows.forEach((row, i) => {
      const key = keyOf(card, row, i)
      for (const column of shown(card)) {
        const id = `${key}/${column.name}`
        const value = row[place(card, column.name)]
        const fresh = !made.has(id)
        if (fresh) {
          const href = column.opens && target(card, column, row, value)
          const label = answer.rows.length > 1 ? `${say(column)} · ${row[place(card, card.key[0])]}` : say(column)
          made.set(id, h(href ? "a" : "div", { className: "tile", href: href || null }, h("span", { className: "label" }, label),
            h("b", { "data-testid": `${card.name}.${column.name}`, "data-key": key }), h("small", {}, "\u00a0")))
          sparks.set(id, spark(`${card.name}/${id}`))
          sparks.get(id).el.dataset.testid = `${card.name}.${column.name}.spark`
          made.get(id).append(sparks.get(id).el)
          el.append(made.get(id))
        }
        const tile = made.get(id)
        put(tile.children[1], column, value, fresh)
        sparks.get(id).update(value)
        tile.children[1].style.setProperty("--n", tile.children[1].textContent.length)
        tile.classList.toggle("alarm", alarmed(column, value))
        const note = card.columns[place(card, column.note)]
        if (note) tile.children[2].textContent = t(note.format === "percent" ? "of" : "day", show(row[place(card, note.name)], note.format))
      }
    })
  }
  return { el, update }
}

function facts(card) {
  const list = h("dl")
  const el = h("section", { className: "card facts", "data-testid": `card.${card.name}` }, head(card), list)
  const made = {}
  for (const column of shown(card)) {
    made[column.name] = h("dd", { "data-testid": `${card.name}.${column.name}` })
    list.append(h("div", { className: column.format }, h("dt", {}, say(column)), made[column.name], h("small", { className: "sum" }, "\u00a0")))
  }
  function update(answer) {
    if (trouble(el, answer)) return
    const row = answer.rows[0] ?? []
    for (const column of shown(card)) put(made[column.name], column, row[place(card, column.name)], !("value" in made[column.name].dataset), named(card, column, row))
  }
  /** Compare a fact with the sum its movements come to. */
  function compare(name, value) {
    const same = made[name].dataset.value === (value ?? "0")
    const note = made[name].nextSibling
    note.className = `sum ${same ? "good" : "off"}`
    note.dataset.testid = `${card.name}.${name}.sum`
    note.textContent = same ? `✓ ${t("adds")}` : t("apart", show(value, card.columns[place(card, name)].format))
  }
  return { el, update, compare }
}

/** All exceptions in one strip of buttons; the chosen one shows its table below. */
export function exceptions(cards) {
  const panel = h("div", { id: "exception", className: "panel" })
  const strip = h("div", { className: "chips", role: "group", "aria-label": t("exceptions") })
  const views = {}
  let open = null
  let chosen = false
  function choose(name) {
    open = open === name ? null : name
    for (const [other, view] of Object.entries(views)) view.chip.setAttribute("aria-expanded", String(other === open))
    panel.replaceChildren(...(open ? [views[open].el] : []))
  }
  for (const card of cards) {
    const count = h("b", { "data-testid": `count.${card.name}` }, "–")
    const chip = h("button", { type: "button", className: `chip loading ${card.tone}`, "aria-expanded": "false", "aria-controls": "exception", on: { click: () => { chosen = true; choose(card.name) } } }, count, h("span", {}, say(card.title)))
    views[card.name] = { ...table(card), chip, count }
    strip.append(chip)
  }
  function update(name, body) {
    const view = views[name]
    view.update(body)
    const total = body.error ? null : body.total ?? String(body.rows.length)
    if (view.count.dataset.value !== undefined && view.count.dataset.value !== (total ?? "")) flash(view.chip)
    view.count.dataset.value = total ?? ""
    view.count.textContent = total === null ? "!" : total === "0" ? "✓" : show(total, "int")
    view.chip.classList.remove("loading")
    view.chip.classList.toggle("quiet", total === "0")
    if (!chosen && !open && total !== "0" && Object.values(views).every(each => each.count.dataset.value !== undefined)) {
      choose(Object.keys(views).find(each => views[each].count.dataset.value !== "0") ?? name)
    }
  }
  return { el: h("div", { className: "exceptions" }, strip, panel), update }
}

/** The view of one card. */
export function mount(card, actions) {
  if (card.kind === "tile") return tiles(card)
  if (card.kind === "chart") return chart(card, head, trouble)
  return card.kind === "card" ? facts(card) : table(card, actions)
}
