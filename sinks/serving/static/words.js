// Texts of the page itself and how values are written. Numbers arrive as exact decimal strings and stay so:
// Intl formats the string, no float in between.

const TEXTS = {
  live: ["实时", "Live"], stale: ["数据已旧", "Stale"], lost: ["连接中断,正在重连", "Connection lost, reconnecting"],
  none: ["等待数据", "Waiting for data"], loading: ["载入中…", "Loading…"], skip: ["跳到内容", "Skip to content"],
  old: ["账本已 {} 没有新消息,所见数字可能已经不对", "Nothing new for {}: what you see may no longer be true"],
  search: ["搜索", "Search"], exceptions: ["例外", "Exceptions"],
  first: ["显示前 {} 行,共 {} 行", "First {} of {} rows"], failed: ["查询失败", "Query failed"],
  back: ["返回", "Back"], raw: ["原始记录", "Record as received"], noraw: ["存档中没有该记录", "The archive has no such record"],
  bytes: ["{} 字节", "{} bytes"], adds: ["逐笔相加一致", "adds up"],
  apart: ["逐笔之和 {}", "lines sum to {}"],
  post: ["手工录入", "Post by hand"], entity: ["企业", "Entity"], send: ["录入", "Post"], sending: ["录入中…", "Posting…"],
  posthint: ["扫码或输入,回车到下一格;可信度记为手工录入", "Scan or type, Enter moves on; its trust is marked as typed by hand"],
  verdicts: ["结果", "Verdicts"], noverdict: ["还没有录入", "Nothing posted yet"], version: ["版本 {}", "version {}"],
  print: ["打印", "Print"], printed: ["打印于 {}", "Printed {}"], prepared: ["制表", "Prepared by"], checked: ["复核", "Checked by"],
  lines: ["看分录与原始记录", "its lines and its record"],
  second: ["{} 秒", "{} s"], minute: ["{} 分钟", "{} min"], hours: ["{} 小时", "{} h"],
  days: ["{} 天", "{} days"], of: ["毛利率 {}", "margin rate {}"], day: ["{}", "{}"], cure: ["处理:{}", "Cure: {}"],
}

const asked = new URLSearchParams(location.search).get("lang") ?? localStorage.getItem("lang")
export const lang = (asked ?? navigator.language).startsWith("zh") ? "zh" : "en"
localStorage.setItem("lang", lang)
export const locale = lang === "zh" ? "zh-CN" : "en-GB"

let words = {}
let tz = "UTC"
export function learn(about) { words = about.words; tz = about.tz }

/** A text of the page, with its gaps filled in order. */
export const t = (key, ...gaps) => gaps.reduce((text, gap) => text.replace("{}", gap), TEXTS[key][lang === "zh" ? 0 : 1])
/** A text that came with both languages. */
export const say = both => both?.[lang] ?? ""
/** What a code means, or the code itself. */
export const word = code => words[code] ? words[code][lang] : code
export const cure = code => words[code]?.[`cure_${lang}`] ?? ""

const digits = (min, max, more = {}) => new Intl.NumberFormat(locale, { minimumFractionDigits: min, maximumFractionDigits: max, ...more })
const NUMBER = { money: digits(2, 2), cost: digits(4, 4), qty: digits(0, 6), signed: digits(0, 6, { signDisplay: "exceptZero" }), signed_money: digits(2, 2, { signDisplay: "exceptZero" }), int: digits(0, 0), percent: digits(1, 1, { style: "percent" }), rate: digits(0, 1) }
const stamp = options => new Intl.DateTimeFormat(locale, { hourCycle: "h23", ...options })
const zoned = {}
function clock(kind) {
  return zoned[kind] ??= stamp({ timeZone: tz, ...(kind === "day" ? { month: "short", day: "numeric" }
    : kind === "today" ? { hour: "2-digit", minute: "2-digit", second: "2-digit" } : kind === "date" ? { year: "numeric", month: "2-digit", day: "2-digit" } : kind === "hour" ? { hour: "2-digit", minute: "2-digit" } : kind === "full" ? { dateStyle: "medium", timeStyle: "long" }
      : { month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" }) })
}

export const numeric = format => format in NUMBER || format === "check"
/** A value as people read it. */
export function show(value, format) {
  if (value === null || value === undefined || value === "") return numeric(format) ? "–" : ""
  if (format in NUMBER) return NUMBER[format].format(value).replace("-", "\u2212")
  if (format === "time") {
    const at = new Date(value)
    return clock(clock("date").format(at) === clock("date").format(new Date()) ? "today" : "time").format(at).replace(",", "")
  }
  if (format === "hour" || format === "full") return clock(format).format(new Date(value)).replace(",", "")
  if (format === "day") return new Intl.DateTimeFormat(locale, { timeZone: "UTC", month: "short", day: "numeric" }).format(new Date(value))
  if (format === "place") return place(value)
  if (format === "check") return value === "0" ? "✓" : `✗ ${NUMBER.int.format(value)}`
  if (format === "word" || format === "trust" || format === "words") return word(value)
  return Array.isArray(value) ? value.join(", ") : String(value)
}

function place(name) {
  if (!name.startsWith("@")) return name
  const parts = name.split("/")
  for (let n = parts.length; n > 0; n--) {
    const head = parts.slice(0, n).join("/")
    if (words[head]) return [word(head), ...parts.slice(n)].join(" ")
  }
  return name
}

/** A length of time in words: 3 s, 5 min. */
export function span(ms) {
  const s = Math.max(0, Math.round(ms / 1000))
  return s < 90 ? t("second", s) : s < 5400 ? t("minute", Math.round(s / 60)) : s < 172800 ? t("hours", Math.round(s / 3600)) : t("days", Math.round(s / 86400))
}
