/** Fear: a report of another program, a command that hangs, or an error nobody can act on. */
import { createServer, type RequestListener } from "node:http";
import net, { type AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Told } from "../../../engine/commands/admin-client.js";
import { tellReport } from "../../../engine/commands/report-command.js";
import { reportText } from "../../../metrics/report-text.js";
import { BUSY } from "../../support/report.js";

const TOKEN = "correct-horse-battery";
const refused = (...complaints: unknown[]): Told =>
  ({ kind: "refused", complaints }) as unknown as Told;
const refusedFor = (pattern: RegExp): Told => refused(expect.stringMatching(pattern));

async function listenWith(server: net.Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

const serve = (listener: RequestListener): Promise<number> => listenWith(createServer(listener));

/** A program that says this to whoever sends it anything, whatever it means. */
function serveBytes(answer: (socket: net.Socket) => void): Promise<number> {
  const sockets = new Set<net.Socket>();
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("data", () => answer(socket));
  });
  return listenWith(server);
}

interface Asking {
  readonly env?: Readonly<Record<string, string>>;
  readonly asJson?: boolean;
  readonly width?: number;
  readonly deadlineMs?: number;
}
const tell = (port: number, { env, asJson = false, width, ...rest }: Asking = {}): Promise<Told> =>
  tellReport({ SLUICE_ADMIN_PORT: `${port}`, ...env }, { asJson, width, ...rest });

const answerReport: RequestListener = (_, response) => void response.end(JSON.stringify(BUSY));

describe("a server that answers", () => {
  test("is told as text, as wide as the terminal", async () => {
    const port = await serve(answerReport);
    expect(await tell(port, { width: 120 })).toEqual({ kind: "told", text: reportText(BUSY, 120) });
  });
  test("is told 100 columns wide where there is no terminal", async () => {
    const port = await serve(answerReport);
    expect(await tell(port)).toEqual({ kind: "told", text: reportText(BUSY, 100) });
  });
  test("is told as JSON on one line, newer fields too, and steers no terminal", async () => {
    const sent = { ...BUSY, weather: "\x9b2J\u202e" };
    const port = await serve((_, response) => void response.end(JSON.stringify(sent, null, 2)));
    const told = await tell(port, { asJson: true });
    if (told.kind !== "told") throw new Error(told.complaints.join());
    expect(told.text).toMatch(/^\{[^\n]*"weather":"\\u009b2J\\u202e"\}\n$/);
    expect(JSON.parse(told.text)).toEqual(JSON.parse(JSON.stringify(sent)));
  });
  test("is asked once, for the report, without a token when there is none", async () => {
    const asked: unknown[] = [];
    const port = await serve((request, response) => {
      const { method, url, headers } = request;
      asked.push([method, url, headers.host, headers.authorization, headers.connection]);
      answerReport(request, response);
    });
    await tell(port);
    expect(asked).toEqual([["GET", "/report.json", `127.0.0.1:${port}`, undefined, "close"]]);
  });
  test("is shown the token", async () => {
    const port = await serve(({ headers }, response) => {
      response.statusCode = headers.authorization === `Bearer ${TOKEN}` ? 200 : 401;
      response.end(JSON.stringify(BUSY));
    });
    const told = await tell(port, { env: { SLUICE_ADMIN_TOKEN: TOKEN } });
    expect(told.kind).toBe("told");
  });
  test("on every interface is asked at this machine's own address", async () => {
    let host: string | undefined;
    const port = await serve((request, response) => {
      host = request.headers.host;
      answerReport(request, response);
    });
    const env = { SLUICE_ADMIN_HOST: "0.0.0.0", SLUICE_ADMIN_TOKEN: TOKEN };
    expect((await tell(port, { env })).kind).toBe("told");
    expect(host).toBe(`127.0.0.1:${port}`);
  });
  test("is reached whatever else is wrong with the settings", async () => {
    const port = await serve(answerReport);
    const env = { SLUICE_ROOT: "/nowhere", SLUICE_PORT: "http", SLUICE_READRES: "4" };
    expect((await tell(port, { env })).kind).toBe("told");
  });
});

