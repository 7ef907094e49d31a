/** Fear: a link, or a chain of them, through which a client reads what lies outside the root. */
import fs from "node:fs";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { put, tempFolder } from "../support/temp-folder.js";

type Containment = typeof import("../../fs/containment.js");

/** The module as on this system, or as on one without /proc. */
async function loadContainment(hasProc: boolean): Promise<Containment> {
  vi.resetModules();
  const probe = vi.spyOn(fs, "existsSync").mockReturnValue(hasProc);
  const containment = await import("../../fs/containment.js");
  probe.mockRestore();
  return containment;
}

function judge({ containmentOf }: Containment, root: string, path: string): string {
  let fd = -1;
  try {
    fd = fs.openSync(path, "r");
    return containmentOf(root, fd, path);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code!;
  } finally {
    if (fd >= 0) fs.closeSync(fd);
  }
}

/** Folders and links, by number: each in some folder made before it, or in the root. */
const thing = fc.record({
  parent: fc.nat(9),
  target: fc.oneof(
    fc.constantFrom(
      "..",
      "../..",
      ".",
      "../outside",
      "../outside/secret",
      "../root",
      "../rootlike",
    ),
    fc.constantFrom(
      "file",
      "n0",
      "n1/n2",
      "../n3",
      "n4/../../outside",
      "OUTSIDE/secret",
      "ROOT/n1",
    ),
    fc.constant(undefined),
  ),
});

function plant(top: string, things: readonly { parent: number; target: string | undefined }[]) {
  const root = join(top, "root");
  const folders = [root];
  put(root, "file", "inside");
  put(top, "outside/secret", "outside");
  put(top, "rootlike/secret", "outside");
  for (const [at, { parent, target }] of things.entries()) {
    const path = join(folders[parent % folders.length]!, `n${at}`);
    if (target === undefined) {
      put(path, "file", "inside");
      folders.push(path);
    } else {
      fs.symlinkSync(target.replace("OUTSIDE", `${top}/outside`).replace("ROOT", root), path);
    }
  }
  return root;
}

/** Every path that leads somewhere, links followed, as deep as `depth` names. */
function pathsBelow(folder: string, depth: number): string[] {
  if (depth === 0 || !fs.statSync(folder).isDirectory()) return [folder];
  const inside = fs.readdirSync(folder).map((name) => join(folder, name));
  return [folder, ...inside.filter(fs.existsSync).flatMap((path) => pathsBelow(path, depth - 1))];
}

for (const [where, hasProc] of [
  ["with /proc", true],
  ["without /proc", false],
] as const) {
  describe(where, () => {
    test("whatever the links, what is inside is inside, and nothing else", async () => {
      const containment = await loadContainment(hasProc);
      const top = tempFolder();
      const seen: string[] = [];
      fc.assert(
        fc.property(fc.array(thing, { maxLength: 8 }), (things) => {
          const tree = fs.mkdtempSync(join(top, "tree-"));
          const root = plant(tree, things);
          for (const path of pathsBelow(root, 4)) {
            const real = fs.realpathSync.native(path);
            const isInside = real === root || real.startsWith(`${root}/`);
            seen.push(judge(containment, root, path));
            expect(seen.at(-1)).toBe(isInside ? "inside" : "outside");
          }
          fs.rmSync(tree, { recursive: true });
        }),
        { numRuns: 40 },
      );
      expect(new Set(seen)).toEqual(new Set(["inside", "outside"]));
    });

    test("a step up in a link's target is taken from where the links before it lead", async () => {
      const containment = await loadContainment(hasProc);
      const top = tempFolder();
      const root = join(top, "root");
      put(root, "deep/er/file", "");
      put(top, "outside/secret", "");
      fs.symlinkSync("deep/er", join(root, "short"));
      fs.symlinkSync("short/../er/file", join(root, "inside"));
      fs.symlinkSync("deep/er/../../../outside/secret", join(root, "outside"));
      expect(judge(containment, root, join(root, "inside"))).toBe("inside");
      expect(judge(containment, root, join(root, "outside"))).toBe("outside");
    });

    test("a folder whose name begins like the root's is outside", async () => {
      const containment = await loadContainment(hasProc);
      const top = tempFolder();
      put(top, "root/file", "");
      put(top, "root-old/secret", "");
      fs.symlinkSync("../root-old/secret", join(top, "root/link"));
      expect(judge(containment, join(top, "root"), join(top, "root/link"))).toBe("outside");
    });

    test("the root itself is inside", async () => {
      const containment = await loadContainment(hasProc);
      const root = tempFolder();
      expect(judge(containment, root, root)).toBe("inside");
    });

    test("everything is inside /", async () => {
      const containment = await loadContainment(hasProc);
      expect(judge(containment, "/", put(tempFolder(), "file", ""))).toBe("inside");
    });

    test("a root that is a link holds what it leads to, also when it is switched", async () => {
      const containment = await loadContainment(hasProc);
      const top = tempFolder();
      for (const release of ["r1", "r2"]) put(top, `${release}/file`, "");
      const root = join(top, "current");
      fs.symlinkSync("r1", root);
      expect(judge(containment, root, join(root, "file"))).toBe("inside");
      fs.rmSync(root);
      fs.symlinkSync("r2", root);
      expect(judge(containment, root, join(root, "file"))).toBe("inside");
    });

    test("what a root led to before it was switched is outside a second later", async () => {
      const containment = await loadContainment(hasProc);
      vi.useFakeTimers({ toFake: ["performance"] });
      onTestFinished(() => void vi.useRealTimers());
      const top = tempFolder();
      for (const release of ["r1", "r2"]) put(top, `${release}/file`, "");
      fs.symlinkSync("../r1/file", join(top, "r2/link"));
      const root = join(top, "current");
      fs.symlinkSync("r1", root);
      expect(judge(containment, root, join(root, "file"))).toBe("inside");
      fs.rmSync(root);
      fs.symlinkSync("r2", root);
      vi.advanceTimersByTime(1000);
      expect(judge(containment, root, join(root, "link"))).toBe("outside");
    });
  });
}

test("a file that is removed after it was opened is still where it was", async () => {
  const { containmentOf } = await loadContainment(true);
  const path = put(tempFolder(), "file", "");
  const fd = fs.openSync(path, "r");
  fs.rmSync(path);
  expect(containmentOf(dirname(path), fd, path)).toBe("inside");
  fs.closeSync(fd);
});

test("a path that leads elsewhere by now does not speak for what was opened", async () => {
  const { containmentOf } = await loadContainment(false);
  const root = tempFolder();
  const path = put(root, "file", "inside");
  const fd = fs.openSync(put(tempFolder(), "secret", "outside"), "r");
  expect(containmentOf(root, fd, path)).toBe("outside");
  fs.closeSync(fd);
});
