/**
 * Is a Host one? RFC 9112 section 3.2: each road asks it of each request, and one answer serves both.
 */
import { isHost } from "../protocol/host-match.js";

export class HostCheck {
  /** The last that was found to be one: as a rule all clients name the same. */
  #goodHost = "";

  /** Cost: mostly one comparison. */
  isGood(host: string): boolean {
    if (host === this.#goodHost) return true;
    if (!isHost(host)) return false;
    this.#goodHost = host;
    return true;
  }
}
