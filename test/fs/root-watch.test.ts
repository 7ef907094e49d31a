/** Fear: a release that is switched above the root, and the old one served until facts are checked. */
import fs from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { watchHosts, watchRoot } from "../../fs/root-watch.js";
import { put, tempFolder } from "../support/temp-folder.js";

/** Called with each link that has just been read. */
let onRead = (_: string): void => {};
/** Settles when a look may be answered. */
let answer: Promise<void> | undefined;
let looksUnderWay = 0;
vi.mock("node:fs/promises", async (original) => {
  const real = await original<typeof import("node:fs/promises")>();
  const readlink = async (path: string): Promise<string> => {
    const target = await real.readlink(path);
    onRead(path);
    return target;
  };
  const lstat = async (path: string) => {
    looksUnderWay++;
    await answer;
    looksUnderWay--;
    return real.lstat(path);
  };
  return { ...real, readlink, lstat };
});

let links = 0;

/** As a deploy does it: a new link is renamed over the old one. */
function lead(link: string, target: string): void {
  const next = `${link}.next-${++links}`;
  fs.symlinkSync(target, next);
  fs.renameSync(next, link);
}

/** A tree of releases that is watched, and how often a switch was told. */
function watched(root: string, by = watchRoot) {
  const app = tempFolder();
  for (const release of ["r1", "r2", "r3"]) {
    put(app, `${release}/public/index.html`, release);
    fs.symlinkSync("public", join(app, release, "site"));
  }
  fs.symlinkSync("r1", join(app, "current"));
  const told = vi.fn();
  onTestFinished(by(join(app, root), told));
  return { app, told };
}

const WAIT = { interval: 5, timeout: 10_000 };

/** What was done before has been told by now. */
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 100));

/** Does it until that is told: a watch begins a little later than it is asked for. */
const untilTold = async (told: ReturnType<typeof vi.fn>, act: () => void): Promise<void> => {
  await settled();
  told.mockClear();
  await vi.waitUntil(
    () => {
      if (told.mock.calls.length > 0) return true;
      act();
      return false;
    },
    { interval: 20, timeout: 10_000 },
  );
};

describe("a switch is told", () => {
  test.each([
    ["of a link that is the root", "current"],
    ["of a link above the root", "current/public"],
    ["of a link above a root that is a link", "current/site"],
  ])("%s, each time", async (_, root) => {
    const { app, told } = watched(root);
    await untilTold(told, () => lead(join(app, "current"), "r2"));
    for (const release of ["r3", "r1", "r2"]) {
      await settled();
      told.mockClear();
      lead(join(app, "current"), release);
      await vi.waitUntil(() => told.mock.calls.length > 0, WAIT);
    }
  });

  test("of a link inside the release that is the current one since the last switch", async () => {
    const { app, told } = watched("current/site");
    await untilTold(told, () => lead(join(app, "current"), "r2"));
    fs.mkdirSync(join(app, "r2/other"));
    await untilTold(told, () => lead(join(app, "r2/site"), "other"));
  });

  test("of a link that is switched before its folder is watched", async () => {
    const { app, told } = watched("current/site");
    await untilTold(told, () => lead(join(app, "current"), "r1"));
    await settled();
    fs.mkdirSync(join(app, "r3/other"));
    const inner = join(app, "r3/site");
    onRead = (path) => {
      if (path !== inner) return;
      onRead = () => {};
      told.mockClear();
      lead(inner, "other");
    };
    lead(join(app, "current"), "r3");
    await vi.waitUntil(
      () => fs.readlinkSync(inner) === "other" && told.mock.calls.length > 0,
      WAIT,
    );
    await untilTold(told, () => {
      fs.renameSync(join(app, "r3/other"), join(app, "r3/old"));
      fs.mkdirSync(join(app, "r3/other"));
    });
  });

  test("of a link that another link leads through", async () => {
    const { app, told } = watched("here/public");
    fs.symlinkSync("current", join(app, "here"));
    await untilTold(told, () => lead(join(app, "current"), "r3"));
    await untilTold(told, () => lead(join(app, "here"), "r1"));
  });

  test("of a root that is moved away, and of the one that takes its place", async () => {
    const { app, told } = watched("current/public");
    const root = join(app, "r1/public");
    await untilTold(told, () => lead(join(app, "current"), "r1"));
    for (const change of [
      () => fs.renameSync(root, `${root}.old`),
      () => fs.mkdirSync(root),
      () => fs.rmdirSync(root),
      () => fs.symlinkSync("../r2/public", root),
    ]) {
      await settled();
      told.mockClear();
      change();
      await vi.waitUntil(() => told.mock.calls.length > 0, WAIT);
    }
  });

  test("of the folder that a link is in, moved away and made anew", async () => {
    const { app, told } = watched("current/public");
    await untilTold(told, () => lead(join(app, "current"), "r1"));
    for (const change of [
      () => fs.renameSync(app, `${app}.old`),
      () => fs.renameSync(`${app}.old`, app),
    ]) {
      await settled();
      told.mockClear();
      change();
      await vi.waitUntil(() => told.mock.calls.length > 0, WAIT);
    }
  });

  test("of a folder of hosts below a link, and of a host in it", async () => {
    const { app, told } = watched("current", watchHosts);
    await untilTold(told, () => lead(join(app, "current"), "r2"));
    await untilTold(told, () => lead(join(app, "r2/example.com"), "public"));
    await untilTold(told, () => lead(join(app, "current"), "r3"));
    await untilTold(told, () => lead(join(app, "r3/example.com"), "public"));
  });
});

