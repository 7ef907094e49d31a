/** Colors and type for what is drawn on canvas, read from the style sheet: it alone decides. */
import { COLORS, type ColorName } from "./colors.js";

export class Look {
  readonly #colors = new Map<ColorName, string>();
  #family = "";

  /** @param onChange called when the viewer's scheme has changed */
  constructor(onChange: () => void) {
    this.#read();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.#read();
      onChange();
    });
  }

  color(name: ColorName): string {
    return this.#colors.get(name)!;
  }

  /** For areas under lines: an eighth of the color. The style sheet writes every color as #rrggbb. */
  faint(name: ColorName): string {
    return `${this.color(name)}20`;
  }

  font(px: number): string {
    return `${px}px ${this.#family}`;
  }

  #read(): void {
    const style = getComputedStyle(document.documentElement);
    for (const name of COLORS) this.#colors.set(name, style.getPropertyValue(`--${name}`).trim());
    this.#family = getComputedStyle(document.body).fontFamily;
  }
}
