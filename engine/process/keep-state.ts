/** Whether download statistics are kept. */
import type { Downloads } from "../../metrics/downloads.js";
import type { Log } from "../log.js";
import type { Config } from "../settings/settings.js";
import { type DownloadKeeper, keepDownloads } from "../watch/download-keeper.js";

/**
 * @returns undefined when nobody asked for it
 * @throws Error whose message is for the operator, when the folder cannot be used
 */
export async function keepState(
  { metrics, stateDir }: Config,
  downloads: Downloads,
  { warn }: Log,
): Promise<DownloadKeeper | undefined> {
  if (!metrics || stateDir === "") return undefined;
  return keepDownloads(stateDir, { downloads, onTrouble: warn });
}
