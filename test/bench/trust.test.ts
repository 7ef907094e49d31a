/** Fear: one server may believe what it knows of a file for longer than the other. */
import { expect, test } from "vitest";
import type { Site } from "../../bench/servers/contender.js";
import { NGINX } from "../../bench/servers/nginx.js";
import { createSluice } from "../../bench/servers/sluice.js";

const site = (hasDefaultTrust: boolean): Site => ({
  root: "/root",
  host: "127.0.0.1",
  port: 8080,
  adminPort: 8081,
  workDir: "/work",
  workers: 1,
  hasAccessLog: false,
  hasDefaultTrust,
  settings: {},
  floor: undefined,
});

test.each([
  ["a minute for both as a rule", false, "60000"],
  ["as by default for both where a cell asks for it", true, undefined],
])("%s", (_, hasDefaultTrust, revalidateMs) => {
  const { env } = createSluice().plan(site(hasDefaultTrust));
  expect(env?.["SLUICE_REVALIDATE_MS"]).toBe(revalidateMs);
  for (const nginx of NGINX) {
    const { "nginx.conf": text } = nginx.plan(site(hasDefaultTrust)).files!;
    expect(/open_file_cache_valid 60s;/.test(text!)).toBe(!hasDefaultTrust);
    expect(/open_file_cache max=/.test(text!)).toBe(!hasDefaultTrust);
  }
});
