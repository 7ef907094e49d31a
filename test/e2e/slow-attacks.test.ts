/** Fear: clients that are slow on purpose hold up the others, or stay for ever. */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { isInstalled } from "../../bench/programs.js";
import {
  ATTACK_NAMES,
  ATTACKER,
  attack,
  heldUp,
  type Noticed,
  probe,
} from "../../bench/soak/attacks.js";
import { MIB } from "../support/folder.js";
import { type Server, sharedServer, TRANSPORTS } from "../support/server.js";

/** `npm run soak -- --attacks` takes 1,000 for 30 s each. */
const CONNECTIONS = 250;
const SECONDS = 6;

/** Longer than a busy machine lets anybody wait; a server that is held up takes this and more. */
const PROMPT_MS = 1000;
/**
 * Share of its time that a client may wait for longer, beyond what another server's client does.
 * node:http copies the 4 MiB that a slow reader's socket takes at first: 250 of them are a second of
 * work, and several where others work as well.
 */
const MORE_HELD_UP = { uws: 0.5, node: 0.9 };
const LOOK_EVERY_MS = 500;
/** The garbage of node:http is collected later by Node 24: up to 87 MiB were seen. */
const MORE_MEMORY = { uws: 64 * MIB, node: 128 * MIB };

const FILES = {
  "small.txt": "hello",
  "large.bin": { sizeBytes: 100 * MIB, islands: [] },
} as const;

describe("all attacks at once", () => {
  const servers = TRANSPORTS.map((transport) => sharedServer({ transport, files: FILES }));

  TRANSPORTS.forEach((transport, at) => {
    test.runIf(isInstalled(ATTACKER))(
      `others are served, and nothing stays behind (${transport})`,
      async () => {
        const attacked = servers[at]!();
        const other = servers[1 - at]!(); // as busy a machine, and no attack
        const rssBefore = attacked.rssBytes();
        const fdsBefore = attacked.openFds();

        const { port } = attacked;
        const plan = { port, target: "/large.bin", connections: CONNECTIONS, seconds: SECONDS };
        const attacks = Promise.all(ATTACK_NAMES.map((name) => attack(name, plan)));
        const noticing = [attacked, other].map((server) => probeDuring(server, attacks));
        const crowd = await mostConnections(attacked, attacks);
        const [amid, elsewhere] = (await Promise.all(noticing)) as [Noticed, Noticed];

        expect(crowd).toBeGreaterThan(CONNECTIONS / 5); // 500 where the machine is not too busy
        expect(amid.failed).toBe(0);
        const more = heldUp(amid, PROMPT_MS) - heldUp(elsewhere, PROMPT_MS);
        expect(more).toBeLessThan(MORE_HELD_UP[transport]);
        await attacked.untilIdle();
        expect(attacked.openFds()).toBeLessThanOrEqual(fdsBefore + Object.keys(FILES).length);
        expect(attacked.peakRssBytes() - rssBefore).toBeLessThan(MORE_MEMORY[transport]);
        const { answersByClass } = (await attacked.stats()).counters;
        // Bodies nobody wants; a busy machine does not let the attacker open all of its connections.
        expect(answersByClass[4]).toBeGreaterThan(CONNECTIONS / 2);
      },
    );
  });
});

test("the attacker is there wherever the tests install what they need", () => {
  expect(isInstalled(ATTACKER) || process.getuid?.() !== 0).toBe(true);
});

async function probeDuring({ port }: Server, time: Promise<unknown>): Promise<Noticed> {
  let isOver = false;
  const noticing = probe(port, "/small.txt", () => isOver);
  await time;
  isOver = true;
  return noticing;
}

async function mostConnections(server: Server, time: Promise<unknown>): Promise<number> {
  let most = 0;
  let isOver = false;
  const ended = time.then(() => {
    isOver = true;
  });
  while (!isOver) {
    most = Math.max(most, (await server.stats()).connections);
    await Promise.race([ended, sleep(LOOK_EVERY_MS)]);
  }
  return most;
}
