const states = new WeakMap()
const BREAKS = /[ ]*[\t\n\v\f\r\x1c-\x1e\x1f\x85\u2028\u2029][\t\n\v\f\r\x1c-\x1e\x1f\x85\u2028\u2029 ]*/g
const CONTROL = /[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069]/g
const EDGES = /^[ \u00a0\u1680\u2007\u202f\u3000\ufeff]+|[ \u00a0\u1680\u2007\u202f\u3000\ufeff]+$/g

const SPACES = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/
const squeezed = (name) => name.split(SPACES).filter(Boolean).join(" ")
const keyOf = (name) =>
  squeezed(name.normalize("NFC").replace(/\p{Cf}/gu, "")).replace(/[ʻʼ’‘`´]/g, "'").toLowerCase().replace(/ß/g, "ss")

/* The column of a merge field, as column_for in getsms_core.messages.merge_fields: the exact name, else the only one
   in any case, with any apostrophe and however its letters are composed. The names are prepared once: comparing each
   field with each of 200 columns takes 0.1 s at every key. */
function columnFinder(columns) {
  const bySqueezed = new Map(), byKey = new Map()
  const add = (map, name, column) => map.set(name, [...(map.get(name) || []), column])
  for (const column of columns) { add(bySqueezed, squeezed(column), column); add(byKey, keyOf(column), column) }
  return (field) => {
    const name = squeezed(field)
    const alike = columns.includes(name) ? [name] : bySqueezed.get(name) || byKey.get(keyOf(name)) || []
    return alike.length === 1 ? alike[0] : undefined
  }
}
const BLANK = new RegExp("^[\\p{Z}\\p{Cc}\\p{Cf}\\ufe00-\\ufe0f\\u{e0100}-\\u{e01ef}" +
  "\\u034f\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180d\\u180f\\u2065\\u2800\\u3164\\uffa0]*$", "u")
const composed = (text) => /[\u0300-\u036f]/.test(text) ? text.normalize("NFC") : text
const clean = (value) =>
  composed(value.replace(BREAKS, " ").replace(CONTROL, "").replace(EDGES, "")).replace(BLANK, "")

/* The pieces of a text: {text} or {field, fallback}, each with its start and end; malformed braces stay text. */
function parse(text) {
  const pieces = []
  let at = 0, from = 0
  const brace = /\{\{|\}\}|\{[^{}]*\}/g
  for (const match of text.matchAll(brace)) {
    at = match.index
    if (at > from) pieces.push({ text: text.slice(from, at), start: from, end: at })
    from = at + match[0].length
    if (match[0] === "{{" || match[0] === "}}") pieces.push({ text: match[0][0], start: at, end: from })
    else {
      const inner = match[0].slice(1, -1)
      const bar = inner.indexOf("|")
      const name = bar < 0 ? inner : inner.slice(0, bar)
      pieces.push({ field: name, fallback: bar < 0 ? "" : clean(inner.slice(bar + 1)), start: at, end: from })
    }
  }
  if (from < text.length) pieces.push({ text: text.slice(from), start: from, end: text.length })
  return pieces
}

/* Encoding, units and parts, as getsms_core.messages.encoding.measure: a character pair is never split between two parts. */
export function measure(text, data) {
  const basic = new Set(data.basic), extension = new Set(data.extension)
  const letters = Array.from(text)
  const wide = letters.some((c) => !basic.has(c) && !extension.has(c)) ? 1 : 0
  const widths = letters.map((c) => (wide ? c.length : extension.has(c) ? 2 : 1))
  const units = widths.reduce((sum, width) => sum + width, 0)
  let parts = 1, used = 0
  if (units > data.singleUnits[wide]) {
    for (const width of widths) {
      if (used + width > data.partUnits[wide]) { parts += 1; used = 0 }
      used += width
    }
  } else used = units
  const room = units > data.singleUnits[wide] ? data.partUnits[wide] : data.singleUnits[wide]
  return { wide, units, parts, left: room - used, characters: letters.length }
}

export default function (component) {
  const { data, parentElement, setStateValue } = component
  const find = (selector) => parentElement.querySelector(selector)
  const area = find("textarea"), marks = find(".marks"), chips = find(".chips")
  let state = states.get(parentElement)
  if (!state) { state = { version: null, timer: null, sent: null }; states.set(parentElement, state) }
  const columnFor = columnFinder([...new Set([...data.columns, ...Object.keys(data.sample)])])
  const number = new Intl.NumberFormat(data.language === "uz" ? "ru" : data.language)
  const basic = new Set(data.basic), extension = new Set(data.extension)
  const isExpensive = (c) => !basic.has(c) && !extension.has(c)

  if (state.version !== data.version) {
    state.version = data.version
    area.value = data.text
    state.sent = data.text
  }
  area.placeholder = data.words.placeholder
  area.setAttribute("aria-label", data.words.label)

  chips.replaceChildren()
  if (data.columns.length) {
    const lead = document.createElement("span")
    lead.className = "lead"
    lead.textContent = data.words.insert
    chips.append(lead)
  }
  for (const name of data.columns) {
    const chip = document.createElement("button")
    chip.type = "button"
    chip.textContent = name
    chip.onmousedown = (event) => event.preventDefault()
    chip.onclick = () => {
      area.focus()
      area.setRangeText("{" + name + "}", area.selectionStart, area.selectionEnd, "end")
      show(); send(0)
    }
    chips.append(chip)
  }

  function show() {
    const pieces = parse(area.value)
    const valueOf = (p) => data.sample[columnFor(p.field)] || p.fallback
    const merged = pieces.map((p) => (p.field === undefined ? p.text : valueOf(p))).join("")
    const size = measure(merged, data)
    find(".editor").classList.toggle("unicode", size.wide === 1)
    find(".parts").textContent = number.format(size.parts)
    find(".parts-word").textContent = data.words.parts
    find(".characters").textContent = number.format(size.characters)
    find(".characters-word").textContent =
      data.words.characters + " · " + data.words.left.replace("{n}", number.format(size.left))
    find(".encoding").textContent = data.names[size.wide]
    find(".encoding-word").textContent = data.words.encoding

    marks.replaceChildren()
    let textIsExpensive = false
    for (const piece of pieces) {
      const raw = area.value.slice(piece.start, piece.end)
      if (piece.field !== undefined) {
        const mark = document.createElement("mark")
        mark.className = columnFor(piece.field) === undefined ? "unknown" : "field"
        mark.textContent = raw
        textIsExpensive = textIsExpensive || Array.from(piece.fallback).some(isExpensive)
        marks.append(mark)
        continue
      }
      /* Neighbours share a mark: of a Cyrillic word every letter is expensive, and a ring around each letter would hide the word. */
      for (const [run] of raw.matchAll(/\S+|\s+/g)) {
        for (let letters = Array.from(run), end = 0, start = 0; start < letters.length; start = end) {
          const expensive = isExpensive(letters[start])
          while (end < letters.length && isExpensive(letters[end]) === expensive) end += 1
          const piece = letters.slice(start, end).join("")
          if (!expensive) { marks.append(piece); continue }
          textIsExpensive = true
          const mark = document.createElement("mark")
          if (end - start > 1) mark.className = "run"
          mark.textContent = piece
          marks.append(mark)
        }
      }
    }
    marks.append("\u200b")
    const priced = Object.entries(data.costs).filter(([c]) => area.value.includes(c))
    find(".costs").replaceChildren(...priced.map(([c, cost]) => {
      const chip = document.createElement("span"), letter = document.createElement("b")
      letter.textContent = c.trim() || "\u2423"
      chip.append(letter, cost)
      return chip
    }))
    const foreign = textIsExpensive ? [] : [...new Set(Array.from(merged).filter(isExpensive))]
    const notes = []
    if (textIsExpensive) notes.push(data.words.expensive)
    else if (foreign.length) notes.push(data.words.value.replace("{characters}", foreign.join(" ")))
    if (data.words.sample) notes.push(data.words.sample)
    find(".note").textContent = notes.join(" ")
    area.style.height = "auto"
    area.style.height = area.scrollHeight + "px"
  }

  function send(wait) {
    clearTimeout(state.timer)
    state.timer = setTimeout(() => {
      if (area.value === state.sent) return
      state.sent = area.value
      setStateValue("text", state.version + "\n" + area.value)
    }, wait)
  }

  area.oninput = () => { show(); send(700) }
  area.onblur = () => send(0)
  show()
  return () => clearTimeout(state.timer)
}
