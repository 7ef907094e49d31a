/** Fear: a certificate for trying that no client takes, or that overwrites a real one. */
import fs from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { Certificates } from "../../../engine/tls/certificates.js";
import { writeDevCert } from "../../../engine/tls/dev-cert.js";
import { put, tempFolder } from "../../support/temp-folder.js";

test("dev-cert: is fit to be served with, and its key is nobody else's", async () => {
  const folder = join(tempFolder(), "it's new");
  const made = await writeDevCert(folder);
  const [tlsCert, tlsKey] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  const { certificates, complaints } = await Certificates.open({ tlsCert, tlsKey, tlsDir: "" });
  expect(complaints).toEqual([]);
  expect(certificates.names).toEqual(expect.arrayContaining(["localhost", "127.0.0.1", "[::1]"]));
  expect(fs.statSync(tlsKey).mode & 0o777).toBe(0o600);
  const quoted = tlsKey.replace("'", "'\\''");
  expect(made).toMatchObject({
    kind: "made",
    text: expect.stringContaining(`='${quoted}' sluice`),
  });
});

test.each(["cert.pem", "key.pem"])("dev-cert: writes nothing when there is a %s", async (name) => {
  const folder = tempFolder();
  put(folder, name, "precious");
  expect(await writeDevCert(folder)).toEqual({
    kind: "refused",
    complaints: [`${join(folder, name)}: is there already, and is not written over`],
  });
  expect(fs.readdirSync(folder)).toEqual([name]);
  expect(fs.readFileSync(join(folder, name), "utf8")).toBe("precious");
});

test("dev-cert: makes the folders above its own, for this user alone", async () => {
  const above = join(tempFolder(), "new");
  expect(await writeDevCert(join(above, "newer"))).toMatchObject({ kind: "made" });
  expect(fs.statSync(above).mode & 0o777).toBe(0o700);
});

test.skipIf(process.platform !== "linux").each(["/proc/x", "/proc/x/y"])(
  "dev-cert: comes to an end where no folder can be made (%s)",
  async (folder) => {
    expect(await writeDevCert(folder)).toEqual({
      kind: "refused",
      complaints: ["/proc/x: cannot be made"],
    });
  },
);

test("dev-cert: does not take a file for its folder", async () => {
  const folder = put(tempFolder(), "file", "");
  expect(await writeDevCert(folder)).toEqual({
    kind: "refused",
    complaints: [`${join(folder, "key.pem")}: leads through something that is not a folder`],
  });
});

test("dev-cert: wants a folder where this user has no home", async () => {
  const refused = {
    kind: "refused",
    complaints: ["this user has no home: want sluice dev-cert FOLDER"],
  };
  vi.stubEnv("HOME", "");
  onTestFinished(() => void vi.unstubAllEnvs());
  expect(await writeDevCert(undefined)).toEqual(refused);
});

test("dev-cert: does not take no name for the current folder", async () => {
  expect(await writeDevCert("")).toEqual({
    kind: "refused",
    complaints: ["the name of the folder is empty: want sluice dev-cert FOLDER"],
  });
});
