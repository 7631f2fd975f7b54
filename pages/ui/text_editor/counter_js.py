"""The browser's side of the text editor (see counter.py)."""

HTML = """
<div class="editor">
  <div class="chips" role="group"></div>
  <div class="paper">
    <div class="marks" aria-hidden="true"></div>
    <textarea rows="4" spellcheck="false"></textarea>
  </div>
  <div class="figures" role="status" aria-live="polite">
    <div><b class="parts"></b><span class="parts-word"></span></div>
    <div><b class="characters"></b><span class="characters-word"></span></div>
    <div><b class="encoding"></b><span class="encoding-word"></span></div>
  </div>
  <div class="costs"></div>
  <div class="note"></div>
</div>
"""

CSS = """
.editor { font-family: var(--st-font); color: var(--st-text-color); display: grid; gap: 12px; }
.chips { display: flex; flex-wrap: wrap; gap: 6px; align-items: center; font-size: .875rem; }
.chips .lead { opacity: .75; margin-right: 4px; }
.chips button {
  font: inherit; color: var(--st-link-color); background: var(--st-secondary-background-color); cursor: pointer;
  border: 1px solid var(--st-border-color); border-radius: 999px; padding: 3px 11px; max-width: 100%;
  overflow: hidden; text-overflow: ellipsis; white-space: nowrap;
}
.chips button:hover { border-color: var(--st-primary-color); }
.chips button:focus-visible, textarea:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 1px; }
.paper {
  position: relative; background: var(--st-secondary-background-color);
  border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius);
}
.marks, textarea {
  font: 1.0625rem/1.65 var(--st-font); padding: 14px 16px; margin: 0; border: 0; box-sizing: border-box; width: 100%;
  white-space: pre-wrap; overflow-wrap: break-word; word-break: normal; letter-spacing: normal; tab-size: 4;
}
.marks { position: absolute; inset: 0; color: transparent; pointer-events: none; overflow: hidden; }
textarea {
  position: relative; display: block; resize: none; overflow: hidden; min-height: 7.5rem; background: transparent;
  color: inherit; border-radius: var(--st-base-radius);
}
textarea::placeholder { color: var(--st-text-color); opacity: .5; }
mark { color: transparent; border-radius: 3px; background: var(--st-orange-background-color);
  box-shadow: 0 0 0 1px var(--st-orange-background-color), inset 0 -4px 0 var(--st-orange-color); }
mark.run { background: none; box-shadow: inset 0 -3px 0 var(--st-orange-color); }
mark.field { background: var(--st-blue-background-color); box-shadow: none; }
mark.unknown { background: var(--st-red-background-color); box-shadow: inset 0 -3px 0 var(--st-red-color); }
.figures { display: flex; flex-wrap: wrap; gap: 8px 36px; }
.figures div { display: grid; }
.figures b { font-size: 1.9rem; line-height: 1.15; font-weight: 650; font-variant-numeric: tabular-nums; }
.figures span { font-size: .875rem; opacity: .75; }
.dear .encoding { color: var(--st-orange-text-color); }
.costs { display: flex; flex-wrap: wrap; gap: 6px; font-size: .875rem; }
.costs:empty { display: none; }
.costs span { border-radius: 999px; padding: 2px 10px; background: var(--st-orange-background-color); }
.costs b { margin-right: 6px; }
.note { font-size: .875rem; opacity: .85; min-height: 1.3em; }
"""

