// Runs before Streamlit's own scripts. WORDS: {language: {English: translation}}, set by the line before this file.
// The language is that of <html lang>, which the frame of the pages sets; a change of it translates the page again.
;(() => {
  const root = document.documentElement
  // [calendar, numbers], which Streamlit takes from the browser. en-GB: the week begins on Monday. Browsers have no Uzbek
  // names of months ("M11") and no Uzbek numbers: the names are replaced below, the numbers are written as in Russian.
  const locales = { en: ["en-GB", "en-GB"], uz: ["en-GB", "ru-RU"], ru: ["ru-RU", "ru-RU"] }
  const locale = (use) => locales[root.lang]?.[use] || browser[use]
  const browser = [navigator.language, navigator.languages[0]]
  Object.defineProperty(Navigator.prototype, "language", { configurable: true, get: () => locale(0) })
  Object.defineProperty(Navigator.prototype, "languages", { configurable: true, get: () => [locale(1)] })
  // The theme that the user chose in this browser; Streamlit follows what it takes for the system's.
  const theme = localStorage.getItem("getsms-theme")
  const system = window.matchMedia.bind(window)
  if (theme === "light" || theme === "dark")
    window.matchMedia = (query) => {
      const [, scheme] = query.match(/prefers-color-scheme:\s*(light|dark)/) || []
      return system(scheme ? (scheme === theme ? "all" : "not all") : query)
    }
  // Otherwise a page below an address such as /campaign asks for two files there that do not exist.
  window.__streamlit = { BACKEND_BASE_URL: location.origin }

  const ATTRIBUTES = ["aria-label", "placeholder", "title", "aria-roledescription", "alt"]
  // Choices of users, such as the names of campaigns; "Select all" stands among them.
  const CHOICE =
    "[data-testid$=Dropdown] [role=option]:not([data-key=__select_all__], [data-key=__select_matches__]), [data-tag]"
  // Text of users: never translated. Charts name campaigns and columns, and a table has its cells in a canvas. A tooltip
  // of a toolbar is Markdown too, but Streamlit's own.
  const USERS = `[data-testid=stMarkdownContainer], [data-testid=stFileChipName], [data-testid=stText], [data-testid=stHtml],
    [data-testid=stDataFrameColumnVisibilityMenu] > * > :last-child, svg, canvas, textarea, input, code, pre, ${CHOICE}`
  const OWN = "[data-testid=stTooltipContent], [data-testid=stTooltipErrorContent], [data-testid=stFileUploaderDropzone]"
  const patterns = WORDS.patterns.map(([source, language, target]) => [new RegExp(`^${source}$`), language, target])
  const translated = new WeakMap() // a text node or an attribute → [what Streamlit wrote, what it was replaced with]

  const translate = (text, parent) => {
    const key = text.trim()
    if (!key) return text
    const table = parent?.closest("[class*=stDataFrame]") && WORDS.table[root.lang]
    const calendar = parent?.closest(CALENDAR) && WORDS.calendar[root.lang]
    const words = table?.[key] || calendar?.[key] || WORDS.exact[root.lang]?.[key]
    if (words) return text.replace(key, words)
    if (root.lang !== "en" && DAY.test(key)) return key.replace(DAY, day)
    if (calendar && MONTH.test(key)) return translatedMonth(key)
    const [, error, sentence] = key.match(ERROR) || []
    if (sentence) return `${error ? WORDS.exact[root.lang]?.["Error:"] ?? "Error:" : ":"} ${translate(sentence, parent)}`
    for (const [pattern, language, target] of patterns)
      if (language === root.lang && pattern.test(key)) return key.replace(pattern, target)
    return text
  }
  // "200MB" and "1.5KB" in the uploader; not in attributes, which hold the names of files
  const SIZE = /(\d+(?:\.\d+)?)(KB|MB|GB)\b/
  const size = (_, number, unit) =>
    (WORDS.sizes[root.lang]?.[unit] ?? `{n} ${unit}`)
      .replace("{n}", root.lang === "en" ? number : number.replace(".", ","))
      .replace(" ", "\u00a0")
  // "Monday, 26 October 2026 selected, First available date", the name of a day in the calendar
  const DAY = /(Today, )?([A-Z]\w+day), (\d+) ([A-Z]\w+) (\d{4})( selected)?(?:, ((?:First|Last) available date))?/
  const day = (_, today, weekday, number, month, year, selected, edge) => {
    const words = WORDS.exact[root.lang]
    const states = [selected && "selected", edge].filter(Boolean).map((word) => `, ${WORDS.calendar[root.lang][word]}`)
    return `${today ? `${words.Today}, ` : ""}${words[weekday] ?? weekday}, ${number} ${(words[month] ?? month).toLowerCase()} ${year}${states.join("")}`
  }
  // "November 2026", the month that a calendar shows and says, alone or behind "Choose date, "
  const MONTH = /^(?:(.+), )?([A-Z]\w+) (\d{4})$/
  const translatedMonth = (text) =>
    text.replace(MONTH, (_, button, name, year) => {
      const words = WORDS.exact[root.lang]
      return `${button ? `${words[button] ?? button}, ` : ""}${words[name] ?? name} ${year}`
    })
  const CALENDAR = "[role=dialog], [data-testid$=Calendar], [data-live-announcer]"
  // Streamlit writes "Error: Hours must be 0–23." for screen readers, and for others "Error" in bold before ": Hours …".
  const ERROR = /^(Error)?: (.+)$/
  // Over its columns the calendar has one letter a day, and two days have the same.
  const DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
  const weekday = (node) => {
    const cell = node.parentElement
    if (root.lang === "en" || cell.tagName !== "TH" || !cell.closest(CALENDAR)) return null
    if (root.lang === "uz") return WORDS.exact.uz[DAYS[cell.cellIndex]]?.slice(0, 2)
    const name = new Date(2024, 0, 1 + cell.cellIndex).toLocaleDateString("ru", { weekday: "short" }) // it began on Monday
    return name[0].toUpperCase() + name.slice(1)
  }
  const rewrite = (holder, name, value, parent, write) => {
    const before = holder[name]
    const source = before && before[1] === value ? before[0] : value
    const words = translate(source, parent)
    const target = name === "" && parent.closest("[data-testid=stFileUploader]") ? words.replace(SIZE, size) : words
    holder[name] = [source, target]
    if (target !== value) write(target)
  }
  // On "localhost" the dialog of a lost connection tells users to run `streamlit run yourscript.py`.
  const LOST = "Is Streamlit still running?"
  const memory = (node) => translated.get(node) || translated.set(node, {}).get(node)
  const text = (node) => {
    const parent = node.parentElement
    if (!parent || (parent.closest(USERS) && !parent.closest(OWN))) return
    if (node.nodeValue.startsWith(LOST)) parent.closest("[role=dialog]")?.querySelector("pre")?.setAttribute("hidden", "")
    const initial = weekday(node)
    if (initial) return initial !== node.nodeValue && (node.nodeValue = initial)
    rewrite(memory(node), "", node.nodeValue, parent, (value) => (node.nodeValue = value))
  }
  // Pictures of Streamlit have a caption, and no text for those who do not see them.
  const picture = (node) =>
    (node.alt = node.closest("[data-testid=stImage]")?.querySelector("[data-testid=stImageCaption]")?.textContent ?? "")
  const element = (node) => {
    if (node.tagName === "IMG" && !node.hasAttribute("alt")) picture(node)
    // Streamlit's toasts are in no live region: screen readers would not read one that appears.
    if (node.dataset?.testid === "stToastText") node.role = "alert"
    const names = ATTRIBUTES.filter((name) => node.hasAttribute(name)) // few elements have any, and `closest` is dear
    if (!names.length || (node.tagName !== "BUTTON" && node.closest(`canvas, ${CHOICE}`))) return
    for (const name of names) {
      const value = node.getAttribute(name)
      if (value) rewrite(memory(node), name, value, node, (words) => node.setAttribute(name, words))
    }
  }
  const visit = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return text(node)
    if (node.nodeType !== Node.ELEMENT_NODE || node.tagName === "SCRIPT" || node.tagName === "STYLE") return
    const walker = document.createTreeWalker(node, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT)
    for (let next = walker.currentNode; next; next = walker.nextNode())
      next.nodeType === Node.TEXT_NODE ? text(next) : element(next)
  }
  // A link of ours to another page opens it as the menu does, without loading all of Streamlit again: Streamlit follows
  // the browser's history. A link with another key or button opens a tab, as everywhere.
  addEventListener("click", (event) => {
    const link = event.target.closest?.("[data-testid=stHtml] a.in-app")
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return
    if (!document.querySelector("[data-test-connection-state=CONNECTED]")) return // the browser says what is wrong
    event.preventDefault()
    history.pushState({}, "", link.href)
    dispatchEvent(new PopStateEvent("popstate"))
  })
  const everything = () => document.body && visit(document.body)
  new MutationObserver((changes) => {
    for (const change of changes) {
      if (change.target.ownerSVGElement) continue // Plotly draws a chart with hundreds of changes
      if (change.type === "characterData") text(change.target)
      else if (change.type === "attributes") change.target === root ? everything() : element(change.target)
      else change.addedNodes.forEach(visit)
    }
  }).observe(root, {
    subtree: true,
    childList: true,
    characterData: true,
    attributes: true,
    attributeFilter: [...ATTRIBUTES, "lang"],
  })
})()
