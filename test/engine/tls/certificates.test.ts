/** Fear: a renewal is missed, a half of one is taken, or what was served is given up for it. */
import fs from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { Certificates } from "../../../engine/tls/certificates.js";
import type { TlsMaterial } from "../../../engine/transport/exchange.js";
import { type Issued, issue, writePair } from "../../support/certificates.js";
import { put, tempFolder } from "../../support/temp-folder.js";

/** Folders of somebody else: which they are nothing stops root from reading. */
const foreign = new Set<string>();
vi.mock("node:fs/promises", async (original) => {
  const real = await original<typeof import("node:fs/promises")>();
  const readdir = async (path: string): Promise<string[]> => {
    if (!foreign.has(path)) return real.readdir(path);
    throw Object.assign(new Error("EACCES"), { code: "EACCES" });
  };
  return { ...real, readdir };
});

const NO_DIR = { tlsCert: "", tlsKey: "", tlsDir: "" } as const;
const PATIENCE_MS = 20_000;

/** One certificate, in files of a folder of their own. */
function own(pair: Issued) {
  const folder = tempFolder();
  const places = { ...NO_DIR, tlsCert: join(folder, "c.pem"), tlsKey: join(folder, "k.pem") };
  const write = (next: Issued): void => writePair(next, places.tlsCert, places.tlsKey);
  write(pair);
  return { places, write };
}

/** Opened and watched: what the transport would have been given, and what the log was told. */
async function watched(places: Parameters<typeof Certificates.open>[0], nowMs?: () => number) {
  const { certificates, complaints } = await Certificates.open(places, nowMs);
  expect(complaints).toEqual([]);
  const taken: TlsMaterial[] = [];
  const said: string[] = [];
  const tell = (line: string): void => void said.push(line);
  certificates.use(async (material) => void taken.push(material));
  certificates.watch({ info: tell, warn: tell });
  onTestFinished(() => certificates.stop());
  return { certificates, taken, said };
}

describe("a folder of certificates", () => {
  test("is read as certbot, Kubernetes and lego write it", async () => {
    const [a, b, c] = await Promise.all(
      ["a.example", "*.b.example", "c.example"].map((name) => issue({ names: [name] })),
    );
    const tlsDir = tempFolder();
    const at = (name: string): string => join(tlsDir, name);
    writePair(a!, at("a/fullchain.pem"), at("a/privkey.pem"));
    writePair(b!, at("b/tls.crt"), at("b/tls.key"));
    writePair(c!, at("c.crt"), at("c.key"));
    put(tlsDir, "c.issuer.crt", "lego leaves it there");
    put(tlsDir, "README", "certbot leaves it there");
    put(tlsDir, "..data/tls.crt", "Kubernetes switches to it");

    const { certificates, complaints } = await Certificates.open({ ...NO_DIR, tlsDir });
    expect(complaints).toEqual([]);
    expect(certificates.names).toEqual(["a.example", "*.b.example", "c.example"]);
    expect(certificates.material.fallback).toBeUndefined();
    expect(certificates.material.named.map(({ keyPem }) => keyPem)).toEqual(
      [a, b, c].map((pair) => pair!.keyPem),
    );
  });

  test("is refused with all that is wrong in it", async () => {
    const [a, old] = await Promise.all([issue(), issue({ notAfterMs: Date.now() - 1000 })]);
    const tlsDir = tempFolder();
    const at = (name: string): string => join(tlsDir, name);
    writePair(a, at("a/tls.crt"), at("a/tls.key"));
    writePair(a, at("b/tls.crt"), at("b/tls.key"));
    writePair(old, at("old.crt"), at("old.key"));
    put(tlsDir, "half.key", a.keyPem);

    const { complaints } = await Certificates.open({ ...NO_DIR, tlsDir });
    expect(complaints).toEqual([
      `${at("half.crt")}: does not exist`,
      expect.stringContaining(`${at("old.crt")}: expired on `),
      `${at("b/tls.crt")}: is for localhost, and so is ${at("a/tls.crt")}: want one of them`,
    ]);
  });

  test.each([
    ["holds no certificates", (folder: string) => folder],
    ["does not exist", (folder: string) => join(folder, "nowhere")],
    ["is not a folder", (folder: string) => put(folder, "file", "")],
  ])("that %s is refused", async (complaint, placeIn) => {
    const tlsDir = placeIn(tempFolder());
    const { complaints } = await Certificates.open({ ...NO_DIR, tlsDir });
    expect(complaints).toEqual([expect.stringContaining(`${tlsDir}: ${complaint}`)]);
  });
});