JS = r"""
const states = new WeakMap()
const BREAKS = /[ ]*[\t\n\v\f\r\x1c-\x1e\x1f\x85\u2028\u2029][\t\n\v\f\r\x1c-\x1e\x1f\x85\u2028\u2029 ]*/g
const CONTROL = /[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069]/g
const EDGES = /^[ \u00a0\u1680\u2007\u202f\u3000\ufeff]+|[ \u00a0\u1680\u2007\u202f\u3000\ufeff]+$/g

const SPACES = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/
const squeezed = (name) => name.split(SPACES).filter(Boolean).join(" ")
const keyOf = (name) => squeezed(name).toLowerCase().replace(/ß/g, "ss")

/* The column of a merge field, as column_for in getsms_core.messages.merge_fields: the exact name, else the only one
   in any case. */
function columnFor(field, columns) {
  const name = squeezed(field)
  const exact = columns.includes(name) ? [name] : columns.filter((column) => squeezed(column) === name)
  const alike = exact.length ? exact : columns.filter((column) => keyOf(column) === keyOf(name))
  return alike.length === 1 ? alike[0] : undefined
}
const BLANK = new RegExp("^[\\p{Z}\\p{Cc}\\p{Cf}\\ufe00-\\ufe0f\\u{e0100}-\\u{e01ef}" +
  "\\u034f\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180d\\u180f\\u2065\\u2800\\u3164\\uffa0]*$", "u")
const clean = (value) => value.replace(BREAKS, " ").replace(CONTROL, "").replace(EDGES, "").replace(BLANK, "")

/* The pieces of a text: {text} or {field, fallback}, each with where it stands; malformed braces stay text. */
function parse(text) {
  const pieces = []
  let at = 0, from = 0
  const brace = /\{\{|\}\}|\{[^{}]*\}/g
  for (const found of text.matchAll(brace)) {
    at = found.index
    if (at > from) pieces.push({ text: text.slice(from, at), start: from, end: at })
    from = at + found[0].length
    if (found[0] === "{{" || found[0] === "}}") pieces.push({ text: found[0][0], start: at, end: from })
    else {
      const inner = found[0].slice(1, -1)
      const bar = inner.indexOf("|")
      const name = bar < 0 ? inner : inner.slice(0, bar)
      pieces.push({ field: name, fallback: bar < 0 ? "" : clean(inner.slice(bar + 1)), start: at, end: from })
    }
  }
  if (from < text.length) pieces.push({ text: text.slice(from), start: from, end: text.length })
  return pieces
}

/* Encoding, units and parts, as getsms_core.messages.encoding.measure: a pair never straddles two parts. */
export function measure(text, data) {
  const basic = new Set(data.basic), extension = new Set(data.extension)
  const letters = Array.from(text)
  const wide = letters.some((c) => !basic.has(c) && !extension.has(c)) ? 1 : 0
  const widths = letters.map((c) => (wide ? c.length : extension.has(c) ? 2 : 1))
  const units = widths.reduce((sum, width) => sum + width, 0)
  let parts = 1, used = 0
  if (units > data.one[wide]) {
    for (const width of widths) {
      if (used + width > data.each[wide]) { parts += 1; used = 0 }
      used += width
    }
  } else used = units
  const room = units > data.one[wide] ? data.each[wide] : data.one[wide]
  return { wide, units, parts, left: room - used, characters: letters.length }
}

export default function (component) {
  const { data, parentElement, setStateValue } = component
  const find = (selector) => parentElement.querySelector(selector)
  const area = find("textarea"), marks = find(".marks"), chips = find(".chips")
  let state = states.get(parentElement)
  if (!state) { state = { version: null, timer: null, sent: null }; states.set(parentElement, state) }
  const names = [...new Set([...data.columns, ...Object.keys(data.sample)])]
  const number = new Intl.NumberFormat(data.language === "uz" ? "ru" : data.language)
  const basic = new Set(data.basic), extension = new Set(data.extension)
  const dear = (c) => !basic.has(c) && !extension.has(c)

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
    const valueOf = (p) => data.sample[columnFor(p.field, names)] || p.fallback
    const merged = pieces.map((p) => (p.field === undefined ? p.text : valueOf(p))).join("")
    const size = measure(merged, data)
    find(".editor").classList.toggle("dear", size.wide === 1)
    find(".parts").textContent = number.format(size.parts)
    find(".parts-word").textContent = data.words.parts
    find(".characters").textContent = number.format(size.characters)
    find(".characters-word").textContent =
      data.words.characters + " · " + data.words.left.replace("{n}", number.format(size.left))
    find(".encoding").textContent = data.names[size.wide]
    find(".encoding-word").textContent = data.words.encoding

    marks.replaceChildren()
    let own = false
    for (const piece of pieces) {
      const raw = area.value.slice(piece.start, piece.end)
      if (piece.field !== undefined) {
        const mark = document.createElement("mark")
        mark.className = columnFor(piece.field, names) === undefined ? "unknown" : "field"
        mark.textContent = raw
        own = own || Array.from(piece.fallback).some(dear)
        marks.append(mark)
        continue
      }
      /* Neighbours share a mark: of a Cyrillic word every letter is dear, and a ring around each hides the word. */
      for (const [run] of raw.matchAll(/\S+|\s+/g)) {
        for (let letters = Array.from(run), end = 0, start = 0; start < letters.length; start = end) {
          const expensive = dear(letters[start])
          while (end < letters.length && dear(letters[end]) === expensive) end += 1
          const piece = letters.slice(start, end).join("")
          if (!expensive) { marks.append(piece); continue }
          own = true
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
    const foreign = own ? [] : [...new Set(Array.from(merged).filter(dear))]
    const notes = []
    if (own) notes.push(data.words.dear)
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
"""
