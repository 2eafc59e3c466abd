// A tile's last figures as a small line. What a tile has shown since the page was opened is kept here, and only here:
// nothing is asked for it. Values are read as numbers only to draw.

const LAST = 60, W = 100, H = 20
const SVG = "http://www.w3.org/2000/svg"
const histories = new Map() // card/row/column -> its last figures, oldest first; they outlive a change of page

/** Remember `value` if it is another than the last; all that is known of `id`. */
function remember(id, value) {
  const known = histories.get(id) ?? []
  histories.set(id, known)
  if (value && known.at(-1) !== value) known.push(value)
  if (known.length > LAST) known.shift()
  return known
}

/** An empty line for a tile; `update(value)` adds a figure and draws. */
export function spark(id) {
  const el = document.createElementNS(SVG, "svg")
  const line = el.appendChild(document.createElementNS(SVG, "polyline"))
  for (const [name, value] of Object.entries({ class: "spark", viewBox: `0 0 ${W} ${H}`, preserveAspectRatio: "none", "aria-hidden": "true" })) el.setAttribute(name, value)
  function update(value) {
    const known = remember(id, value)
    const numbers = known.map(Number)
    const low = Math.min(...numbers), high = Math.max(...numbers)
    const y = number => high === low ? H / 2 : H - 2 - (number - low) / (high - low) * (H - 4)
    const step = W / Math.max(1, numbers.length - 1)
    line.setAttribute("points", numbers.length < 2 ? "" : numbers.map((number, i) => `${(i * step).toFixed(1)},${y(number).toFixed(1)}`).join(" "))
    el.dataset.points = known.length
    el.dataset.last = known.at(-1) ?? ""
  }
  return { el, update }
}
