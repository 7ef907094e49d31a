/** Fear: a row of the micro-benchmarks that names a file which has moved, or is compared with nothing. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createTasks } from "../../bench/micro/tasks.js";
import { REPO_ROOT, sourceFile } from "../../bench/places.js";

const names = createTasks().map(({ name }) => name);

test.each(names)("%s: the file is there", (name) => {
  expect(existsSync(join(REPO_ROOT, `${name.split(" ")[0]}.ts`))).toBe(true);
});

test("each row has a stored figure, and no figure is without a row", () => {
  const { nsPerCall } = JSON.parse(readFileSync(sourceFile("micro-baseline.json"), "utf8"));
  expect(Object.keys(nsPerCall)).toEqual(names);
});
