/**
 * Who listens in systemd's place: a datagram socket of another program, since Node has none.
 *
 * Perl, because nearly every machine has it, and because it spells addresses without our help.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { onTestFinished, vi } from "vitest";

/** One line for each datagram, with the time it came, and a first one when it listens. */
const LISTEN = `
  use Socket; use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);
  $| = 1;
  my ($name) = @ARGV; $name =~ s/^@/\\0/;
  socket(my $socket, AF_UNIX, SOCK_DGRAM, 0) or die $!;
  bind($socket, pack_sockaddr_un($name)) or die $!;
  my $text = "listens";
  do {
    $text =~ s/\\n/|/g;
    printf "%d %s\\n", 1e6 * clock_gettime(CLOCK_MONOTONIC), $text;
  } while (defined recv($socket, $text, 4096, 0));`;

interface Notice {
  /** Its lines, with `|` between them. */
  readonly text: string;
  /** When it came, microseconds of CLOCK_MONOTONIC. */
  readonly atUs: number;
}

export class NoticeBoard {
  readonly notices: Notice[] = [];
  readonly #child: ChildProcess;
  /** Microseconds of CLOCK_MONOTONIC. */
  listensSinceUs = 0;

  private constructor(name: string) {
    this.#child = spawn("perl", ["-e", LISTEN, name], { stdio: ["ignore", "pipe", "inherit"] });
    createInterface({ input: this.#child.stdout! }).on("line", (line) => {
      const [, atUs, text] = /^(\d+) (.*)$/.exec(line)!;
      if (this.listensSinceUs === 0) this.listensSinceUs = Number(atUs);
      else this.notices.push({ text: text!, atUs: Number(atUs) });
    });
  }

  /**
   * Listens until the test has ended.
   *
   * @param name what NOTIFY_SOCKET is to be
   */
  static async listen(name: string): Promise<NoticeBoard> {
    const board = new NoticeBoard(name);
    onTestFinished(() => void board.#child.kill("SIGKILL"));
    await vi.waitUntil(() => board.listensSinceUs > 0, { timeout: 20_000, interval: 5 });
    return board;
  }

  get texts(): string[] {
    return this.notices.map(({ text }) => text);
  }

  /** Reads nothing, until told to go on. */
  signal(name: "SIGSTOP" | "SIGCONT"): void {
    this.#child.kill(name);
  }

  /** Waits until there are so many that `matches` holds of, and returns them. */
  async until(count: number, matches: (text: string) => boolean): Promise<readonly Notice[]> {
    const found = (): Notice[] => this.notices.filter(({ text }) => matches(text));
    return vi.waitUntil(() => found().length >= count && found(), {
      timeout: 20_000,
      interval: 5,
    });
  }
}
