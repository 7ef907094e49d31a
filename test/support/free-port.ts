/** A port of loopback that nobody listens on, for programs that do not take "any". */
import { once } from "node:events";
import net, { type AddressInfo } from "node:net";

export async function freePort(): Promise<number> {
  const probe = net.createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
