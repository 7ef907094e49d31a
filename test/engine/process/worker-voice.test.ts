/** Fear: a worker that tells a figure twice, never, or in a shape that no channel carries. */
import { deserialize, serialize } from "node:v8";
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ExplainedAsk } from "../../../engine/explain/explain-ask.js";
import type { Answer, Question, SecondNews } from "../../../engine/process/worker-talk.js";
import { createVoice, type Voice } from "../../../engine/process/worker-voice.js";
import type { Listener } from "../../../engine/transport/exchange.js";
import { Folder } from "../../support/folder.js";
import { answerTo, shareInProcess } from "../../support/in-process.js";

const folder = new Folder({ "a.txt": "0123456789" });
afterAll(() => folder.remove());

/** As child_process sends it with serialization "advanced". */
const sent = <Value>(value: Value): Value => deserialize(serialize(value)) as Value;

describe("the voice of a worker", () => {
  const inProcess = shareInProcess({
    root: folder.path,
    env: { SLUICE_MAX_OPEN_FILES: "100", SLUICE_SMALL_CACHE_BYTES: "1MiB" },
  });
  let voice: Voice;
  let end = (): void => {};
  let listener: Listener | undefined;
  let unreadable: string | undefined;
  const heard: SecondNews[] = [];

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    heard.length = 0;
    unreadable = undefined;
    listener = { name: "node:http" } as Listener;
    const { machine } = inProcess();
    const root = {
      get unreadable() {
        return unreadable;
      },
    };
    const config = { readyLagMs: 60_000 };
    voice = createVoice({ machine, config, root, listener: () => listener });
    end = voice.onSecond((news) => heard.push(sent(news)));
    voice.tellAll(); // what other tests did
    heard.length = 0;
    machine.sampler.start();
  });
  afterEach(() => {
    end();
    inProcess().machine.sampler.stop();
    vi.useRealTimers();
  });

  const get = (path: string) => answerTo(inProcess().server, new ExplainedAsk(path, []));
  const ask = async (question: Question): Promise<Answer> =>
    sent(await voice.answer(sent(question)));
  const answers = ({ shipment }: SecondNews): number =>
    shipment.answersByClass.reduce((sum, count) => sum + count, 0);

  test("tells each second what has come since the last", async () => {
    await get("/a.txt");
    vi.advanceTimersByTime(1000);
    await get("/a.txt");
    await get("/none");
    vi.advanceTimersByTime(2000);
    const news = heard.filter(({ second }) => second !== undefined);
    expect(news.map(answers)).toEqual([1, 2, 0]);
    expect(news.map(({ second }) => second!.sample.requests)).toEqual([1, 2, 0]);
    expect(news[1]!.shipment.cells).toMatchObject([{ statusClass: 2 }, { statusClass: 4 }]);
    expect(news[0]!.shipment.sums.sentBytes).toBe(10);
    expect(news[0]!.shipment.downloads).toMatchObject([
      { path: "/a.txt", completed: 1, bytes: 10, inProgress: 0 },
    ]);
    expect(news[2]!.shipment.downloads).toEqual([]);
  });

  test("tells the rest before it answers, and has nothing left for the next second", async () => {
    await get("/a.txt");
    expect(await ask({ kind: "settle" })).toEqual({ kind: "settle", downloading: 0 });
    vi.advanceTimersByTime(1000);
    expect(heard.map(answers)).toEqual([1, 0]);
    expect(heard.map(({ second }) => second?.sample.requests)).toEqual([undefined, 1]);
  });

  const MANY = 4500;
  const ways: readonly (readonly [when: string, tell: () => unknown])[] = [
    ["as its last words", () => voice.tellAll()],
    ["before it answers", () => ask({ kind: "settle" })],
  ];
  for (const [when, tell] of ways) {
    test(`tells of more paths than one message holds, ${when}`, async () => {
      const { downloads } = inProcess().machine;
      for (let n = 0; n < MANY; n++) downloads.counterOf(`/many/${n}`).whole(1, 1);
      await tell();
      const rows = heard.map(({ shipment }) => shipment.downloads.length);
      expect(rows.reduce((sum, count) => sum + count, 0)).toBe(MANY);
      expect(Math.max(...rows)).toBeLessThan(MANY / 2);
      heard.length = 0;
      voice.tellAll();
      expect(heard.map(({ shipment }) => shipment.downloads)).toEqual([[]]);
    });
  }

  test("tells which files it holds and which paths it knows", async () => {
    for (const path of ["/a.txt", "/none"]) await get(path);
    vi.advanceTimersByTime(1000);
    const { files } = heard.at(-1)!.second!;
    expect(files).toEqual({
      openFiles: 0,
      mostOpenFiles: 100,
      keptOpenFiles: 0,
      bodyBytes: 10,
      mostBodyBytes: 1 << 20,
      entries: 1,
      absent: 1,
    });
  });

  test("says whether it listens, and why it is not ready", () => {
    vi.advanceTimersByTime(1000);
    listener = undefined;
    unreadable = "/srv";
    vi.advanceTimersByTime(1000);
    expect(heard.map(({ second }) => second)).toMatchObject([
      { transport: "node:http", unready: [] },
      { transport: undefined, unready: ["the root /srv cannot be read"] },
    ]);
  });

  test("shows what is under way, with a map of the pool no larger than asked for", async () => {
    const { machine } = inProcess();
    const download = machine.downloads.counterOf("/big");
    download.begin();
    const answer = await ask({ kind: "look", mostRows: 5, mostCells: 2 });
    download.cancel();
    expect(answer).toMatchObject({
      kind: "look",
      pool: { slots: machine.pool.slotCount, cells: "ff" },
      underWay: [],
      downloading: [{ path: "/big", inProgress: 1 }],
    });
  });

  test("explains a request", async () => {
    const answer = await ask({ kind: "explain", path: "/a.txt", fields: [["Range", "bytes=0-0"]] });
    expect(answer).toMatchObject({ kind: "explain", explanation: { status: 206 } });
  });

  test("keeps all until somebody listens", async () => {
    await get("/a.txt");
    const { machine } = inProcess();
    const root = { unreadable: undefined };
    const fresh = createVoice({
      machine,
      config: { readyLagMs: 1 },
      root,
      listener: () => undefined,
    });
    fresh.tellAll();
    const endFresh = fresh.onSecond((news) => heard.push(sent(news)));
    fresh.tellAll();
    endFresh();
    expect(answers(heard.at(-1)!)).toBeGreaterThan(0);
  });
});