test("nothing is told of what lies beside the way, nor after the end", async () => {
  const told = vi.fn();
  const app = tempFolder();
  put(app, "r1/public/index.html", "");
  fs.symlinkSync("r1", join(app, "current"));
  const end = watchRoot(join(app, "current/public"), told);
  await untilTold(told, () => lead(join(app, "current"), "r1"));
  await settled();
  told.mockClear();
  put(app, "beside", "");
  put(app, "r1/beside", "");
  put(app, "r1/public/page.html", "");
  await settled();
  expect(told).not.toHaveBeenCalled();
  end();
  lead(join(app, "current"), "r1");
  await settled();
  expect(told).not.toHaveBeenCalled();
});

test("nothing is told of what is written to a file beside the hosts, but that it came", async () => {
  const hosts = tempFolder();
  const told = vi.fn();
  onTestFinished(watchHosts(hosts, told));
  const log = join(hosts, "deploy.log");
  await untilTold(told, () => {
    fs.rmSync(log, { force: true });
    fs.writeFileSync(log, "");
  });
  await settled();
  told.mockClear();
  for (let line = 0; line < 3; line++) fs.appendFileSync(log, "a line\n");
  fs.chmodSync(log, 0o600);
  await settled();
  expect(told).not.toHaveBeenCalled();
});

test("a way that does not answer is followed once at a time, and once more when it does", async () => {
  const { app, told } = watched("current", watchHosts);
  await untilTold(told, () => lead(join(app, "current"), "r2"));
  await settled();
  told.mockClear();
  let letThrough = (): void => {};
  answer = new Promise((resolve) => {
    letThrough = resolve;
  });
  onTestFinished(() => {
    answer = undefined;
  });
  for (let times = 0; times < 5; times++) {
    fs.writeFileSync(join(app, `r2/${times}.test`), "");
    await vi.waitUntil(() => told.mock.calls.length > times, WAIT);
  }
  expect(looksUnderWay).toBe(1);
  lead(join(app, "current"), "r3");
  answer = undefined;
  letThrough();
  await settled();
  expect(looksUnderWay).toBe(0);
  await untilTold(told, () => lead(join(app, "r3/example.com"), "public"));
});

test("a root in a circle, and one that is not there, are watched without an end to it", async () => {
  const app = tempFolder();
  fs.symlinkSync("b", join(app, "a"));
  fs.symlinkSync("a", join(app, "b"));
  const told = vi.fn();
  onTestFinished(watchRoot(join(app, "a/public"), told));
  fs.mkdirSync(join(app, "c"));
  await untilTold(told, () => lead(join(app, "a"), "c"));
  await untilTold(told, () => {
    fs.rmSync(join(app, "c/public"), { recursive: true, force: true });
    fs.mkdirSync(join(app, "c/public"));
  });
});
