/** How the page looks: system fonts, one accent for Sluice, light and dark, and any width. */
export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --paper: #fbfbf9; --card: #ffffff; --ink: #1b1f24; --soft: #5d6673; --line: #e3e5e1; --track: #eef0ec;
  --sluice: #0b7a75; --nginx: #5b6b8c; --h2o: #8a5aa8; --lighttpd: #b0731a; --caddy: #3f8f3f; --floor: #a7adb5;
  --good: #0b7a75; --bad: #c2410c; --open: #a7adb5;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #101417; --card: #171c20; --ink: #e8ebe9; --soft: #98a3ad; --line: #2a3137; --track: #20272c;
    --sluice: #38c9c0; --nginx: #8fa3cf; --h2o: #c39be0; --lighttpd: #e0a955; --caddy: #7fca7f; --floor: #66717b;
    --good: #38c9c0; --bad: #fb8a5b; --open: #66717b;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 960px; margin: 0 auto; padding: 56px 24px 96px; }
h1 { font-size: clamp(30px, 6vw, 46px); line-height: 1.1; letter-spacing: -0.02em; margin: 0 0 12px; }
h2 { font-size: 24px; letter-spacing: -0.01em; margin: 64px 0 8px; }
h3 { font-size: 18px; margin: 0; }
p { margin: 0 0 12px; max-width: 68ch; }
.lead { font-size: 19px; color: var(--soft); }
.soft, figcaption span, .facts dt, .where { color: var(--soft); }
a { color: inherit; text-decoration-color: var(--line); text-underline-offset: 3px; }
a:hover { text-decoration-color: currentColor; }
.tally { display: flex; flex-wrap: wrap; gap: 12px 40px; margin: 32px 0 8px; padding: 0; list-style: none; }
.tally strong { display: block; font-size: 44px; line-height: 1; letter-spacing: -0.03em;
  font-variant-numeric: tabular-nums; }
.tally .ahead strong { color: var(--good); } .tally .behind strong { color: var(--bad); }
.tally .open strong { color: var(--soft); }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: 4px 24px; margin: 16px 0; font-size: 15px; }
.facts dd { margin: 0; }
.duels { margin: 20px 0; }
.duel, .scale { display: grid; grid-template-columns: minmax(0, 5fr) minmax(0, 6fr) 68px; gap: 0 16px;
  align-items: center; padding: 9px 0; border-top: 1px solid var(--line); }
.scale { border: 0; font-size: 12px; color: var(--soft); padding: 0 0 4px; }
.scale span { grid-row: 1; grid-column: 2; } .scale span:nth-child(2) { justify-self: center; }
.scale span:nth-child(3) { justify-self: end; }
.duel .track { position: relative; height: 14px; background: var(--track); border-radius: 3px; }
.duel .track::after { content: ""; position: absolute; left: 50%; top: -4px; bottom: -4px; width: 1px;
  background: var(--soft); }
.duel i { position: absolute; top: 0; bottom: 0; border-radius: 2px; background: var(--open); min-width: 2px; }
.duel.ahead i { background: var(--good); } .duel.behind i { background: var(--bad); }
.duel strong { text-align: right; font-variant-numeric: tabular-nums; }
.duel.ahead strong { color: var(--good); } .duel.behind strong { color: var(--bad); }
.duel em { grid-column: 2 / -1; font-style: normal; font-size: 13px; color: var(--soft); }
.duel a { grid-row: 1 / span 2; font-size: 15px; }
.cell { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 22px 24px 18px;
  margin: 20px 0; scroll-margin-top: 16px; }
.cell header { display: flex; flex-wrap: wrap; gap: 2px 16px; align-items: baseline; justify-content: space-between;
  margin-bottom: 10px; }
