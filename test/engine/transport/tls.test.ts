/** Fear: a client gets the wrong certificate, or none, or a way to talk that can be read by others. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { SILENT } from "../../../engine/log.js";
import { Certificates } from "../../../engine/tls/certificates.js";
import { type Handler, type Listener, readyOf } from "../../../engine/transport/exchange.js";
import { listen } from "../../../engine/transport/listen.js";
import { isHandedOver } from "../../../fs/door.js";
import { buildHead } from "../../../protocol/head.js";
import { type Issued, issue, writePair } from "../../support/certificates.js";
import { Client, request } from "../../support/client.js";
import { Folder } from "../../support/folder.js";
import { TRANSPORTS } from "../../support/server.js";

const HELLO = Buffer.from("hello");
const HEAD = buildHead(200, [["Content-Type", "text/plain"]]);
const handler: Handler = {
  express: () => readyOf(HEAD, HELLO, undefined),
  sent: () => {},
  finish: () => {},
  handle: () => {},
};

const NAMES = ["a.example", "*.a.example", "www.a.example"] as const;
let pairs: Issued[];
let other: Issued;
beforeAll(async () => {
  pairs = await Promise.all(NAMES.map((name) => issue({ names: [name] })));
  other = await issue({ names: ["other.example"] });
});

/** A port with certificates by name, and one for all other clients where it is asked for. */
class Stage {
  readonly #folder = new Folder();
  certificates!: Certificates;
  listener!: Listener;

  async open(transport: "uws" | "node", hasFallback: boolean): Promise<void> {
    const at = (name: string): string => join(this.#folder.path, name);
    for (const [n, pair] of pairs.entries())
      writePair(pair, at(`all/${n}.crt`), at(`all/${n}.key`));
    writePair(other, at("c.pem"), at("k.pem"));
    const own = hasFallback ? { tlsCert: at("c.pem"), tlsKey: at("k.pem") } : NO_FALLBACK;
    const opened = await Certificates.open({ ...own, tlsDir: at("all") });
    expect(opened.complaints).toEqual([]);
    this.certificates = opened.certificates;
    const options = { host: "127.0.0.1", port: 0, tls: this.certificates.material };
    this.listener = await listen(transport, options, handler, SILENT);
    this.certificates.use((material) => this.listener.renew(material));
    this.certificates.watch(SILENT);
  }

  /** Puts another pair in the place of the first, and waits until it is taken. */
  async renew(pair: Issued): Promise<void> {
    const { path } = this.#folder;
    writePair(pair, join(path, "all/0.crt"), join(path, "all/0.key"));
    await this.certificates.reload();
  }

  close(): void {
    this.certificates.stop();
    this.listener.close();
    this.#folder.remove();
  }
}

/** Those of the tests before are still leaving. */
const PATIENCE = { timeout: 20_000, interval: 20 } as const;

const NO_FALLBACK = { tlsCert: "", tlsKey: "" } as const;

const nameOf = (pem: string): string | undefined =>
  [...pairs, other].find(({ certPem }) => certPem.trim() === pem.trim())?.subject;

/** A renewal changes a setting of this machine for some seconds. */
const wasHandedOver = isHandedOver();
afterAll(() => vi.waitUntil(() => isHandedOver() === wasHandedOver, PATIENCE));

describe.each(TRANSPORTS)("tls through %s", (transport) => {
  const stage = new Stage();
  beforeAll(() => stage.open(transport, true));
  afterAll(() => stage.close());

  test.each<[string, string, () => Issued]>([
    ["its own", "a.example", () => pairs[0]!],
    ["its own with a dot at the end", "a.example.", () => pairs[0]!],
    ["a star for a name that has none of its own", "x.a.example", () => pairs[1]!],
    ["its own before a star", "www.a.example", () => pairs[2]!],
    ["the one of no name for two labels below a star", "x.y.a.example", () => other],
    ["the one of no name for a stranger", "stranger.example", () => other],
    ["its own, which is the one of no name too", "other.example", () => other],
    ["the one of no name for no name", "", () => other],
  ])("a client gets %s (%s)", async (_which, servername, want) => {
    const client = await Client.secure(stage.listener.port, { servername });
    expect(nameOf(client.certificate)).toBe(want().subject);
    client.send(request("GET /"));
    expect(String((await client.answer()).body)).toBe("hello");
    client.leave();
  });

  test.each(["TLSv1.2", "TLSv1.3"] as const)("speaks %s", async (version) => {
    const versions = { minVersion: version, maxVersion: version };
    const client = await Client.secure(stage.listener.port, versions);
    client.send(request("GET /"));
    expect((await client.answer()).status).toBe(200);
    client.leave();
  });

  test.each([
    ["TLS 1.1", { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" }],
    ["CBC", { maxVersion: "TLSv1.2", ciphers: "ECDHE-ECDSA-AES128-SHA" }],
    ["keys without forward secrecy", { maxVersion: "TLSv1.2", ciphers: "AES128-GCM-SHA256" }],
  ] as const)("refuses %s", async (_what, options) => {
    await expect(Client.secure(stage.listener.port, options)).rejects.toThrow();
  });

  test("takes a renewed certificate: new clients see it, those there are stay", async () => {
    const { port } = stage.listener;
    const early = await Client.secure(port, { servername: "a.example" });
    early.send(request("GET /"));
    await early.answer();

    const renewed = await issue({ names: ["a.example"] });
    await stage.renew(renewed);
    const late = await Client.secure(port, { servername: "a.example" });
    expect(late.certificate.trim()).toBe(renewed.certPem.trim());
    for (const client of [early, late]) {
      client.send(request("GET /"));
      expect((await client.answer()).status).toBe(200);
    }
    await vi.waitFor(() => expect(stage.listener.connections()).toBe(2), PATIENCE);
    await stage.listener.stopListening();
    await expect(Client.secure(port)).rejects.toThrow("ECONNREFUSED");
    for (const client of [early, late]) client.leave();
  });
});

describe.each(TRANSPORTS)("without a certificate for no name, through %s", (transport) => {
  const stage = new Stage();
  beforeAll(() => stage.open(transport, false));
  afterAll(() => stage.close());

  test("a client with a name of ours is served, any other is not", async () => {
    const { port } = stage.listener;
    const client = await Client.secure(port, { servername: "a.example" });
    expect(nameOf(client.certificate)).toBe(pairs[0]!.subject);
    client.leave();
    await expect(Client.secure(port, { servername: "stranger.example" })).rejects.toThrow();
    await expect(Client.secure(port, { servername: "" })).rejects.toThrow();
  });
});