describe("a folder of one pair that cannot be read", () => {
  /** By a link that leads in a circle, which stops root too; back again by the result. */
  const hide = (folder: string, name: string): (() => void) => {
    const [path, aside] = [join(folder, name), join(folder, `.${name}`)];
    fs.renameSync(path, aside);
    fs.symlinkSync(path, path);
    return () => {
      fs.rmSync(path);
      fs.renameSync(aside, path);
    };
  };
  async function twoPairs() {
    const tlsDir = tempFolder();
    for (const name of ["a", "b"]) {
      const stem = join(tlsDir, name, "tls");
      writePair(await issue({ names: [`${name}.example`] }), `${stem}.crt`, `${stem}.key`);
    }
    return { ...NO_DIR, tlsDir };
  }

  test("is not taken for deleted: what was in it is served on", async () => {
    const places = await twoPairs();
    const { certificates, taken, said } = await watched(places);
    const show = hide(places.tlsDir, "a");
    await certificates.reload();
    expect(certificates.names).toEqual(["a.example", "b.example"]);
    const told = said.length;
    expect(said[0]).toMatch(/\/a: ELOOP.*; what was served before goes on$/);
    show();
    await certificates.reload();
    expect([taken, said.length]).toEqual([[], told]);
  });

  test("is a complaint at start, beside all others", async () => {
    const places = await twoPairs();
    hide(places.tlsDir, "a");
    fs.truncateSync(join(places.tlsDir, "b", "tls.key"), 40);
    const { complaints } = await Certificates.open(places);
    expect(complaints).toEqual([
      expect.stringContaining(`${join(places.tlsDir, "a")}: ELOOP`),
      expect.stringContaining(`${join(places.tlsDir, "b", "tls.key")}: holds`),
    ]);
  });
});

describe("a folder that belongs to somebody else", () => {
  async function besideOne() {
    const tlsDir = tempFolder();
    const [own, other] = [join(tlsDir, "a"), join(tlsDir, "lost+found")];
    writePair(await issue(), join(own, "tls.crt"), join(own, "tls.key"));
    fs.mkdirSync(other);
    foreign.add(other);
    onTestFinished(() => foreign.clear());
    return { places: { ...NO_DIR, tlsDir }, own, other };
  }

  test("is warned of, once, and keeps nothing from starting", async () => {
    const { places, other } = await besideOne();
    const { certificates, said } = await watched(places);
    expect(certificates.names).toEqual(["localhost"]);
    const { complaints, warnings } = await Certificates.open(places);
    expect([complaints, warnings]).toEqual([[], [`${other}: may not be read by this user`]]);
    await certificates.reload();
    expect(said).toEqual([]);
    foreign.clear();
    await certificates.reload();
    foreign.add(other);
    await certificates.reload();
    expect(said).toEqual(warnings);
  });

  test("is a complaint where a pair of it is served, and is served on", async () => {
    const { places, own } = await besideOne();
    const { certificates, said } = await watched(places);
    foreign.add(own);
    await certificates.reload();
    expect(certificates.names).toEqual(["localhost"]);
    expect(said).toEqual([`${own}: may not be read by this user; what was served before goes on`]);
  });

  test("is a reason where there is no certificate but there", async () => {
    const { places, own, other } = await besideOne();
    foreign.add(own);
    expect((await Certificates.open(places)).complaints).toEqual([
      `${own}: may not be read by this user`,
      `${other}: may not be read by this user`,
      expect.stringContaining(`${places.tlsDir}: holds no certificates`),
    ]);
  });
});

test("a key that every user may read is served with, and warned of", async () => {
  const { places } = own(await issue());
  expect((await Certificates.open(places)).warnings).toEqual([]);
  fs.chmodSync(places.tlsKey, 0o644);
  expect((await Certificates.open(places)).warnings).toEqual([
    expect.stringContaining(`${places.tlsKey}: any user of this machine may read this key`),
  ]);
});

