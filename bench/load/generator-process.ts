/** The parent's side of generator.ts: start it on the load cores, talk to it, end it. */
import { once } from "node:events";
import { startChild, stopChild } from "../children.js";
import { type Cores, pinned } from "../cores.js";
import { builtFile } from "../places.js";
import type { Preload } from "../preload.js";
import type { GeneratorPlan, GeneratorResult } from "./generator.js";

export interface Generator {
  /** Starts the timed part, or ends the slow readers. Resolves with what was counted. */
  readonly go: () => Promise<GeneratorResult>;
  readonly stop: () => Promise<void>;
}

/** Resolves when the generator has warmed up and waits for `go`. */
export async function startGenerator(
  plan: GeneratorPlan,
  cores: Cores,
  preload?: Preload,
): Promise<Generator> {
  const script = builtFile("load/generator.js");
  const [command, ...args] = pinned(cores.load, process.execPath, [script]);
  const library = preload !== undefined && "library" in preload ? preload.library : undefined;
  const child = startChild(command!, args, {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    env: { ...process.env, ...(library === undefined ? {} : { LD_PRELOAD: library }) },
  });
  // Of children that end at the same moment the end may be heard of before the last word.
  const ends = Promise.all([once(child, "exit"), once(child, "disconnect")]);
  const ended = ends.then(([[code]]) => {
    throw new Error(`the load generator ended with code ${code}`);
  });
  ended.catch(() => {}); // after the result, its end is expected
  child.send(plan);
  await Promise.race([once(child, "message"), ended]);
  return {
    async go() {
      const answer = once(child, "message");
      child.send("go");
      const [result] = (await Promise.race([answer, ended])) as [GeneratorResult];
      return result;
    },
    stop: () => stopChild(child),
  };
}
