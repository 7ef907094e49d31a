/**
 * Whose connections are open: where they are all of one address, nobody needs to ask whose a
 * request is.
 *
 * The library hands a request no name of its connection, so to ask costs a system call each time,
 * 2 to 5 µs with what is made for it; a hot request takes 13 in all. Behind a proxy all peers are one.
 * With a second address the answer is unknown until no connection is left.
 */
export class Peers {
  /** Connections that ever came. */
  arrived = 0;
  #open = 0;
  #first = "";
  #areMixed = false;

  get count(): number {
    return this.#open;
  }

  /** The address of every connection that is open; "" when they differ. */
  get only(): string {
    return this.#areMixed ? "" : this.#first;
  }

  came(address: string): void {
    if (this.#open === 0) {
      this.#first = address;
      this.#areMixed = false;
    }
    this.#open++;
    this.arrived++;
    if (address !== this.#first) this.#areMixed = true;
  }

  left(): void {
    this.#open--;
  }
}
