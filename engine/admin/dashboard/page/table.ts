/**
 * A table whose rows are news every second.
 *
 * Rows are reused by place and cells only touched where they differ, so that a selection lives on.
 * Roles are said outright: on a phone the style sheet makes a card of each row, and a browser may
 * then take the table for none.
 */
import { find, make, setAttribute, setText } from "./dom.js";
import { printable, splitTail } from "./words.js";

export interface Column<Row> {
  readonly label: string;
  /** Its class: how wide, and on which side. The first column with "name" heads the row. */
  readonly kind: "name" | "text" | "peer" | "number" | "bar" | "progress";
  readonly draw: (cell: HTMLElement, row: Row) => void;
}

export class Table<Row> {
  readonly #columns: readonly Column<Row>[];
  readonly #table: HTMLElement;
  readonly #body = make("tbody");
  readonly #empty: HTMLElement;

  /** @param id of a section that holds a table with a caption, and a paragraph for when it is empty */
  constructor(id: string, columns: readonly Column<Row>[]) {
    this.#columns = columns;
    this.#table = find(id).querySelector("table")!;
    this.#empty = find(id).querySelector<HTMLElement>(".empty")!;
    this.#table.setAttribute("role", "table");
    this.#body.setAttribute("role", "rowgroup");
    this.#table.append(this.#buildHead(), this.#body);
  }

  update(rows: readonly Row[]): void {
    this.#table.hidden = rows.length === 0;
    this.#empty.hidden = rows.length > 0;
    while (this.#body.childElementCount > rows.length) this.#body.lastElementChild!.remove();
    while (this.#body.childElementCount < rows.length) this.#body.append(this.#buildRow());
    rows.forEach((row, at) => {
      const { children } = this.#body.children[at]!;
      this.#columns.forEach(({ draw }, place) => {
        draw(children[place] as HTMLElement, row);
      });
    });
  }

  #buildHead(): HTMLElement {
    const head = make("thead");
    const row = make("tr");
    head.setAttribute("role", "rowgroup");
    row.setAttribute("role", "row");
    for (const { label, kind } of this.#columns) {
      const cell = make("th", kind, label);
      cell.scope = "col";
      cell.setAttribute("role", "columnheader");
      row.append(cell);
    }
    head.append(row);
    return head;
  }

  #buildRow(): HTMLElement {
    const row = make("tr");
    row.setAttribute("role", "row");
    for (const { label, kind } of this.#columns) {
      const cell = make(kind === "name" ? "th" : "td", kind);
      if (kind === "name") cell.setAttribute("scope", "row");
      cell.setAttribute("role", kind === "name" ? "rowheader" : "cell");
      cell.dataset["label"] = label;
      row.append(cell);
    }
    return row;
  }
}

/**
 * Text of a client, cut in its middle where the room ends. All of it is in the page: it can be
 * copied, is read aloud whole, and shows under the mouse.
 */
export function drawName(cell: HTMLElement, text: string): void {
  const whole = printable(text);
  const place = partOf(cell, "div", "path");
  const [head, tail] = splitTail(whole);
  setText(partOf(place, "span", "path-head"), head);
  setText(partOf(place, "span", "path-tail"), tail);
  setAttribute(cell, "title", whole);
}

/** The one element in a cell that holds a bar, made when it is first drawn. */
export function partOf<Tag extends keyof HTMLElementTagNameMap>(
  cell: HTMLElement,
  tag: Tag,
  className = "",
): HTMLElementTagNameMap[Tag] {
  const selector = className === "" ? tag : `${tag}.${className}`;
  const there = cell.querySelector<HTMLElementTagNameMap[Tag]>(selector);
  if (there !== null) return there;
  const part = make(tag, className);
  cell.append(part);
  return part;
}
