/** A command line as a table of options: what is on it, and how it is told. */

interface OptionRow {
  /** What follows the name in `--help`; empty for a switch. */
  readonly takes: string;
  readonly says: string;
}

export type OptionTable = Readonly<Record<string, OptionRow>>;

/** `--name value`, `--name=value` and `--switch`. Whatever else is there is complained about. */
export function splitArguments<Table extends OptionTable>(
  table: Table,
  args: readonly string[],
): { given: Map<keyof Table, string>; complaints: string[] } {
  const given = new Map<keyof Table, string>();
  const complaints: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const [name, inline] = args[at]!.replace(/^--/, "").split(/=(.*)/s) as [string, string?];
    const row = Object.hasOwn(table, name) ? table[name] : undefined;
    if (row === undefined || !args[at]!.startsWith("--")) {
      complaints.push(`${args[at]}: no such option; --help lists them`);
      continue;
    }
    const isSwitch = row.takes === "";
    const value = isSwitch ? "" : (inline ?? args[++at]);
    if (isSwitch && inline !== undefined) complaints.push(`--${name} takes no value`);
    else if (value === undefined) complaints.push(`--${name} wants ${row.takes}`);
    else given.set(name, value);
  }
  return { given, complaints };
}

/** The text of `--help`. */
export function tableText(usage: string, table: OptionTable): string {
  const rows = Object.entries(table).map(([name, row]) => {
    const left = `--${name} ${row.takes}`.trim();
    return `  ${left.padEnd(24)}${row.says}`;
  });
  return [usage, "", ...rows, ""].join("\n");
}
