"""What a chart says where a finger, a pointer or the arrow keys are: the time, each sensor's figure, and what happened
then. To a screen reader a chart is a slider over its time, which says the time; a live line below it says the rest.
"""

READ = """<script>
window.cooeeCharts ??= (() => {
  const NEAR = 12
  const STEPS = {ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10,
    Home: -Infinity, End: Infinity}
  const line = (text, colour) => {
    const row = document.createElement("div")
    if (colour) row.append(Object.assign(document.createElement("i"), {style: `background:${colour}`}))
    row.append(text)
    return row
  }
  const read_of = axes => axes.cooeeRead ??= JSON.parse(axes.dataset.read)
  const nearest = (places, at) =>
    places.reduce((best, place, i) => Math.abs(place - at) < Math.abs(places[best] - at) ? i : best, 0)
  const clear = () => document.querySelectorAll(".cooee-reading").forEach(old => old.remove())
  const show = (axes, at) => {
    const {x, when, series, marks} = read_of(axes), near = nearest(x, at)
    const happened = marks.filter(([left, right]) => left - NEAR <= at && at <= right + NEAR).map(mark => line(mark[2]))
    const figures = series.filter(each => each[2][near]).map(each => line(`${each[0]}: ${each[2][near]}`, each[1]))
    const place = figures.length ? x[near] : at
    clear()
    const lines = [...(figures.length ? [line(when[near])] : []), ...figures, ...happened]
    if (!lines.length) return lines
    const shown = Object.assign(document.createElement("div"), {
      className: "cooee-reading" + (place > 500 ? " cooee-before" : ""), style: `left:${place / 10}%`})
    const said = document.createElement("div")
    said.append(...lines)
    shown.append(said)
    axes.append(shown)
    return lines
  }
  const point = event => {
    const axes = event.target.closest?.("[data-read]")
    if (!axes) return clear()
    const box = axes.getBoundingClientRect()
    axes.cooeeAt = 1000 * (event.clientX - box.left) / box.width
    show(axes, axes.cooeeAt)
  }
  const step = (chart, by) => {
    const axes = chart.querySelector("[data-read]"), {x, marks} = read_of(axes)
    const places = [...new Set(x.length ? x : marks.map(([left, right]) => (left + right) / 2))].sort((a, b) => a - b)
    const stop = nearest(places, axes.cooeeAt ?? 1000) + by
    axes.cooeeAt = places[Math.min(Math.max(stop, 0), places.length - 1)]
    const [first, ...rest] = show(axes, axes.cooeeAt).map(row => row.textContent)
    chart.setAttribute("aria-valuenow", Math.round(axes.cooeeAt))
    chart.setAttribute("aria-valuetext", first ?? "")
    chart.nextElementSibling.textContent = rest.join("; ")
  }
  let held = null
  document.addEventListener("pointermove", point)
  document.addEventListener("pointerdown", point)
  document.addEventListener("keydown", event => {
    const chart = event.target.closest?.(".cooee-slider")
    if (chart && event.key === "Escape") clear()
    if (!chart || !(event.key in STEPS) || event.altKey || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    step(chart, STEPS[event.key])
  })
  document.addEventListener("focusin", event => {
    held = event.target.closest(".cooee-slider")
    if (held?.matches(":focus-visible")) step(held, 0)
  })
  document.addEventListener("focusout", event => setTimeout(() => {
    if (event.target === held && held.isConnected && !held.contains(document.activeElement)) { held = null; clear() }
  }))
  new MutationObserver(() => {  // the page was drawn anew under the reader's hands
    if (!held || held.isConnected) return
    const name = held.getAttribute("aria-label"), axes = held.querySelector("[data-read]")
    const again = [...document.querySelectorAll(".cooee-slider")].find(each => each.getAttribute("aria-label") === name)
    if (!again) return
    again.querySelector("[data-read]").cooeeAt = axes.cooeeAt
    again.focus({preventScroll: true})
  }).observe(document, {childList: true, subtree: true})
  return true
})()</script>"""
