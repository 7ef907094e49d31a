/** What a directory listing looks like, on top of the look that all our pages share. */
import { LOOK } from "./look.js";

/** A picture of 20 by 20 as a mask: its shape counts, its color is the text's. */
const icon = (path: string): string =>
  `url("data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 20 20' fill='none' stroke='%23000' stroke-width='1.5' stroke-linejoin='round' stroke-linecap='round'%3E%3Cpath d='${path}'/%3E%3C/svg%3E")`;

const FILE_ICON = icon("M5 2.5h6.5l3.5 3.5v11.5h-10zM11.5 2.5v3.5h3.5");
const FOLDER_ICON = icon("M2.5 15.5v-11h5l1.8 2h8.2v9z");
const UP_ICON = icon("M10 16v-11M5.5 9l4.5-4.5 4.5 4.5");

/**
 * The whole style sheet. It stays a table on a phone, for screen readers; there the time of day
 * goes, and long names break wherever they must. On paper the links that only lead elsewhere go.
 */
export const LISTING_LOOK = `${LOOK}
main{max-width:60rem;margin:0 auto;padding:1.5rem 1.5rem 0}
header{padding:0 1rem}
header ol{display:flex;flex-wrap:wrap;margin:0 0 .25rem;padding:0;list-style:none;font-size:.9375rem}
header li::after{content:"/" / "";margin:0 .5em;color:var(--soft)}
h1{margin:0;font-size:1.75rem;font-weight:650;line-height:1.25;letter-spacing:-.01em;overflow-wrap:anywhere}
header p{margin:.25rem 0 1.25rem;color:var(--soft)}
table{width:100%;border:1px solid var(--line);border-radius:12px;border-spacing:0;background:var(--card);font-variant-numeric:tabular-nums}
th,td{padding:.5rem .75rem;text-align:left;vertical-align:baseline;font-weight:400}
th:first-child,td:first-child{padding-left:1rem}
th:last-child,td:last-child{padding-right:1rem}
th:first-child{width:100%}
tbody th{overflow-wrap:anywhere}
th+td,thead th:nth-child(2){text-align:right}
td{white-space:nowrap;color:var(--soft)}
thead th{border-bottom:1px solid var(--line);font-size:.875rem;white-space:nowrap}
thead a{color:var(--soft);text-decoration:none}
thead a:hover{color:var(--accent);text-decoration:underline}
[aria-sort] a{color:var(--ink);font-weight:600}
[aria-sort=ascending] a::after{content:" \\2191" / ""}
[aria-sort=descending] a::after{content:" \\2193" / ""}
tbody tr+tr>*{border-top:1px solid var(--line)}
tbody tr:hover{background:var(--wash)}
tbody tr:last-child>:first-child{border-bottom-left-radius:11px}
tbody tr:last-child>:last-child{border-bottom-right-radius:11px}
tbody tr:not(.note)>:first-child{padding-left:2.75rem}
tbody a{text-decoration:none;color:var(--ink)}
tbody a:hover{text-decoration:underline;color:var(--accent)}
tbody a::before{content:"";float:left;width:1.25rem;height:1.25rem;margin:.125rem 0 0 -1.75rem;background:var(--soft);-webkit-mask:${FILE_ICON};mask:${FILE_ICON}}
.dir a,.up a{color:var(--accent);font-weight:550}
.dir a::before{background:var(--accent);-webkit-mask:${FOLDER_ICON};mask:${FOLDER_ICON}}
.up a::before{background:var(--accent);-webkit-mask:${UP_ICON};mask:${UP_ICON}}
.note td{padding:2rem 1rem;text-align:center}
.note:hover{background:none}
.pages{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;padding:.75rem 1rem;font-variant-numeric:tabular-nums}
.pages b{font-weight:600}
header+.pages{margin-top:-.75rem}
.pages span{color:var(--soft);opacity:.5}
footer{display:flex;gap:1.25rem;max-width:60rem;margin:0 auto;padding:1rem 2.5rem 2rem;font-size:.875rem;color:var(--soft)}
footer :last-child{margin-left:auto}
@media(max-width:40rem){main{padding:1rem .5rem 0}h1{font-size:1.375rem}footer{padding:1rem 1.5rem 1.5rem}th,td{padding:.625rem .375rem}td:not(:first-child){font-size:.8125rem}.pages b{order:-1;flex-basis:100%}time span{display:none}tbody tr:not(.note)>:first-child{padding-left:2.5rem}}
@media print{main{max-width:none;padding:0}footer{padding:1rem}table{border:0}th,td{padding:.125rem .5rem}.up,.pages,footer a,tbody a::before{display:none}tbody tr:not(.note)>:first-child{padding-left:1rem}tr{break-inside:avoid}}
`;
