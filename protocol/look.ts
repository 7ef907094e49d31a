/**
 * The one look of every page this server writes itself: listings, errors.
 *
 * Colors are custom properties, light and dark; a page adds its own rules below. System fonts and
 * no second request, so a page looks right also when the disk or the network does not. Nothing
 * here may hold client text.
 */

/**
 * The `Content-Security-Policy` of our own pages: no script, no frame, no form, nothing fetched.
 * Should a name ever slip through the escaping, it still could not run. The icons are data: URIs.
 */
export const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Ripples of the water line at the top of a page; drawn as a mask, so the color is the page's. */
const RIPPLES =
  "url(\"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='48' height='8'%3E%3Cpath d='M0 4q6-4 12 0t12 0 12 0 12 0' fill='none' stroke='%23000' stroke-width='1.6'/%3E%3C/svg%3E\")";

/** Custom properties and what every page shares. All text colors have a contrast above 4.5:1. */
export const LOOK = `
:root{color-scheme:light dark;--ink:#1d2b33;--soft:#566872;--paper:#f6f8f9;--card:#fff;--line:#dde5e9;--accent:#0b6380;--wash:#e9f3f7}
@media(prefers-color-scheme:dark){:root{--ink:#dde5e9;--soft:#93a5af;--paper:#12191d;--card:#182126;--line:#2a363d;--accent:#6cc3e0;--wash:#1d2c34}}
*{box-sizing:border-box}
body{margin:0;font:1rem/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper)}
body::before{content:"";display:block;height:8px;margin-top:10px;background:var(--accent);opacity:.55;-webkit-mask:${RIPPLES} repeat-x;mask:${RIPPLES} repeat-x}
a{color:var(--accent);text-underline-offset:.2em}
a:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:3px}
@media print{:root{--ink:#000;--soft:#333;--paper:#fff;--card:#fff;--line:#bbb;--accent:#000;--wash:#fff}body::before{display:none}}
`;
