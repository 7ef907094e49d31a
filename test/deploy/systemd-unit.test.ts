/** Fear: a unit that systemd refuses, that cuts downloads, or under which the server does not run. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { shareOf } from "../../engine/settings/shares.js";
import { judgeSite } from "../../engine/settings/site.js";
import { parseMs } from "../../engine/settings/units.js";
import { put, tempFolder } from "../support/temp-folder.js";
import { commandOf, configOf, readText } from "./shipped.js";

const UNIT = readText("deploy/sluice.service");
const MAIN = "/opt/sluice/dist/engine/main.js";
const ANALYZE = "/usr/bin/systemd-analyze";

/** All values of a directive, in order. */
const valuesOf = (name: string): string[] =>
  [...UNIT.matchAll(new RegExp(`^${name}=(.*)$`, "gm"))].map(([, value]) => value!);
const theValueOf = (name: string): string => {
  const values = valuesOf(name);
  expect(values).toHaveLength(1);
  return values[0]!;
};
const msOf = (name: string): number => parseMs(theValueOf(name))!;

const config = configOf(
  Object.fromEntries(valuesOf("Environment").map((pair) => pair.split("=", 2))),
);

test("starts the server", () => {
  expect(commandOf(theValueOf("ExecStart").split(" "), MAIN)).toEqual({ kind: "serve" });
});

const PAGE = readText("deploy/README.md");

describe("the settings that the page tells to edit", () => {
  const [, edited] = /^echo SLUICE_\w+=\S+ > (\S+)/m.exec(PAGE)!;

  test("are a file that a reload reads anew", () => {
    expect(config.settings).toBe(edited);
    expect(theValueOf("ExecReload")).toBe("/bin/kill -HUP $MAINPID");
    expect(valuesOf("EnvironmentFile")).not.toContain(`-${edited}`); // it would win, as it was at start
  });

  test("say all that the unit has not to know itself", () => {
    const fixed = valuesOf("Environment").map((pair) => pair.split("=", 1)[0]);
    expect(fixed).toEqual(["NODE_ENV", "SLUICE_STATE_DIR", "SLUICE_SETTINGS"]);
  });

  test("say what is served, by a path that is followed anew when a link on it is switched", () => {
    const lines = [...PAGE.matchAll(/^echo (\w+)=(\S+) >>? (\S+)/gm)];
    const values = lines.map(([, name, value]) => [name!, value!] as const);
    expect(lines.map(([, , , file]) => file)).toEqual(lines.map(() => edited));
    expect(configOf(Object.fromEntries(values)).root).toBe("/srv/www");
    expect(valuesOf("WorkingDirectory")).toEqual([]); // a kernel keeps that by what it leads to
  });

  test("have to say it: the whole machine is not served instead", () => {
    expect([config.root, config.hostsDir]).toEqual([".", ""]);
    const atTheTop = judgeSite({ ...config, root: "/" }); // where systemd starts
    expect(atTheTop.complaints).toEqual([
      expect.stringContaining("SLUICE_SETTINGS="),
      expect.stringContaining("SLUICE_STATE_DIR="),
    ]);
  });

  test("hold no secret: they are read by a user made up for the occasion", () => {
    expect(theValueOf("DynamicUser")).toBe("yes");
    expect(valuesOf("EnvironmentFile")).toEqual(["-/etc/sluice/secrets"]);
    expect(PAGE).toContain("install -m 600 /dev/null /etc/sluice/secrets");
  });
});

test("signals by the page reach the supervisor alone", () => {
  for (const [command] of PAGE.matchAll(/systemctl kill [^`]*/g)) {
    expect(command).toContain("--kill-whom=main");
  }
  expect(PAGE).toContain("systemctl kill ");
});

test("lets a drain end before it kills", () => {
  expect(msOf("TimeoutStopSec")).toBeGreaterThan(config.drainMs);
  expect(theValueOf("KillMode")).toBe("mixed"); // the main process drains; its children are not cut
});

test("hears the server: what it sends needs a socket, from the process that is believed", () => {
  expect([theValueOf("Type"), theValueOf("NotifyAccess")]).toEqual(["notify", "main"]);
  expect(theValueOf("RestrictAddressFamilies").split(" ")).toContain("AF_UNIX");
  expect(msOf("WatchdogSec")).toBeGreaterThan(config.readyLagMs);
});

test("may write where the server wants to", () => {
  expect(config.stateDir).toBe(`/var/lib/${theValueOf("StateDirectory")}`);
});

test("may hold more connections than files", () => {
  const limit = Number(theValueOf("LimitNOFILE"));
  expect(limit).toBeGreaterThan(2 * shareOf(config, 1, limit).maxOpenFiles);
});

test("lets V8 compile, and refuses system calls without killing for them", () => {
  expect(theValueOf("MemoryDenyWriteExecute")).toBe("no");
  expect(theValueOf("SystemCallErrorNumber")).toBe("EPERM");
  expect(valuesOf("SystemCallFilter")).toEqual([
    "@system-service @pkey",
    "~@privileged @resources",
  ]);
});

describe.runIf(existsSync(ANALYZE))("to systemd-analyze", () => {
  /** The unit, with a server that is there: whether it is executable is asked as well. */
  const unit = (): string =>
    put(tempFolder(), "sluice.service", UNIT.replace("/usr/bin/node", process.execPath));

  test("it is without fault", () => {
    // It goes on after a value it does not know, with a line on standard error.
    const words = ["verify", "--man=no", unit()];
    const { status, stderr } = spawnSync(ANALYZE, words, { encoding: "utf8" });
    expect([status, stderr]).toEqual([0, ""]);
  });
  test("it exposes little", () => {
    const words = ["security", "--offline=true", "--threshold=20", unit()]; // tenths, of 10
    const out = execFileSync(ANALYZE, words, { encoding: "utf8" });
    expect(out).toMatch(/Overall exposure level for sluice\.service: [01]\.\d OK/);
  });
});
