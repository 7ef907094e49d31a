/**
 * The workers as the admin port sees them: what each said last, and how to ask them all.
 *
 * Owns: what was last heard of each. Who they are, the supervisor says.
 */
import type { WorkerRow } from "../../metrics/worker-row.js";
import type { Answer, Question, SecondNews, WorkerSecond } from "../process/worker-talk.js";
import type { WorkerFacts } from "./fleet-readiness.js";

/** A worker that can be asked. */
export interface WorkerLink {
  /**
   * From 1, of its own among those that run. It is a label of metrics: the lowest that is free keeps
   * its values few.
   */
  readonly id: number;
  readonly pid: number;
  /** Rejects when it dies, or does not answer in time. */
  ask(question: Question): Promise<Answer>;
}

interface Heard {
  readonly second: WorkerSecond | undefined;
  /** Answers since it started. */
  readonly answers: number;
  readonly atMs: number;
}

export interface WorkerLinksParts {
  /** Those that run now. */
  readonly workers: () => readonly WorkerLink[];
  readonly nowMs: () => number;
  /** Milliseconds since the epoch. */
  readonly wallMs: () => number;
}

export class WorkerLinks {
  readonly #parts: WorkerLinksParts;
  readonly #heard = new Map<number, Heard>();
  /** Those that did not answer when they were last asked. */
  readonly #mute = new Set<number>();

  constructor(parts: WorkerLinksParts) {
    this.#parts = parts;
  }

  get all(): readonly WorkerLink[] {
    return this.#parts.workers();
  }

  /** The last second that each of them has told. */
  get seconds(): WorkerSecond[] {
    return this.all.flatMap(({ id }) => this.#heard.get(id)?.second ?? []);
  }

  /** How many have told of a second: the others are starting. */
  get running(): number {
    return this.seconds.length;
  }

  /** Last words of one that is gone are not kept: its figures are in the ledger. */
  note(id: number, { shipment, second }: SecondNews): void {
    if (!this.all.some((one) => one.id === id)) return;
    const before = this.#heard.get(id);
    const answers = shipment.answersByClass.slice(1).reduce((sum, count) => sum + count, 0);
    this.#heard.set(id, {
      second: second ?? before?.second,
      answers: answers + (before?.answers ?? 0),
      atMs: this.#parts.nowMs(),
    });
  }

  forget(id: number): void {
    this.#heard.delete(id);
    this.#mute.delete(id);
  }

  /**
   * The answers that come in time, by the worker's id. Never rejects.
   *
   * @param limitMs until then; whoever has not answered is left out
   */
  async askAll<Kind extends Question["kind"]>(
    question: Question & { readonly kind: Kind },
    limitMs: number,
  ): Promise<ReadonlyMap<number, Extract<Answer, { kind: Kind }>>> {
    const answers = new Map<number, Extract<Answer, { kind: Kind }>>();
    const links = this.all;
    const asked = links.map(async (link) => {
      const answer = await link.ask(question);
      answers.set(link.id, answer as Extract<Answer, { kind: Kind }>); // the kind it was asked for
    });
    await within(limitMs, Promise.allSettled(asked));
    for (const { id } of links) {
      if (answers.has(id)) this.#mute.delete(id);
      else this.#mute.add(id);
    }
    return new Map(answers); // what comes later is not for whoever asked
  }

  /** Those that have told of a second, in the order of their ids. */
  rows(): WorkerRow[] {
    const rows = this.all.flatMap(({ id, pid }): WorkerRow[] => {
      const heard = this.#heard.get(id);
      if (heard?.second === undefined) return [];
      const { sample, startedAtMs } = heard.second;
      return [
        {
          id,
          pid,
          uptimeMs: Math.max(0, Math.round(this.#parts.wallMs() - startedAtMs)),
          answers: heard.answers,
          connections: sample.connections,
          rssBytes: sample.rssBytes,
          loopLagP99Us: sample.loopLagP99Us,
          loopUtilization: sample.loopUtilization,
          hasAnswered: !this.#mute.has(id),
        },
      ];
    });
    return rows.sort((a, b) => a.id - b.id);
  }

  /** The same workers, as far as it concerns whether they are ready. */
  facts(): WorkerFacts[] {
    return this.all.flatMap(({ id, pid }) => {
      const heard = this.#heard.get(id);
      if (heard?.second === undefined) return [];
      const { transport, unready } = heard.second;
      const silentMs = this.#parts.nowMs() - heard.atMs;
      return [{ id, pid, isListening: transport !== undefined, silentMs, unready }];
    });
  }
}

/** Until it has settled, or the time is over. */
async function within(limitMs: number, settled: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([settled, limit]);
  clearTimeout(timer);
}
