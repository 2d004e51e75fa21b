"""What a chart says where a finger or a pointer is: the time, each sensor's figure, and what happened then."""

READ = """<script>
window.cooeeCharts ??= (() => {
  const NEAR = 12
  const line = (text, colour) => {
    const row = document.createElement("div")
    if (colour) row.append(Object.assign(document.createElement("i"), {style: `background:${colour}`}))
    row.append(text)
    return row
  }
  const read = event => {
    const axes = event.target.closest?.("[data-read]")
    for (const old of document.querySelectorAll(".cooee-reading")) if (old.parentElement !== axes) old.remove()
    if (!axes) return
    const {x, when, series, marks} = axes.cooeeRead ??= JSON.parse(axes.dataset.read)
    const box = axes.getBoundingClientRect(), at = 1000 * (event.clientX - box.left) / box.width
    const near = x.reduce((best, place, i) => Math.abs(place - at) < Math.abs(x[best] - at) ? i : best, 0)
    const happened = marks.filter(([left, right]) => left - NEAR <= at && at <= right + NEAR).map(mark => line(mark[2]))
    const figures = series.filter(each => each[2][near]).map(each => line(`${each[0]}: ${each[2][near]}`, each[1]))
    const place = figures.length ? x[near] : at
    axes.querySelector(".cooee-reading")?.remove()
    if (!figures.length && !happened.length) return
    const shown = Object.assign(document.createElement("div"), {
      className: "cooee-reading" + (place > 500 ? " cooee-before" : ""), style: `left:${place / 10}%`})
    const said = document.createElement("div")
    said.append(...(figures.length ? [line(when[near])] : []), ...figures, ...happened)
    shown.append(said)
    axes.append(shown)
  }
  document.addEventListener("pointermove", read)
  document.addEventListener("pointerdown", read)
  return true
})()</script>"""
