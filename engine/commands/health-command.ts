/**
 * `sluice health`: one question to the running server, for whoever probes it from beside it: a
 * container's health check, Kubernetes, a script. It needs no other program, and shows the token
 * that the admin port may want.
 *
 * Never throws: every failure is one line for the operator. Does not print or exit.
 */

import type { Environment } from "../settings/config.js";
import { askAdmin, describeStranger, refused, type Told } from "./admin-client.js";

/** Probes have deadlines of their own, mostly longer: ours says what it was that took so long. */
const DEADLINE_MS = 3000;

/**
 * @param isForRequests true: is it ready for more requests (`/readyz`)? False: does it live
 *   (`/healthz`)?
 * @returns "told" when the answer is yes
 */
export async function tellHealth(
  env: Environment,
  isForRequests: boolean,
  deadlineMs = DEADLINE_MS,
): Promise<Told> {
  const asked = await askAdmin(env, isForRequests ? "/readyz" : "/healthz", deadlineMs);
  if (asked.kind === "refused") return asked;
  const { address, status, body } = asked;
  if (status === 200) return { kind: "told", text: isForRequests ? "ready\n" : "alive\n" };
  if (status !== 503) return refused(describeStranger(address, `status ${status}`));
  return {
    kind: "refused",
    complaints: body
      .trimEnd()
      .split("\n")
      .map((reason) => `not ready: ${reason}`),
  };
}