describe("a renewal", () => {
  test("is noticed, also when it comes in two halves, of which none is taken", async () => {
    const [before, after] = await Promise.all([issue(), issue()]);
    const { places } = own(before);
    const { certificates, taken, said } = await watched(places);

    fs.writeFileSync(places.tlsCert, after.certPem);
    await vi.waitUntil(() => said.length > 0, { timeout: PATIENCE_MS });
    expect(said).toEqual([
      `${places.tlsKey}: is not the key of the certificate; what was served before goes on`,
    ]);
    await certificates.reload();
    expect([taken, said.length]).toEqual([[], 1]); // said once
    expect(certificates.material.fallback?.certPem).toBe(before.certPem);

    fs.writeFileSync(places.tlsKey, after.keyPem);
    await vi.waitUntil(() => taken.length > 0, { timeout: PATIENCE_MS });
    expect(taken.map(({ fallback }) => fallback?.certPem)).toEqual([after.certPem]);
    expect(said[1]).toMatch(/^new certificate for localhost until \d{4}-/);
    expect(certificates.figures()).toMatchObject({ renewals: 1 });
    expect(certificates.figures().refusals).toBeGreaterThanOrEqual(2);
  });

  test("of files that did not change is none, even when they have expired meanwhile", async () => {
    const { places } = own(await issue());
    let nowMs = Date.now();
    const { certificates, taken, said } = await watched(places, () => nowMs);
    nowMs += 10 * 86_400_000;
    await certificates.reload();
    await certificates.reload();
    expect(taken).toEqual([]);
    expect(said).toEqual([expect.stringMatching(/c\.pem: expired on .*Z, and is served on/)]); // once
  });

  test("of one that has expired is taken, and of its end nothing is said any more", async () => {
    const { places, write } = own(await issue());
    let nowMs = Date.now();
    const { certificates, taken, said } = await watched(places, () => nowMs);
    nowMs += 10 * 86_400_000;
    write(await issue({ notAfterMs: nowMs + 86_400_000 }));
    await certificates.reload();
    expect(taken).toHaveLength(1);
    expect(said).toEqual([expect.stringContaining("new certificate for localhost until ")]);
  });

  test("to one that has expired is refused", async () => {
    const [before, old] = await Promise.all([issue(), issue({ notAfterMs: Date.now() - 1000 })]);
    const { places, write } = own(before);
    const { certificates, taken, said } = await watched(places);
    write(old);
    await certificates.reload();
    expect(taken).toEqual([]);
    expect(said).toEqual([expect.stringContaining(`${places.tlsCert}: expired on `)]);
  });

  test("adds to a folder, drops what is gone, and keeps what is broken", async () => {
    const [a, b, c] = await Promise.all(
      ["a.example", "b.example", "c.example"].map((name) => issue({ names: [name] })),
    );
    const tlsDir = tempFolder();
    const at = (name: string): string => join(tlsDir, name);
    writePair(a!, at("a.crt"), at("a.key"));
    writePair(b!, at("b.crt"), at("b.key"));
    const { certificates, taken, said } = await watched({ ...NO_DIR, tlsDir });

    writePair(c!, at("c.crt"), at("c.key"));
    fs.truncateSync(at("a.key"), 40);
    fs.rmSync(at("b.crt"));
    fs.rmSync(at("b.key"));
    await certificates.reload();
    expect(taken.at(-1)?.named.map(({ keyPem }) => keyPem)).toEqual([a!.keyPem, c!.keyPem]);
    expect(said).toEqual([
      expect.stringContaining(`${at("a.key")}: holds`),
      expect.stringContaining("new certificate for c.example"),
      `${at("b.crt")} is gone`,
    ]);

    fs.rmSync(tlsDir, { recursive: true });
    await certificates.reload();
    expect(certificates.names).toEqual(["a.example", "c.example"]);
  });

  test("refuses a newcomer a name that is served, and says what is true", async () => {
    const [whole, api] = await Promise.all([
      issue({ names: ["example.com", "www.example.com", "api.example.com"] }),
      issue({ names: ["api.example.com"] }),
    ]);
    const tlsDir = tempFolder();
    const at = (name: string): string => join(tlsDir, name);
    writePair(whole, at("example.com/fullchain.pem"), at("example.com/privkey.pem"));
    const { certificates, taken, said } = await watched({ ...NO_DIR, tlsDir });

    writePair(api, at("api.example.com/fullchain.pem"), at("api.example.com/privkey.pem"));
    await certificates.reload();
    expect(certificates.names).toEqual(["example.com", "www.example.com", "api.example.com"]);
    expect([taken, said]).toEqual([
      [],
      [
        `${at("api.example.com/fullchain.pem")}: is for api.example.com, and so is ${at("example.com/fullchain.pem")}: want one of them; what was served before goes on`,
      ],
    ]);
  });

  const CLASHES: readonly (readonly [
    why: string,
    before: readonly (readonly string[])[],
    after: readonly (readonly string[])[],
    served: readonly (readonly string[])[],
  ])[] = [
    [
      "keeps the names before it when it takes another's",
      [["a"], ["x"]],
      [["a", "x"]],
      [["a"], ["x"]],
    ],
    [
      "keeps its name, of two that grow",
      [["a"], ["b", "x"]],
      [
        ["a", "x"],
        ["b", "x", "y"],
      ],
      [["a"], ["b", "x", "y"]],
    ],
    [
      "swaps a name with another",
      [
        ["a", "x"],
        ["b", "y"],
      ],
      [
        ["a", "y"],
        ["b", "x"],
      ],
      [
        ["a", "y"],
        ["b", "x"],
      ],
    ],
    [
      "has a name that was given up, when that takes effect",
      [["a", "x"], ["b"], ["y"]],
      [
        ["a", "y"],
        ["b", "x"],
      ],
      [["a", "x"], ["b"], ["y"]],
    ],
  ];
  test.each(CLASHES)("%s", async (_why, before, after, served) => {
    const tlsDir = tempFolder();
    const write = (all: readonly (readonly string[])[]) =>
      Promise.all(
        all.map(async (names, place) => {
          const stem = join(tlsDir, String(place));
          writePair(await issue({ names: names.map(named) }), `${stem}.crt`, `${stem}.key`);
        }),
      );
    const named = (name: string): string => `${name}.example`;
    await write(before);
    const { certificates } = await watched({ ...NO_DIR, tlsDir });
    await write(after);
    await certificates.reload();
    expect(certificates.material.named.map(({ names }) => names)).toEqual(
      served.map((names) => names.map(named)),
    );
  });

  test("that the transport cannot take changes nothing, and is tried again", async () => {
    const [before, after] = await Promise.all([issue(), issue()]);
    const { places, write } = own(before);
    const { certificates } = await Certificates.open(places);
    const said: string[] = [];
    let isWilling = false;
    const take = async (): Promise<void> => {
      if (!isWilling) throw new Error("not now");
    };
    certificates.use(take);
    certificates.watch({ info: (line) => said.push(line), warn: (line) => said.push(line) });
    onTestFinished(() => certificates.stop());
    write(after);
    await certificates.reload();
    expect(said).toEqual(["not now; what was served before goes on"]);
    expect(certificates.material.fallback?.certPem).toBe(before.certPem);
    await certificates.reload();
    expect(said).toHaveLength(1);

    isWilling = true;
    await certificates.reload();
    expect(certificates.material.fallback?.certPem).toBe(after.certPem);
  });
});

