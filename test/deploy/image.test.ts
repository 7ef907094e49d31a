/** Fear: an image that does not build, runs as root, or is healthy whatever happens. */
import { expect, test } from "vitest";
import { commandOf, configOf, readText } from "./shipped.js";

const MAIN = "/app/dist/engine/main.js";

interface Instruction {
  readonly name: string;
  readonly rest: string;
}

/** Comments and line ends with a backslash are all there is to this format, as we use it. */
const instructions: readonly Instruction[] = readText("deploy/Dockerfile")
  .replaceAll(/^#.*\n/gm, "")
  .replaceAll(/\\\n/g, " ")
  .split("\n")
  .filter((line) => line.trim() !== "")
  .map((line) => {
    const [, name = "", rest = ""] = /^(\w+)\s+(.*)$/.exec(line) ?? [];
    return { name, rest };
  });
const lastFrom = instructions.findLastIndex(({ name }) => name === "FROM");
const inImage = (wanted: string): string[] =>
  instructions.slice(lastFrom).flatMap(({ name, rest }) => (name === wanted ? rest : []));

test("what the program is built from is sent to who builds it, and nothing else", () => {
  const lines = readText(".dockerignore").match(/^[^#\n].*$/gm)!;
  const { include }: { include: string[] } = JSON.parse(readText("tsconfig.build.json"));
  const rooms = include.filter((room) => room !== "bench");
  const manifests = ["package.json", "package-lock.json", "tsconfig*.json"];
  const [first, ...others] = lines;
  expect(first).toBe("*");
  expect(others.sort()).toEqual([...manifests, ...rooms].map((name) => `!${name}`).sort());
});

test("it runs the server as a user without rights, whose number can be seen", () => {
  expect(inImage("USER")).toEqual(["65532:65532"]);
  const [entry] = inImage("ENTRYPOINT");
  expect(commandOf(JSON.parse(entry!), MAIN)).toEqual({ kind: "serve" });
});

test("its settings are taken, and it listens to more than itself", () => {
  const [variables] = inImage("ENV");
  const config = configOf(
    Object.fromEntries(variables!.split(" ").map((pair) => pair.split("=", 2))),
  );
  expect(config).toMatchObject({ host: "0.0.0.0", root: "/srv", adminHost: "127.0.0.1" });
  expect(inImage("EXPOSE")).toEqual([String(config.port)]);
});

test("its health is asked of the server itself", () => {
  const [check] = inImage("HEALTHCHECK");
  const [, words] = /CMD (\[.*\])$/.exec(check!) ?? [];
  expect(commandOf(JSON.parse(words!), MAIN)).toEqual({ kind: "health", isForRequests: false });
});

test("it holds the program and what it depends on, and no more", () => {
  const places = inImage("COPY").map((rest) => rest.split(" ").slice(1));
  expect(places).toEqual([
    ["/build/package.json", "/app/"],
    ["/build/node_modules", "/app/node_modules"],
    ["/build/dist", "/app/dist"],
  ]);
});