describe("an answer that is none", () => {
  const STRANGER = "is not the admin port of this version of Sluice";
  type Row = readonly [why: string, status: number, body: string, want: RegExp];
  const rows: readonly Row[] = [
    ["a token is wanted", 401, "", /^\S+ wants a token: set SLUICE_ADMIN_TOKEN to the one/],
    ["strangers are refused", 403, "", /^\S+ answers only its own machine \(403\): .*TOKEN$/],
    ["another program knows no report", 404, "", new RegExp(`${STRANGER}: it sent status 404$`)],
    ["a redirection is not followed", 302, "", new RegExp(`${STRANGER}: it sent status 302$`)],
    ["a server in trouble", 500, "", /status 500$/],
    ["a page in place of JSON", 200, "<html>", new RegExp(`${STRANGER}: it sent no report$`)],
    ["JSON of another kind", 200, '{"status":"ok"}', /it sent no report$/],
    ["nothing", 200, "", /it sent no report$/],
  ];
  for (const [why, status, body, want] of rows) {
    test(`${why} (${status} ${body})`, async () => {
      const port = await serve((_, response) => {
        response.writeHead(status, { location: "/" }).end(body);
      });
      expect(await tell(port)).toEqual(refusedFor(want));
    });
  }

  test("another token is wanted", async () => {
    const port = await serve((_, response) => void response.writeHead(401).end());
    expect(await tell(port, { env: { SLUICE_ADMIN_TOKEN: TOKEN } })).toEqual(
      refused(`127.0.0.1:${port} wants another token than SLUICE_ADMIN_TOKEN has here`),
    );
  });

  test("a body without end is not taken in", async () => {
    let sentBytes = 0;
    const port = await serve((_, response) => {
      const piece = Buffer.alloc(1 << 20, " ");
      const more = (): void => {
        do sentBytes += piece.length;
        while (response.write(piece));
      };
      response.on("drain", more);
      more();
    });
    expect(await tell(port, { deadlineMs: 30_000 })).toEqual(
      refusedFor(/it sent more than 16MiB$/),
    );
    expect(sentBytes).toBeLessThan(48 << 20);
  });
});

describe("no answer", () => {
  type Row = readonly [why: string, answer: (socket: net.Socket) => void, want: RegExp];
  const OK = "HTTP/1.1 200 OK\r\n";
  const rows: readonly Row[] = [
    ["another protocol", (socket) => socket.write("SSH-2.0-x\r\n"), /it sent no answer to HTTP$/],
    ["a hang-up", (socket) => socket.destroy(), /hung up before its answer was complete$/],
    ["a reset", (socket) => socket.resetAndDestroy(), /hung up before its answer was complete$/],
    [
      "a hang-up in the middle",
      (socket) => socket.end(`${OK}Content-Length: 10\r\n\r\n{}`),
      /hung up before its answer was complete$/,
    ],
    [
      "a change of protocol",
      (socket) => socket.write("HTTP/1.1 101 x\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"),
      /it sent no answer to HTTP$/,
    ],
    ["silence", () => {}, /^127\.0\.0\.1:\d+ did not answer within 100ms$/],
    ["a promise", (socket) => socket.write("HTTP/1.1 100 Continue\r\n\r\n"), /within 100ms$/],
    [
      "silence in the middle",
      (socket) => socket.write(`${OK}Content-Length: 10\r\n\r\n{}`),
      /did not answer within 100ms$/,
    ],
  ];
  for (const [why, answer, want] of rows) {
    test(why, async () => {
      const port = await serveBytes(answer);
      expect(
        await tell(port, { deadlineMs: want.source.includes("100ms") ? 100 : 30_000 }),
      ).toEqual(refusedFor(want));
    });
  }

  test("nobody listens", async () => {
    const server = net.createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    expect(await tell(port)).toEqual(
      refused(
        `no server answers on 127.0.0.1:${port}: is it running, and with the same SLUICE_ADMIN_PORT?`,
      ),
    );
  });
});

describe("settings", () => {
  type Row = readonly [why: string, env: Readonly<Record<string, string>>, want: RegExp];
  const rows: readonly Row[] = [
    ["the port is off", { SLUICE_ADMIN_PORT: "0" }, /^SLUICE_ADMIN_PORT=0: the admin port is off$/],
    ["the port is no port", { SLUICE_ADMIN_PORT: "http" }, /^SLUICE_ADMIN_PORT="http".*65535/],
    ["a name is mistyped", { SLUICE_ADMIN_PROT: "1" }, /PROT: .*mean SLUICE_ADMIN_PORT\?$/],
    ["a name is mistyped at its start", { SLUICE_AMDIN_PORT: "1" }, /mean SLUICE_ADMIN_PORT\?$/],
    ["another machine wants a token", { SLUICE_ADMIN_HOST: "192.0.2.1" }, /want a token/],
    ["a token is not shown", { SLUICE_ADMIN_TOKEN: "short" }, /^SLUICE_ADMIN_TOKEN=\(hidden\)/],
  ];
  for (const [why, env, want] of rows) {
    test(why, async () => {
      expect(await tellReport(env, { asJson: false, width: 80 })).toEqual(refusedFor(want));
    });
  }
  test("all mistakes are told at once", async () => {
    const env = { SLUICE_ADMIN_PORT: "x", SLUICE_ADMIN_TOKEN: "short" };
    const told = await tellReport(env, { asJson: false, width: 80 });
    expect(told.kind === "refused" && told.complaints).toHaveLength(2);
  });
});
