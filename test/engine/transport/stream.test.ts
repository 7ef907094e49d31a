/** Fear: somebody who watches and does not read costs memory, or a stream harms who comes after. */
import { describe, expect, test, vi } from "vitest";
import { Client, request } from "../../support/client.js";
import { EventReader } from "../../support/event-reader.js";
import { until } from "../../support/gate.js";
import { TRANSPORTS } from "../../support/server.js";
import { watch } from "../../support/watched.js";

const event = (data: string | number): Buffer => Buffer.from(`data: ${data}\n\n`);

/** Larger than what the kernel takes for a loopback connection, both sides together. */
const MORE_THAN_THE_KERNEL = 64 * 1024 * 1024;
const KIB_64 = "x".repeat(64 * 1024);

describe.each(TRANSPORTS)("a stream (%s)", (transport) => {
  test("sends its head before there is an event", async () => {
    const { port } = await watch(transport);
    const { head } = await EventReader.open(port, "/events");
    expect([head.status, head.fields.get("content-type")]).toEqual([200, "text/event-stream"]);
    expect(head.fields.get("transfer-encoding")).toBe("chunked");
    expect(head.fields.has("content-length")).toBe(false);
  });

  test("hands over each event as it is sent, small or larger than a cork", async () => {
    const { port, streams } = await watch(transport);
    const reader = await EventReader.open(port, "/events");
    for (const data of ["a", KIB_64, "b", "é🌊"]) {
      await until(() => streams[0]!.send(event(data)));
      expect((await reader.next())?.data).toBe(data);
    }
  });

  test("takes its first event in the call-back of the request", async () => {
    for (const data of ["first", KIB_64]) {
      const { port } = await watch(transport, { onStream: (stream) => stream.send(event(data)) });
      expect((await (await EventReader.open(port, "/events")).next())?.data).toBe(data);
    }
  });

  test("may be opened later", async () => {
    const { port, streams } = await watch(transport);
    const reader = await EventReader.open(port, "/late");
    streams[0]!.send(event("a"));
    expect((await reader.next())?.data).toBe("a");
  });

  test("ends well, and the connection serves on", async () => {
    const { port, streams, gone } = await watch(transport);
    const reader = await EventReader.open(port, "/events");
    streams[0]!.send(event("last"));
    streams[0]!.end();
    streams[0]!.end();
    expect(streams[0]!.send(event("too late"))).toBe(false);
    expect((await reader.next())?.data).toBe("last");
    expect(await reader.next()).toBeUndefined();
    reader.client.send(request("GET /a"));
    expect(String((await reader.client.answer()).body)).toBe("plain");
    expect(gone.size).toBe(0);
  });

  test("answers HEAD with a head alone, and the connection serves on", async () => {
    const { port, streams } = await watch(transport);
    const client = await Client.connect(port);
    client.send(request("HEAD /events"));
    expect((await client.head()).fields.get("content-type")).toBe("text/event-stream");
    client.send(request("GET /a"));
    expect(String((await client.answer()).body)).toBe("plain");
    expect(streams).toEqual([]);
  });

  test("tells its owner once of a client that left in the middle", async () => {
    const { port, listener, streams } = await watch(transport);
    const reader = await EventReader.open(port, "/events");
    const [stream] = streams;
    stream!.onGone = vi.fn();
    stream!.send(event("a"));
    reader.client.leave();
    await until(() => listener.connections() === 0);
    expect(stream!.send(event("b"))).toBe(false);
    stream!.end();
    expect(stream!.onGone).toHaveBeenCalledOnce();
  });

  test("tells its owner of a client that left before it was opened", async () => {
    const { port, listener, streams, gone } = await watch(transport);
    const client = await Client.connect(port);
    client.send(request("GET /late"));
    await until(() => listener.pending() === 1);
    client.leave();
    await until(() => gone.size === 1);
    expect(streams[0]!.send(event("a"))).toBe(false);
    expect(listener.pending()).toBe(0);
  });

  test("survives a second request before its end", async () => {
    const { port, streams } = await watch(transport);
    const reader = await EventReader.open(port, "/events");
    const other = await EventReader.open(port, "/events");
    reader.client.send(request("GET /a"));
    await vi.waitFor(() => expect(streams[0]!.send(event("a")) || transport === "uws").toBe(true));
    expect(streams[1]!.send(event("b"))).toBe(true);
    expect((await other.next())?.data).toBe("b");
  });

  test("is not waited for when the listener stops, and is cut when it closes", async () => {
    const { port, listener, gone } = await watch(transport);
    const reader = await EventReader.open(port, "/events");
    expect([listener.connections(), listener.pending()]).toEqual([1, 0]);
    void listener.stopListening();
    listener.close();
    await expect(reader.next()).rejects.toThrow("cut");
    await until(() => gone.size === 1);
    expect([listener.connections(), listener.pending()]).toEqual([0, 0]);
  });
});

describe.each(TRANSPORTS)("a client that reads nothing (%s)", (transport) => {
  test("is sent no more than its socket takes, and misses nothing it was sent", async () => {
    const { port, streams } = await watch(transport);
    const reader = await EventReader.open(port, "/events");
    const [stream] = streams;
    let sent = 0;
    while (await trySoon(() => stream!.send(event(`${sent} ${KIB_64}`)))) sent++;
    expect(sent * KIB_64.length).toBeLessThan(MORE_THAN_THE_KERNEL);
    for (let n = 0; n < 1000; n++) expect(stream!.send(event("missed"))).toBe(false);

    for (let n = 0; n < sent; n++) expect((await reader.next())?.data).toBe(`${n} ${KIB_64}`);
    await until(() => stream!.send(event("back")));
    expect((await reader.next())?.data).toBe("back");
  });

  test("holds up nobody else", async () => {
    const { port, streams } = await watch(transport);
    await EventReader.open(port, "/events");
    const other = await EventReader.open(port, "/events");
    while (await trySoon(() => streams[0]!.send(event(KIB_64))));
    for (let n = 0; n < 100; n++) {
      streams[0]!.send(event("missed"));
      await until(() => streams[1]!.send(event(n)));
      expect((await other.next())?.data).toBe(`${n}`);
    }
  });

  test("gets its rest when the stream ends", async () => {
    const { port, streams } = await watch(transport);
    const reader = await EventReader.open(port, "/events");
    let sent = 0;
    while (await trySoon(() => streams[0]!.send(event(KIB_64)))) sent++;
    streams[0]!.end();
    let got = 0;
    while ((await reader.next()) !== undefined) got++;
    expect(got).toBe(sent);
  });
});

/** Node's sockets are full for a moment after each piece: only who stays full is. */
async function trySoon(send: () => boolean): Promise<boolean> {
  for (let n = 0; n < 5; n++) {
    if (send()) return true;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return false;
}
