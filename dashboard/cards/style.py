"""How the page looks, light and dark. Every state has a colour, a sign and a word: the signs are here, as masks."""

from urllib.parse import quote

from cloud.advice.levels import LEVELS, Level

MAP_WIDTHS = (7.5, 18.0, 20.7, 22.6, 25.0, 44.0)
"""Of the farm's map, from each of which on its words are laid out anew, rem: those of phones of 320, 360, 390 and
430 px among them."""
_STROKE = "fill='none' stroke='#000' stroke-width='2'"
_SIGNS: dict[Level, str] = {
    "fine": f"<path d='M2.5 8.5l4 4L13.5 4' {_STROKE}/>",
    "in_hand": f"<circle cx='8' cy='8' r='6.5' {_STROKE}/><path d='M8 4v4l3 2' {_STROKE}/>",
    "needs_you": f"<path d='M8 1.5L15 14H1z' {_STROKE}/><path d='M8 6v4M8 11v1.8' {_STROKE}/>",
    "urgent": "<path fill-rule='evenodd' d='M5 0h6l5 5v6l-5 5H5l-5-5V5zM7 3v6h2V3zM7 11v2h2v-2z'/>",
    "no_word": f"<path d='M2 2l12 12M1.5 6A9 9 0 0 1 4 4.3M8 3a9 9 0 0 1 6.5 3M4.5 9A5 5 0 0 1 6 8M8 11.5v2' "
    f"{_STROKE}/>",
}


