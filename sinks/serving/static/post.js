// Typing or scanning an event: the page makes the id when the form opens, so that sending twice is a duplicate.

import { h } from "./cards.js"
import { cure, say, show, t, word } from "./words.js"

const KEPT = ["site", "channel", "supplier"]
const verdicts = []

export function postPage(about, bodies) {
  let id = crypto.randomUUID()
  let form = about.forms.find(each => each.type === sessionStorage.getItem("form")) ?? about.forms[0]
  const stock = about.cards.find(card => card.name === "stock")
  const known = name => {
    const at = stock?.columns.findIndex(column => column.name === name) ?? -1
    return [...new Set((bodies.get("stock")?.rows ?? []).map(row => row[at]).filter(Boolean))]
  }
  const fields = h("div", { className: "fields" })
  const kinds = h("div", { className: "kinds", role: "group", "aria-label": t("post") })
  const send = h("button", { className: "go", "data-testid": "post.send" }, t("send"))
  const list = h("ol", { className: "verdicts", "aria-live": "polite" })
  const el = h("div", { className: "two" },
    h("section", { className: "card post" }, h("div", { className: "head" }, h("h2", {}, t("post")), h("p", {}, t("posthint"))), kinds,
      h("form", { autocomplete: "off", noValidate: true, on: { submit } }, fields, send)),
    h("section", { className: "card" }, h("div", { className: "head" }, h("h2", {}, t("verdicts"))), list))

  function draw(typed = {}) {
    kinds.replaceChildren(...about.forms.map(each => h("button", { type: "button", ariaPressed: String(each === form), "data-testid": `post.${each.type}`, on: { click: () => { form = each; sessionStorage.setItem("form", form.type); draw() } } }, say(each))))
    const entity = { name: "entity", zh: "企业", en: "Entity", required: true }
    fields.replaceChildren(...[...form.fields, entity].map(field => {
      const options = known(field.name)
      const kept = sessionStorage.getItem(`post.${field.name}`) ?? (field.name === "entity" || field.name === "site" ? options[0] : "") ?? ""
      return h("label", {}, h("span", {}, say(field), field.required ? h("em", { ariaHidden: "true" }, " *") : ""),
        h("input", { name: field.name, required: field.required, inputMode: field.number ? "decimal" : "text", value: typed[field.name] || kept, spellcheck: false, list: options.length ? `known-${field.name}` : null, "data-testid": `post.${field.name}`, on: { keydown: next } }),
        options.length ? h("datalist", { id: `known-${field.name}` }, ...options.map(value => h("option", { value }))) : "")
    }))
    if (!Object.keys(typed).length) requestAnimationFrame(() => fields.querySelector("input")?.focus())
  }
  /** Enter, which a scanner sends after the code, goes to the next required field that is empty, then posts. */
  function next(event) {
    if (event.key !== "Enter") return
    const open = [...fields.querySelectorAll("input")].find(input => input.required && !input.value.trim())
    if (open) { event.preventDefault(); open.focus() }
  }
  async function submit(event) {
    event.preventDefault()
    const values = Object.fromEntries([...fields.querySelectorAll("input")].map(input => [input.name, input.value.trim()]))
    for (const name of ["entity", ...KEPT]) if (name in values) sessionStorage.setItem(`post.${name}`, values[name])
    send.disabled = true
    send.textContent = t("sending")
    const answer = await fetch("/api/post", { method: "POST", headers: { "content-type": "application/json", "x-board-token": about.token }, body: JSON.stringify({ type: form.type, id, ...values }) })
      .then(reply => reply.json()).catch(error => ({ error: String(error) }))
    send.disabled = false
    send.textContent = t("send")
    verdicts.unshift({ ...answer, type: form.type, values, at: new Date().toISOString() })
    if (answer.status && answer.status !== "refused") {
      id = crypto.randomUUID()
      for (const input of fields.querySelectorAll("input")) if (![...KEPT, "entity"].includes(input.name)) input.value = ""
      fields.querySelector("input").focus()
    } else if (answer.status) id = crypto.randomUUID()
    tell()
  }
  function tell() {
    list.replaceChildren(...verdicts.slice(0, 12).map((each, i) => h("li", { className: each.status ?? "error", "data-testid": i === 0 ? "post.verdict" : null, "data-value": each.status ?? "error" },
      h("b", {}, each.status ? word(each.status) : t("failed")), " ",
      h("span", {}, `${word(each.type)} ${each.values.item} ${show(each.values.qty, "text")} · ${each.values.site}`),
      h("small", {}, [show(each.at, "time"), each.version ? t("version", each.version) : "", each.reason ? `${word(each.reason)}` : "", each.detail ?? "", each.reason && cure(each.reason) ? t("cure", cure(each.reason)) : "", each.error ?? ""].filter(Boolean).join(" · ")),
      each.status === "committed" ? h("a", { className: "lines", href: `#/event?${new URLSearchParams({ entity: each.event.entity, source: each.event.source, event_id: each.event.id })}` }, t("lines")) : null)))
    if (!verdicts.length) list.append(h("li", { className: "empty" }, t("noverdict")))
  }
  draw()
  tell()
  /** The stock has come: offer its items and sites, without touching what was typed. */
  function offer() {
    if (!fields.querySelector("datalist")) draw(Object.fromEntries([...fields.querySelectorAll("input")].map(input => [input.name, input.value])))
  }
  return { el, offer }
}
