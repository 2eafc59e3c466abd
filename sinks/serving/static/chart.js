// A small bar chart as SVG: the second column as bars, the third as the filled part of each bar. The first column is
// time; missing hours are gaps at zero. Values are read as numbers only to draw; the texts keep the exact strings.

import { h } from "./cards.js"
import { say, show } from "./words.js"

const W = 720, H = 190, LEFT = 2, BOTTOM = 22, TOP = 10, HOUR = 3600_000, SLOTS = 24
const svg = (tag, props, ...children) => {
  const el = document.createElementNS("http://www.w3.org/2000/svg", tag)
  for (const [name, value] of Object.entries(props)) el.setAttribute(name, value)
  el.append(...children)
  return el
}

export function chart(card, head, trouble) {
  const [time, whole, part] = card.columns
  const key = h("p", { className: "key" }, h("i", { className: "whole" }), say(whole), h("i", { className: "part" }), say(part))
  const tell = h("output", { className: "tell" }, "\u00a0")
  const plot = svg("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": say(card.title), preserveAspectRatio: "none" })
  const axis = h("div", { className: "axis", ariaHidden: "true" })
  const el = h("section", { className: "card chart", "data-testid": `card.${card.name}` }, head(card, key), tell, plot, axis)
  const step = (W - LEFT) / SLOTS

  function bars(rows) {
    const at = new Map(rows.map(row => [Date.parse(row[0]), row]))
    const last = Math.max(...at.keys())
    const slots = Array.from({ length: SLOTS }, (_, i) => at.get(last - (SLOTS - 1 - i) * HOUR) ?? [new Date(last - (SLOTS - 1 - i) * HOUR).toISOString(), "0", "0"])
    const top = Math.max(1e-9, ...slots.map(row => Number(row[1])))
    const y = value => Math.max(0, Number(value)) / top * (H - BOTTOM - TOP)
    const speak = row => `${show(row[0], "hour")} · ${say(whole)} ${show(row[1], whole.format)} · ${say(part)} ${show(row[2], part.format)}`
    plot.replaceChildren(
      ...[0, 0.5, 1].map(share => svg("line", { class: "grid", x1: 0, x2: W, y1: H - BOTTOM - share * (H - BOTTOM - TOP), y2: H - BOTTOM - share * (H - BOTTOM - TOP) })),
      ...slots.map((row, i) => {
        const [x, wide, tall, fill] = [LEFT + i * step + step * 0.14, step * 0.72, y(row[1]), Math.min(y(row[2]), y(row[1]))]
        const bar = svg("g", { class: i === SLOTS - 1 ? "bar now" : "bar" },
          svg("rect", { class: "hit", x: LEFT + i * step, y: 0, width: step, height: H }),
          svg("rect", { class: "whole", x, y: H - BOTTOM - tall, width: wide, height: tall, rx: 3 }),
          svg("rect", { class: "part", x, y: H - BOTTOM - fill, width: wide, height: fill, rx: 3 }))
        bar.addEventListener("pointerenter", () => { tell.textContent = speak(row) })
        return bar
      }))
    axis.replaceChildren(...slots.map((row, i) => h("span", {}, i % 4 === 3 ? show(row[0], "hour") : "")))
    tell.textContent = speak(slots[SLOTS - 1])
    tell.dataset.value = slots[SLOTS - 1][1]
  }
  return {
    el,
    update(answer) {
      if (trouble(el, answer)) return
      el.classList.toggle("is-empty", !answer.rows.length)
      if (answer.rows.length) bars(answer.rows)
      else tell.textContent = say(card.empty)
      plot.setAttribute("aria-description", `${say(time)}: ${answer.rows.length}`)
    },
  }
}