def _mask(shape: str) -> str:
    return (
        'url("data:image/svg+xml,'
        + quote(f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'>{shape}</svg>")
        + '")'
    )


_CSS = """
:root { --quiet: #4d5560; --rule: #d5d9de; --water: #2a78c8; --banner: #e8f0fa; --banner-text: #173a63;
  --accent: #1b7a3a; --fine-ink: var(--fine); --urgent-ink: var(--urgent); }
@media (prefers-color-scheme: dark) {
  :root { --quiet: #b3bac4; --rule: #3a404a; --water: #5fa8f0; --banner: #14304f; --banner-text: #d8e8fb;
  --accent: #49b96d; --fine-ink: #5cc98a; --urgent-ink: #ff8a80; } }
.stMainBlockContainer { padding-top: 1rem !important; padding-bottom: 3rem !important; max-width: 1240px; }
.stApp :focus-visible { outline: 3px solid var(--water) !important; outline-offset: 2px; }
.stApp h1 { font-size: 2rem; padding: .2rem 0; overflow-wrap: anywhere; }
.cooee-pages { display: flex; gap: .2rem; }
.stApp .cooee-pages a { display: inline-flex; align-items: center; min-height: 44px; padding: 0 .7rem;
  border-radius: .5rem;
  color: inherit; text-decoration: none; }
.stApp .cooee-pages a[aria-current] { font-weight: 700; box-shadow: inset 0 -3px var(--accent); border-radius: 0; }
.stApp .cooee-pages a:hover { background: var(--banner); color: var(--banner-text); }
:is(.st-key-cards, .cooee-cards) { display: grid !important; gap: .6rem; align-items: start;
  grid-template-columns: repeat(auto-fill, minmax(22rem, 1fr)); }
:is(.st-key-cards, .cooee-cards) > * { min-width: 0; }
[class*="st-key-card-"], .cooee-card { border-left: 8px solid var(--no_word) !important; }
:is(.st-key-cards, .cooee-cards) p { overflow-wrap: anywhere; }
:is(.st-key-cards, .cooee-cards) a { color: inherit; text-decoration: underline; }
.st-key-cards [role=radio] { padding-inline: .6rem; }
.st-key-cards a p { white-space: normal; }
.st-key-cards a, .stApp button, .stApp summary, .stApp input:not([type=radio], [type=checkbox]),
.stApp [data-baseweb=select] > div { min-height: 44px; }
.stApp .cooee-lines a { display: flex; align-items: center; gap: .1rem .7rem; flex-wrap: wrap; min-height: 44px;
  padding: .2rem 0 .2rem .8rem; border-left: 8px solid var(--fine); border-bottom: 1px solid var(--rule);
  color: inherit; text-decoration: none; font-variant-numeric: tabular-nums; }
.stApp .cooee-lines a:hover { background: var(--banner); color: var(--banner-text); }
.cooee-lines b { font-weight: 400; text-decoration: underline; overflow-wrap: anywhere; min-width: 0; }
.cooee-lines a > span:last-child { margin-left: auto; }
.cooee-pill { display: inline-flex; align-items: center; gap: .4em; padding: .15em .7em; border-radius: 1em;
  color: #fff;  font-weight: 600; font-size: .95rem; white-space: nowrap; }
.cooee-pill::before, .cooee-sign { content: ""; width: 1em; height: 1em; flex: none; background: currentColor;
  mask: var(--sign) center / contain no-repeat; }
.cooee-head { display: flex; justify-content: space-between; align-items: center; gap: .5rem; flex-wrap: wrap; }
.cooee-head h2 { font-size: 1.35rem; padding: 0; margin: 0; overflow-wrap: anywhere; }
.cooee-quiet { color: var(--quiet); font-size: .9rem; margin: .15rem 0; }
.cooee-sensors .cooee-pill { font-size: .8rem; padding: .05em .6em; }
.cooee-tasks h2 { font-size: 1.05rem; padding: 0; margin: .7rem 0 .2rem; }
.cooee-tasks ul { list-style: none; margin: 0; padding: 0; }
.cooee-tasks li { display: flex; gap: .6rem; align-items: baseline; margin: 0; padding: .25rem 0; font-size: 1rem;
  overflow-wrap: anywhere; }
.cooee-sign { width: .95rem; height: .95rem; position: relative; top: .1rem; }
.cooee-trouble { border-top: 1px solid var(--rule); padding-top: .7rem; }
.cooee-trouble h3 { font-size: 1.1rem; line-height: 1.35; padding: 0; margin: 0 0 .3rem; overflow-wrap: anywhere; }
.cooee-trouble.judged h3 { font-weight: 400; }
.cooee-trouble p { margin: .25rem 0; }
.cooee-steps { margin: .3rem 0 .3rem 1.2rem; padding: 0; } .cooee-steps li { margin: .15rem 0; font-size: 1rem; }
.cooee-bar { display: block; position: relative; height: .8rem; border-radius: .4rem; background: var(--rule);
  margin: .3rem 0 .2rem; overflow: hidden; }
.cooee-bar > i { position: absolute; inset: 0 auto 0 0; background: var(--water); }
.cooee-bar > b { position: absolute; top: 0; bottom: 0; width: 3px; background: var(--urgent); }
.cooee-map { container: map / inline-size; width: 100%; border: 1px solid var(--rule);
  border-radius: .5rem; overflow: hidden; }
.cooee-map > div { position: relative; }
.stApp .cooee-plot { position: absolute; min-width: 2.75rem; min-height: 2.75rem;
  container: plot / size; pointer-events: none; color: inherit; text-decoration: none; }
.cooee-plot img, .cooee-plots, .cooee-plot-area { position: absolute; inset: 0; width: 100%; height: 100%;
  max-width: none; }
.cooee-plot-area, .cooee-plot > i { pointer-events: auto; }
.cooee-plot:is(:hover, :focus-visible) .cooee-plot-area {
  background: color-mix(in srgb, currentColor 12%, transparent); }
.cooee-plot > i { position: absolute; width: 1.3rem; height: 1.3rem; margin: -.65rem; border-radius: 50%;
  display: grid; place-items: center; color: #fff; z-index: 1; }
.cooee-plot > i.fine { z-index: 0; }
.cooee-plot > i .cooee-sign { width: .75rem; height: .75rem; top: 0; }
.cooee-plot-words { position: absolute; max-width: 12rem; max-height: 6.5rem; container: words / size;
  overflow: hidden; font-size: .95rem; line-height: 1.15; pointer-events: none; }
.cooee-plot-words > span { display: flex; flex-direction: column; align-items: flex-start; gap: .2rem; height: 100%; }
.cooee-plot-words b { pointer-events: auto; }
.cooee-plot-state { display: flex; align-items: center; gap: .2rem; }
.cooee-plot-state small { font-weight: 600; }
.cooee-plot-words .cooee-pill { font-size: .85rem; padding: .05em .6em; }
.cooee-plot-words .cooee-bar { width: 76%; max-width: 9rem; margin: 0; flex: none; }
@container plot (width < 11rem) or (height < 9rem) {
  .cooee-plot-words { font-size: .8rem; }
  .cooee-plot > i { width: .8rem; height: .8rem; margin: -.4rem; }
  .cooee-plot > i .cooee-sign { width: .55rem; height: .55rem; } }
@container words (width < 7rem) or (height < 4rem) {
  .cooee-plot-words .cooee-pill { font-size: 0; padding: .15rem; gap: 0; border-radius: 50%; }
  .cooee-plot-words .cooee-pill::before { font-size: .75rem; }
  .cooee-plot-words b { max-width: 100%; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; } }
@container words (height < 3.2rem) { .cooee-plot-words .cooee-bar { display: none; } }
@container words (height < 2.2rem) {
  .cooee-plot-words > span { flex-direction: row-reverse; justify-content: flex-end; align-items: center; }
  .cooee-plot-words b { min-width: 0; } }
@container words (height < 2.2rem) and (width < 4rem) { .cooee-plot-words .cooee-plot-state small { display: none; } }
@container words (height < 1rem) { .cooee-plot-words > span { display: none; } }
.cooee-scale { display: flex; align-items: center; gap: .4rem; }
.cooee-scale i { border: 1px solid currentColor; border-top: 0; height: .35rem; }
.cooee-legend { display: flex; flex-wrap: wrap; gap: .2rem .5rem; }
.cooee-legend .cooee-pill { font-size: .8rem; padding: .05em .6em; }
.cooee-charts { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1.4rem; }
.cooee-chart { container-type: inline-size; } .cooee-chart h3 { font-size: 1.2rem; padding: 0; margin: 0; }
.cooee-chart .cooee-unit { margin: 0; }
.cooee-axes { position: relative; height: 20rem; margin: 1.6rem 1.4rem 2.3rem 3rem; touch-action: pan-y; }
.cooee-strip .cooee-axes { height: auto; margin-top: .3rem; }
.cooee-axes small { font-size: .8rem; line-height: 1.2; color: var(--quiet); white-space: nowrap; }
.cooee-axes > img { position: absolute; inset: 0; width: 100%; height: 100%; max-width: none; }
.cooee-x, .cooee-y, .cooee-target, .cooee-called, .cooee-given, .cooee-reading { position: absolute; }
.cooee-x { top: 0; bottom: 0; border-left: 1px solid var(--rule); }
.cooee-x small { position: absolute; top: calc(100% + .65rem); transform: translateX(-50%); }
.cooee-y { left: 0; right: 0; border-top: 1px solid var(--rule); }
.cooee-y small { position: absolute; right: calc(100% + .4rem); transform: translateY(-50%); }
.cooee-target, .cooee-called { line-height: 1.2; }
.cooee-target { left: .3rem; transform: translateY(-100%); font-size: .8rem; color: var(--fine-ink); }
.cooee-called { bottom: calc(100% + .1rem); font-size: .85rem; color: var(--urgent-ink); white-space: nowrap; }
.cooee-given { top: 0; margin-left: -.4rem; border: .4rem solid transparent; border-top: .7rem solid var(--water); }
.cooee-happened { position: relative; padding: .1rem 0 .2rem; }
.cooee-happened div { position: relative; height: .8rem; }
.cooee-happened i { position: absolute; top: 0; height: .8rem; min-width: .8rem; border-radius: .4rem;
  transform: translateX(-.4rem); }
.cooee-reading { top: 0; bottom: 0; z-index: 1; border-left: 1px solid currentColor; pointer-events: none; }
.cooee-reading > div { position: absolute; left: .4rem; top: .4rem; width: max-content; max-width: 15rem;
  padding: .3rem .6rem; border-radius: .4rem; font-size: .85rem; background: var(--banner); color: var(--banner-text);
  font-variant-numeric: tabular-nums; }
.cooee-heard { position: absolute; width: 1px; height: 1px; margin: 0; overflow: hidden; clip-path: inset(50%); }
.cooee-reading.cooee-before > div { left: auto; right: .4rem; }
.cooee-reading i, .cooee-lines-of i { display: inline-block; width: .9rem; height: .25rem; margin-right: .4rem;
  vertical-align: middle; }
.cooee-lines-of { list-style: none; display: flex; flex-wrap: wrap; gap: .1rem 1.2rem; margin: 0; padding: 0;
  font-size: .9rem; } .cooee-lines-of li { margin: 0; font-size: .9rem; }
@container (width < 34rem) { .cooee-x:nth-of-type(even) small { display: none; } }
.cooee-banner { background: var(--banner); color: var(--banner-text); border-radius: .5rem; padding: .5rem .9rem; }
.cooee-sum { font-size: 1.05rem; margin: 0; overflow-wrap: anywhere; }
table.cooee { width: 100%; border-collapse: collapse; overflow-wrap: break-word; }
table.cooee bdi, table.cooee strong { overflow-wrap: anywhere; }
table.cooee td:first-child { min-width: 7.5rem; }
table.cooee th, table.cooee td { text-align: left; padding: .45rem .6rem .45rem 0;
  border-bottom: 1px solid var(--rule); vertical-align: top; }
table.cooee th { font-weight: 600; color: var(--quiet); }
@media (max-width: 900px) { :is(.st-key-cards, .cooee-cards) { grid-template-columns: minmax(0, 1fr); } }
@media (max-width: 640px) { table.cooee thead { position: absolute; left: -9999px; }
  table.cooee tr { display: block; padding: .6rem 0;
  border-bottom: 1px solid var(--rule); } table.cooee td { display: block; border: 0; padding: .1rem 0; }
  table.cooee td { overflow-wrap: anywhere; } table.cooee td:empty { display: none; }
  .cooee-pages a { padding: 0 .45rem !important; }
  table.cooee td:not([data-label=""])::before { content: attr(data-label) ": "; color: var(--quiet); }
  .stMainBlockContainer { padding-left: .8rem !important; padding-right: .8rem !important; } }
@media print {
  .cooee-pages, .cooee-banner, .st-key-reader, .stApp:has(.st-key-records) :is(h1, [class*="st-key-card-"]),
  .st-key-chooser, .st-key-write, .st-key-charts, .st-key-change { display: none !important; }
  table.cooee { color: #000; } table.cooee tr { break-inside: avoid; } }
"""


def _look(level: Level) -> str:
    """A level's colour and sign, for its pills and for the edge of its cards."""
    return (
        f":root {{ --{level}: {LEVELS[level].colour}; }}\n"
        f'[class*="-card-{level}-"] {{ border-left-color: var(--{level}) !important; }}\n'
        f".cooee-pill.{level}, .cooee-sign.{level} {{ --sign: {_mask(_SIGNS[level])}; }}\n"
        f".cooee-pill.{level}, .cooee-plot > i.{level} {{ background: var(--{level}); }}"
    )


def _map_words(index: int) -> str:
    """Where a block's words stand on a map of that width or wider; one sign with a count may stand for its sensors."""
    return (
        f"@container map (width >= {MAP_WIDTHS[index]}rem) {{ .cooee-plot-words {{ inset: var(--words{index}); }}\n"
        f".cooee-plot > i {{ display: var(--dots{index}, grid); }}\n"
        f".cooee-plot-state small {{ display: var(--count{index}, none); }} }}"
    )


STYLE = "<style>" + "\n".join([_CSS, *map(_look, LEVELS), *map(_map_words, range(len(MAP_WIDTHS)))]) + "</style>"


def icon(level: Level) -> str:
    """The page's own icon, in a state's colour."""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">'
        f'<circle cx="8" cy="8" r="8" fill="{LEVELS[level].colour}"/>'
        '<path d="M4 9h2l3 3V4L6 7H4zM11 6a3 3 0 0 1 0 4" fill="none" stroke="#fff" stroke-width="1.4"/></svg>'
    )