.cell header code { color: var(--soft); font-size: 13px; }
.badge { font-weight: 600; font-size: 14px; margin: 0 0 10px; }
.badge.ahead { color: var(--good); } .badge.behind { color: var(--bad); } .badge.open { color: var(--soft); }
figure { margin: 18px 0 0; } figcaption { font-weight: 600; font-size: 14px; margin-bottom: 6px; }
figcaption span { font-weight: 400; }
dl { margin: 0; }
.bars dl > div { display: grid; grid-template-columns: 150px 1fr; gap: 12px; align-items: center; padding: 2px 0;
  font-size: 14px; }
.bars dt { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.bars dd { margin: 0; display: grid; grid-template-columns: 1fr 76px; gap: 10px; align-items: center; }
.bars .track { position: relative; height: 16px; }
.bars i { position: absolute; inset: 0 auto 0 0; background: var(--hue); border-radius: 2px; min-width: 2px; }
.bars b { position: absolute; top: 7px; height: 2px; background: var(--ink); opacity: 0.55; }
.bars .value { text-align: right; font-variant-numeric: tabular-nums; }
.bars .f-sluice { font-weight: 650; }
.bars .f-floor i { background: repeating-linear-gradient(115deg, var(--hue) 0 3px, transparent 3px 7px); }
.f-sluice { --hue: var(--sluice); } .f-nginx { --hue: var(--nginx); } .f-h2o { --hue: var(--h2o); }
.f-lighttpd { --hue: var(--lighttpd); } .f-caddy { --hue: var(--caddy); } .f-floor { --hue: var(--floor); }
.f-other { --hue: var(--soft); }
.curves ul { display: flex; flex-wrap: wrap; gap: 4px 18px; list-style: none; margin: 0 0 8px; padding: 0; font-size: 14px; }
.curves li { display: flex; gap: 8px; align-items: center; }
.curves line { stroke: var(--hue); stroke-width: 2.5; }
.curves > svg { display: block; width: 100%; height: auto; } .curves > svg.narrow { display: none; }
.curves polyline { fill: none; stroke: var(--hue); stroke-width: 2; stroke-linejoin: round; }
.curves polyline.f-sluice { stroke-width: 3; }
.curves .grid line { stroke: var(--line); stroke-width: 1; }
.curves text { fill: var(--soft); font-size: 12px; }
.inside .track { display: flex; gap: 1px; height: 16px; background: var(--track); border-radius: 3px; overflow: hidden; }
.inside ul { display: flex; flex-wrap: wrap; gap: 4px 18px; list-style: none; margin: 6px 0 0; padding: 0; font-size: 14px;
  font-variant-numeric: tabular-nums; }
.inside li { display: flex; gap: 6px; align-items: center; } .inside li i { width: 12px; height: 12px; border-radius: 2px; }
.p-loop { background: var(--sluice); } .p-drain { background: var(--open); }
.p-disk { background: var(--lighttpd); } .p-queue { background: var(--h2o); }
.notes { margin: 14px 0 0; padding-left: 18px; font-size: 13px; color: var(--soft); }
table { border-collapse: collapse; width: 100%; font-size: 13px; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; }
th, td { text-align: right; padding: 4px 8px; border-top: 1px solid var(--line); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-left: 0; } thead th { border: 0; color: var(--soft); font-weight: 400; }
details { margin-top: 14px; } summary { cursor: pointer; font-size: 14px; color: var(--soft); }
pre { overflow-x: auto; background: var(--track); padding: 14px 16px; border-radius: 8px; font-size: 12.5px; line-height: 1.5; }
.lost li { margin: 4px 0; }
@media (max-width: 640px) {
  main { padding: 32px 16px 64px; }
  .duel, .scale { grid-template-columns: 1fr 60px; }
  .duel a { grid-row: 1; grid-column: 1 / -1; padding-bottom: 6px; }
  .duel .track, .scale span { grid-column: 1; } .duel em { grid-column: 1 / -1; }
  .facts { grid-template-columns: 1fr; gap: 0; } .facts dd { margin-bottom: 8px; }
  .cell { padding: 18px 16px 14px; }
  .bars dl > div { grid-template-columns: 1fr; gap: 0; padding: 4px 0; }
  .curves > svg.wide { display: none; } .curves > svg.narrow { display: block; }
}
`;
