/**
 * The admin port on the air: routes, dashboard and live feed over the machine.
 *
 * Owns: in which order they start and end. What each shows and refuses is theirs.
 */
import { AdminServer } from "../admin/admin-server.js";
import type { AdminSource, LiveSource } from "../admin/admin-source.js";
import { loadAssets } from "../admin/dashboard/assets.js";
import { LiveFeed } from "../admin/live-feed.js";
import { SILENT } from "../log.js";
import type { Config } from "../settings/settings.js";
import type { Ask, Listener, Refusal } from "../transport/exchange.js";
import { createRefusal } from "../transport/handshake.js";
import { listen } from "../transport/listen.js";

export interface AdminPort {
  readonly listener: Listener;
  stop(): void;
}

export interface AdminPortParts {
  readonly config: Config;
  readonly source: AdminSource & LiveSource;
  readonly onBug: (error: unknown, path: string) => void;
}

const NO_PLACE = createRefusal(503, "As many watch as there are places. Try again later.", [
  ["Retry-After", "5"],
]);

/** @throws Error whose message is for the operator, when the port cannot be had */
export async function openAdminPort(parts: AdminPortParts): Promise<AdminPort> {
  const { config, source, onBug } = parts;
  const feed = new LiveFeed({
    history: () => source.history(),
    now: () => source.now(),
    everySecond: (run) => source.everySecond(run),
    onBug: (error) => onBug(error, "the live feed"),
  });
  const admin = new AdminServer({
    source,
    token: config.adminToken,
    assets: loadAssets(),
    openFeed: (head, reply) => {
      if (feed.isFull) return false;
      feed.join(reply.openStream(head), "events");
      return true;
    },
    onBug,
  });
  const admits = (ask: Ask): true | Refusal =>
    admin.refusalOf(ask) ?? (feed.isFull ? NO_PLACE : true);
  const live = {
    path: "/live",
    admits,
    onOpen: (stream: Parameters<LiveFeed["join"]>[0]) => feed.join(stream, "messages"),
  };
  const { transport, adminHost: host, adminPort: port } = config;
  const listener = await listen(transport, { host, port, live }, admin, SILENT);
  return {
    listener,
    stop() {
      feed.stop();
      listener.close();
    },
  };
}
