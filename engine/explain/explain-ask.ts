/** A request that nobody sent: to be explained. */
import type { Field } from "../../protocol/head.js";
import type { Ask, FieldName } from "../transport/exchange.js";

/** Written as HTTP/2 writes it (RFC 9113 section 8.3.1), since HTTP/1 has no field for it. */
const METHOD = ":method";

export class ExplainedAsk implements Ask {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly version = "HTTP/1.1";
  readonly client = "";
  readonly #fields: readonly Field[];

  /**
   * @param target path and query, as a client would send them
   * @param fields in order; names in any case. A field `:method` names a method other than GET
   */
  constructor(target: string, fields: readonly Field[]) {
    const mark = target.indexOf("?");
    this.path = mark < 0 ? target : target.slice(0, mark);
    this.query = mark < 0 ? "" : target.slice(mark + 1);
    const plain = fields.map(([name, value]): Field => [name.toLowerCase(), value.trim()]);
    this.method = plain.find(([name]) => name === METHOD)?.[1] ?? "GET";
    this.#fields = plain.filter(([name]) => name !== METHOD);
  }

  readonly isDoubtful = false;

  field({ text }: FieldName): string {
    return this.#fields.find(([name]) => name === text)?.[1] ?? "";
  }

  fields(): Field[] {
    return [...this.#fields];
  }
}
