/** How a report looks, on light screens and on dark ones. */

export const STYLE = `
:root { color-scheme: light dark; --page: #fff; --ink: #1f2328; --quiet: #59636e; --line: #d8dee4; }
@media (prefers-color-scheme: dark) {
  :root { --page: #14171b; --ink: #e6e9ed; --quiet: #9aa4af; --line: #30363d; }
}
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 24px; }
h1 { margin-bottom: 0; }
h2 { margin: 2em 0 0.5em; padding-bottom: 4px; border-bottom: 1px solid var(--line); }
.quiet, figcaption { color: var(--quiet); }
.grid { display: grid; gap: 24px; grid-template-columns: repeat(auto-fill, minmax(min(100%, 440px), 1fr)); }
.grid > svg { width: 100%; height: auto; color: inherit; }
svg .paper { fill: none; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums; }
th, td { padding: 3px 8px; text-align: right; white-space: nowrap; }
th { font-weight: 600; }
thead { border-bottom: 1px solid var(--line); }
th:first-child, .left td { text-align: left; }
.heat td { min-width: 2em; padding: 5px 6px; text-align: center; }
.heat td.share { padding-left: 16px; text-align: right; }
.tall thead th { vertical-align: bottom; }
.tall thead th > span { display: inline-block; writing-mode: vertical-rl; transform: rotate(180deg); }
.tall thead th:first-child > span, .tall thead th:last-child > span { writing-mode: initial; transform: none; }
.pictures { display: flex; flex-wrap: wrap; gap: 16px; }
figure { margin: 0; font-size: 13px; line-height: 1.35; }
.pictures figure { width: 112px; overflow-wrap: anywhere; }
.pictures img { display: block; width: 96px; height: 96px; margin-bottom: 4px; object-fit: contain; object-position: left; }
img { max-width: 100%; image-rendering: pixelated; }
pre { overflow-x: auto; font-size: 13px; line-height: 1.4; }
summary { cursor: pointer; }
`.trim();
