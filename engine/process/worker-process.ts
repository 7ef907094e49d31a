/**
 * One worker, as the supervisor sees it: what it was told, what it has said, how long it is silent.
 *
 *   STARTING ──▶ LISTENING ──▶ LEAVING ──▶ DEAD      and from each of them at once to DEAD
 */
import type { WorkerLink } from "../admin/worker-links.js";
import type { Child, ForkWorker } from "./fork-worker.js";
import type { FromWorker, Order } from "./messages.js";
import type { Left } from "./worker.js";
import type { Answer, Question, SecondNews } from "./worker-talk.js";

type State = "starting" | "listening" | "leaving" | "dead";

const NOTHING_LEFT: Left = { transfers: 0, bytes: 0 };

export interface WorkerParts {
  /** Its own for as long as it lives. */
  readonly id: number;
  readonly fork: ForkWorker;
  readonly order: Order;
  readonly isSpokesman: boolean;
  readonly onNews: (worker: WorkerProcess, news: SecondNews) => void;
  readonly onDeath: (worker: WorkerProcess) => void;
}

/** Who has not answered by then is asked in vain. Shorter: a busy worker is missing in a report. */
const ANSWER_MS = 5000;

export class WorkerProcess implements WorkerLink {
  readonly id: number;
  left: Left = NOTHING_LEFT;
  /** Of its own accord, when it has been told to. */
  ending: "drained" | "cut" | undefined;
  /** When it began to listen, by `performance.now`; undefined before. */
  sinceMs: number | undefined;
  /** Calls of `tick` since it last said something. */
  silentTicks = 0;
  readonly #child: Child;
  readonly #listening = createDeferred<string>();
  readonly #died = createDeferred<void>();
  readonly #isSpokesman: boolean;
  /** The last one given. */
  #order: Order;
  #state: State = "starting";
  #isHere = false;
  #reason = "";
  #onReloaded = (): void => {};
  #onRenewed = (_failure: string): void => {};
  readonly #onNews: WorkerParts["onNews"];
  #questions = 0;
  readonly #asked = new Map<number, Deferred<Answer>>();

  constructor({ id, fork, order, isSpokesman, onNews, onDeath }: WorkerParts) {
    this.id = id;
    this.#onNews = onNews;
    this.#order = order;
    this.#isSpokesman = isSpokesman;
    this.#listening.promise.catch(() => {}); // who does not wait for it hears of the death
    this.#child = fork({
      heard: (message) => this.#hear(message),
      died: (reason) => {
        this.#state = "dead";
        const complaint = this.#reason || `a worker ended before it listened: ${reason}`;
        this.#listening.reject(new Error(complaint));
        this.#reason ||= reason;
        this.left = NOTHING_LEFT;
        this.#onReloaded();
        this.#onRenewed("");
        for (const { reject } of this.#asked.values()) reject(new Error(`${this.name} is gone`));
        onDeath(this);
        this.#died.resolve();
      },
    });
  }

  /** The transport's name; rejects with a reason for the operator when it ends before it listens. */
  get listening(): Promise<string> {
    return this.#listening.promise;
  }

  get died(): Promise<void> {
    return this.#died.promise;
  }

  get pid(): number {
    return this.#child.pid;
  }

  get state(): State {
    return this.#state;
  }

  /** Why it has ended, in its own words where it had some. */
  get reason(): string {
    return this.#reason;
  }

  /** `worker 2 (pid 4711)`. */
  get name(): string {
    return `worker ${this.id} (pid ${this.pid})`;
  }

  /** Resolves when it serves by the new order, or never will. */
  async reload(order: Order): Promise<void> {
    this.#order = order;
    if (!this.#isHere || this.#state === "dead") return;
    await new Promise<void>((resolve) => {
      this.#onReloaded = resolve;
      this.#child.send({ kind: "reload", order });
    });
  }

  /** @returns why it does not serve with certificates of this digest; "" when it does, or never will */
  async renew(digest: string): Promise<string> {
    // It has yet to read the files, or takes no new connections any more.
    if (!this.#isHere || this.#state === "dead" || this.#state === "leaving") return "";
    return new Promise<string>((resolve) => {
      this.#onRenewed = resolve;
      this.#child.send({ kind: "renew", digest });
    });
  }

  async ask(question: Question): Promise<Answer> {
    if (this.#state === "dead") throw new Error(`${this.name} is gone`);
    const number = this.#questions++;
    const asked = createDeferred<Answer>();
    this.#asked.set(number, asked);
    const late = (): void => asked.reject(new Error(`${this.name} does not answer`));
    const timer = setTimeout(late, ANSWER_MS);
    this.#child.send({ kind: "ask", number, question });
    return asked.promise.finally(() => {
      clearTimeout(timer);
      this.#asked.delete(number);
    });
  }

  reopenLogs(): void {
    this.#child.send({ kind: "reopen logs" });
  }

  retire(): void {
    this.#leave();
    this.#child.send({ kind: "retire" });
  }

  stop(limitMs: number): void {
    this.#leave();
    this.#child.send({ kind: "stop", limitMs });
  }

  kill(): void {
    this.#child.kill();
  }

  #leave(): void {
    if (this.#state !== "dead") this.#state = "leaving";
  }

  #hear(message: FromWorker): void {
    this.silentTicks = 0;
    switch (message.kind) {
      case "here":
        this.#isHere = true;
        if (this.#state === "leaving") return this.#dismiss();
        this.#child.send({ kind: "serve", order: this.#order, isSpokesman: this.#isSpokesman });
        return;
      case "listening":
        if (this.#state === "starting") this.#state = "listening";
        this.sinceMs = performance.now();
        return this.#listening.resolve(message.transport);
      case "refused":
        this.#reason = message.complaint;
        return;
      case "reloaded":
        return this.#onReloaded();
      case "renewed":
        return this.#onRenewed(message.failure);
      case "news":
        return this.#onNews(this, message.news);
      case "answered":
        return this.#answered(message.number, message.answer);
      case "alive":
        this.left = message.left;
        return;
      case "ended":
        this.ending = message.how;
        return;
    }
  }

  /** It was told to leave when nobody listened yet: it has begun nothing, and is not to begin. */
  #dismiss(): void {
    this.ending = "drained";
    this.kill();
  }

  #answered(number: number, answer: Answer | undefined): void {
    const asked = this.#asked.get(number);
    if (answer === undefined) asked?.reject(new Error(`${this.name} cannot answer`));
    else asked?.resolve(answer);
  }
}

interface Deferred<Value> {
  readonly promise: Promise<Value>;
  resolve(value: Value): void;
  reject(error: Error): void;
}

function createDeferred<Value>(): Deferred<Value> {
  let settle!: Omit<Deferred<Value>, "promise">;
  const promise = new Promise<Value>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { promise, ...settle };
}
