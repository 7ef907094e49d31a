/**
 * Checks of what is served and how: settings, the root's files, the disk below them, places to write.
 *
 * Pure: each is a question to the facts, with its reason beside the answer.
 */
import type { Check, DoctorFacts, Finding } from "./finding.js";

/** A start would end with each of these, so each is a finding. */
function checkSettings({ complaints }: DoctorFacts): Finding[] {
  if (complaints.length === 0) {
    return [{ check: "settings", verdict: "ok", found: "a start would find nothing wrong" }];
  }
  const change = "sluice --help tells what each takes";
  return complaints.map((found) => ({ check: "settings", verdict: "error", found, change }));
}

/** More: nobody reads on. One alone may be the exception. */
const NAMED = 3;

function checkFiles({ config, root }: DoctorFacts): Finding[] {
  if (root === undefined) return [];
  const { path, seen, hasMore, unreadable } = root;
  const looked = hasMore ? `the first ${seen}` : `all ${seen}`;
  if (unreadable.length === 0) {
    const found = `${path}: ${looked} files and folders can be read`;
    return [{ check: "files", verdict: "ok", found }, ...checkIndex(config, root)];
  }
  const named = unreadable.slice(0, NAMED).map((one) => JSON.stringify(one));
  const others = unreadable.length - named.length;
  return [
    {
      check: "files",
      verdict: unreadable.length === seen ? "error" : "warning",
      found: `${path}: of ${looked} files and folders, ${unreadable.length} cannot be read: ${named.join(", ")}${others > 0 ? ` and ${others} more` : ""}`,
      change: `chmod -R a+rX ${shellWord(path)}`,
      why: "who asks for them gets 403; a folder needs the x bit as well",
    },
    ...checkIndex(config, root),
  ];
}

/** Each host has an index of its own, and one without is no mistake. */
function checkIndex(
  config: DoctorFacts["config"],
  { index, path }: DoctorFacts["root"] & {},
): Finding[] {
  if (config.hostsDir !== "" || index === "readable") return [];
  const file = `${path}/${config.index}`;
  if (index === "unreadable") {
    const change = `chmod a+r ${shellWord(file)}`;
    const found = `${file} cannot be read`;
    return [{ check: "index", verdict: "error", found, change, why: "/ is answered with 403" }];
  }
  if (config.listing || config.rules !== "") return [];
  const change = "SLUICE_INDEX=NAME, or SLUICE_LISTING=on";
  const found = `${file} does not exist`;
  return [{ check: "index", verdict: "note", found, change, why: "/ is answered with 404" }];
}

const shellWord = (text: string): string =>
  /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

type Kind = "disk" | "memory" | "network" | "unknown";

/** statfs(2) lists them, linux/magic.h has the others. */
const FILE_SYSTEMS: ReadonlyMap<number, readonly [name: string, kind: Kind]> = new Map([
  [0xef53, ["ext4", "disk"]],
  [0x58465342, ["xfs", "disk"]],
  [0x9123683e, ["btrfs", "disk"]],
  [0x2fc12fc1, ["zfs", "disk"]],
  [0xf2f52010, ["f2fs", "disk"]],
  [0x794c7630, ["overlayfs", "disk"]],
  [0x73717368, ["squashfs", "disk"]],
  [0xe0f5e1e2, ["erofs", "disk"]],
  [0x01021994, ["tmpfs", "memory"]],
  [0x858458f6, ["ramfs", "memory"]],
  [0x6969, ["NFS", "network"]],
  [0xff534d42, ["CIFS", "network"]],
  [0xfe534d42, ["SMB", "network"]],
  [0x00c36400, ["Ceph", "network"]],
  [0x01021997, ["9P", "network"]],
  [0x65735546, ["FUSE", "network"]],
  [0x5346414f, ["AFS", "network"]],
  [0x47504653, ["GPFS", "network"]],
]);

function checkDisk({ config, root }: DoctorFacts): Finding[] {
  if (root?.fileSystem === undefined) return [];
  const [name, kind] = FILE_SYSTEMS.get(root.fileSystem) ?? [
    `a file system of type 0x${root.fileSystem.toString(16)}`,
    "unknown",
  ];
  const found = `${root.path} is on ${name}`;
  if (kind === "memory") {
    const why = "files there are in memory already, and count against the control group's limit";
    const change =
      "SLUICE_POOL_BYTES and SLUICE_SMALL_CACHE_BYTES as small as they may be, or a disk";
    return [{ check: "disk", verdict: "note", found, change, why }];
  }
  if (kind !== "network") return [{ check: "disk", verdict: "ok", found }];
  return [
    {
      check: "disk",
      verdict: "note",
      found,
      change: `more SLUICE_READERS than ${config.readers}, a longer SLUICE_REVALIDATE_MS; watch the disk phase in sluice report`,
      why: "each look and each read may cross a network: a reader is busy for as long, and other machines' changes show late",
    },
  ];
}

function checkWrites({ writes }: DoctorFacts): Finding[] {
  return writes.map(({ name, folder, isWritable }) =>
    isWritable
      ? { check: "writes", verdict: "ok", found: `${name}: ${folder} can be written to` }
      : {
          check: "writes",
          verdict: "error",
          found: `${name}: ${folder} cannot be written to by this user`,
          change: `StateDirectory= or LogsDirectory= in the systemd unit, a volume in a container, or chown USER ${shellWord(folder)}`,
          why: "what the setting asks for is kept there",
        },
  );
}

/** Whoever renews by itself does so a third of the life before the end: thirty days of ninety. */
const RENEWED_DAYS = 14;
const DAY_MS = 86_400_000;

function checkCertificates({ certificates }: DoctorFacts): Finding[] {
  if (certificates === undefined) return [];
  const { complaints, warnings, fit, nowMs } = certificates;
  const check = "certificate";
  const change = "renew it, or mend the file";
  return [
    ...complaints.map((found): Finding => ({ check, verdict: "error", found, change })),
    ...warnings.map((found): Finding => ({ check, verdict: "warning", found })),
    ...fit.map(({ name, notAfterMs }): Finding => {
      const days = Math.floor((notAfterMs - nowMs) / DAY_MS);
      const found = `${name}: for ${days} more ${days === 1 ? "day" : "days"}`;
      if (days >= RENEWED_DAYS) return { check, verdict: "ok", found };
      const why =
        "what renews by itself has done so by now, and after the end every client refuses";
      return { check, verdict: "warning", found, change: "look why it was not renewed", why };
    }),
  ];
}

export const SITE_CHECKS: readonly Check[] = [
  checkSettings,
  checkFiles,
  checkDisk,
  checkWrites,
  checkCertificates,
];
