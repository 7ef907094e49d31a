/** Fear: a doctor that does not look at this machine, but at none. */
import { execFileSync } from "node:child_process";
import os from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { diagnose } from "../../../engine/doctor/doctor-command.js";
import type { Finding } from "../../../engine/doctor/finding.js";
import { put, tempFolder } from "../../support/temp-folder.js";

type Env = Readonly<Record<string, string>>;

async function findingsFor(root: string, env: Env = {}): Promise<ReadonlyMap<string, Finding>> {
  const { text } = await diagnose(env, { root, asJson: true, width: undefined });
  expect(text).toMatch(/^\{[^\n]*\}\n$/);
  const { findings }: { findings: Finding[] } = JSON.parse(text);
  return new Map(findings.map((finding) => [finding.check, finding]));
}

function site(): string {
  const root = tempFolder();
  put(root, "index.html", "home");
  return root;
}

describe.runIf(process.platform === "linux")("on Linux", () => {
  test("what is told of the kernel is what other programs tell", async () => {
    const { limits, pages } = asOthersTell();
    const findings = await findingsFor(site(), {
      SLUICE_MAX_OPEN_FILES: "16",
      SLUICE_WORKERS: "0",
    });
    const found = (check: string): string => findings.get(check)!.found;
    expect(found("kernel")).toBe(`Linux ${os.release()}`);
    expect(found("pages")).toBe(`${pages / 1024}KiB a page`);
    expect(found("open files")).toContain(limits === "unlimited" ? "no limit" : `limit ${limits}`);
    expect(found("backlog")).toMatch(/^net\.core\.somaxconn=\d+$/);
    expect(found("memory")).toMatch(/^up to 743MiB with full caches; the \D+ \d+MiB$/);
    expect(findings.get("user")?.verdict).toBe(os.userInfo().uid === 0 ? "warning" : "ok");
  });
});

/** Node raises its limit as far as it may, so the hard one counts. */
function asOthersTell(): { limits: string; pages: number } {
  const shell = (script: string): string =>
    execFileSync("sh", ["-c", script], { encoding: "utf8" }).trim();
  return { limits: shell("ulimit -Hn"), pages: Number(shell("getconf PAGE_SIZE")) };
}

test("a certificate that is not there is found", async () => {
  const env = { SLUICE_TLS_CERT: "/nowhere/c.pem", SLUICE_TLS_KEY: "/nowhere/k.pem" };
  const { verdict, found } = (await findingsFor(site(), env)).get("certificate")!;
  expect([verdict, found]).toEqual(["error", expect.stringContaining("/nowhere/")]);
});

test("a root that is well has no error, and the text says so", async () => {
  const { text, hasErrors } = await diagnose({}, { root: site(), asJson: false, width: 80 });
  expect(hasErrors).toBe(false);
  expect(text).toMatch(/^ok +settings +a start would find nothing wrong$/m);
  expect(text).toMatch(/\n\n0 errors, \d+ warnings?, \d+ notes?; \d+ ok\n$/);
});

test("what a start would refuse is an error, and so is a place that cannot be written", async () => {
  const root = site();
  const env = {
    SLUICE_READRES: "4",
    SLUICE_LISTING: "on",
    SLUICE_STATE_DIR: "/proc/nowhere/state",
    SLUICE_ACCESS_LOG: "json",
    SLUICE_ACCESS_LOG_FILE: join(root, "missing", "log"),
  };
  const { text, hasErrors } = await diagnose(env, { root, asJson: false, width: 500 });
  expect(hasErrors).toBe(true);
  expect(text).toMatch(/^error +settings +SLUICE_READRES: unknown setting.*SLUICE_READERS/m);
  expect(text).toMatch(/^error +settings +SLUICE_ACCESS_LOG_FILE=.*want a place outside/m);
  expect(text).toMatch(/^ok +writes +TMPDIR: \S+ can be written to$/m);
  expect(text).toMatch(/^error +writes +SLUICE_STATE_DIR: \/proc\/nowhere\/state cannot/m);
  const folder = join(root, "missing");
  expect(text).toContain(`SLUICE_ACCESS_LOG_FILE: ${folder} can be written to`);
});

test("a root that is none is told, and everything else is still looked at", async () => {
  const findings = await findingsFor("/nowhere/at/all");
  expect(findings.get("settings")).toMatchObject({
    verdict: "error",
    found: 'root "/nowhere/at/all" does not exist',
  });
  expect(findings.has("library")).toBe(true);
  expect(findings.has("files")).toBe(false);
});
