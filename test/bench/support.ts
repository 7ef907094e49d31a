/**
 * What tests of the instrument share: a server that answers what it is told, when it is told, and the
 * record of a run in which nothing was measured yet.
 */
import { createServer, type Server, type Socket } from "node:net";
import type { Results } from "../../bench/results.js";

export interface StubServer {
  readonly port: number;
  readonly close: () => Promise<void>;
}

/** @param answer called per request with its head; resolves with the whole answer */
export async function startStub(answer: (head: string) => Promise<string>): Promise<StubServer> {
  const open = new Set<Socket>();
  const server: Server = createServer((socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket)).on("error", () => {});
    let text = "";
    socket.on("data", async (piece) => {
      text += piece.toString("latin1");
      for (let end = text.indexOf("\r\n\r\n"); end >= 0; end = text.indexOf("\r\n\r\n")) {
        const head = text.slice(0, end);
        text = text.slice(end + 4);
        const bytes = await answer(head);
        if (!socket.destroyed) socket.write(bytes, "latin1");
      }
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no TCP address");
  const close = () =>
    new Promise<void>((done) => {
      for (const socket of open) socket.destroy();
      server.close(() => done());
    });
  return { port: address.port, close };
}

/** A complete answer with a length. */
export const answerOf = (status: number, body: string, fields = ""): string =>
  `HTTP/1.1 ${status} Word\r\n${fields}Content-Length: ${body.length}\r\n\r\n${body}`;

/** @param servers their names, of which the first word is the family */
export const record = (servers: readonly string[]): Results => ({
  startedAt: "2030-01-02T03:04:05.000Z",
  machine: {
    cpu: "Test",
    cores: 2,
    memoryGib: 1,
    kernel: "Linux 0",
    node: "v20",
    loadBefore: 0,
    openFilesLimit: 1024,
  },
  rounds: 3,
  durationSec: 1,
  warmUpSec: 1,
  workers: 1,
  cores: "server on core 0, load on 1",
  caveats: [],
  servers: servers.map((name) => ({
    name,
    family: name.split(" ")[0]!,
    version: "1",
    configuration: `<script>${name}</script>`,
  })),
  cells: [],
  samples: [],
});