test("what came before an offer that failed is offered again: some may have taken that", async () => {
  const [before, after] = await Promise.all([issue(), issue()]);
  const { places, write } = own(before);
  const { certificates } = await Certificates.open(places);
  const offered: (string | undefined)[] = [];
  let failures = 2;
  certificates.use(async ({ fallback }) => {
    offered.push(fallback?.certPem);
    if (failures-- > 0) throw new Error("one of two has it");
  });
  write(after);
  await certificates.reload();
  write(before);
  for (let looks = 0; looks < 3; looks++) await certificates.reload();
  expect(offered).toEqual([after.certPem, before.certPem, before.certPem]);
  expect(certificates.figures()).toMatchObject({ renewals: 0, refusals: 2 });
});

test("a stop is one for a look that is under way, too: nothing is watched after it", async () => {
  const [before, during, after] = await Promise.all([issue(), issue(), issue()]);
  const { places, write } = own(before);
  const { certificates, taken } = await watched(places);
  write(during);
  const looking = certificates.reload();
  certificates.stop();
  await looking;
  const takenThen = taken.length;
  write(after);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  expect(taken).toHaveLength(takenThen);
});

test("the digest is the same where the same is served with, and says nothing of the key", async () => {
  const [before, after] = await Promise.all([issue(), issue()]);
  const { places, write } = own(before);
  const { certificates } = await Certificates.open(places);
  const other = (await Certificates.open(places)).certificates;
  expect(certificates.digest).toBe(other.digest);
  const wanted: string[] = [];
  certificates.use(async (_material, digest) => void wanted.push(digest));
  write(after);
  await certificates.reload();
  expect([certificates.digest]).toEqual(wanted);
  expect(other.digest).not.toBe(certificates.digest);

  fs.truncateSync(places.tlsKey, 40);
  expect(await other.reload()).toEqual([
    expect.stringContaining(`${places.tlsKey}: holds a private key that cannot be read`),
  ]);
  expect(other.digest).not.toBe(certificates.digest);
});

test("the material tells whether the files still hold it", async () => {
  const { places, write } = own(await issue());
  const { material } = (await Certificates.open(places)).certificates;
  expect(await material.isStill()).toBe(true);
  write(await issue());
  expect(await material.isStill()).toBe(false);
});
