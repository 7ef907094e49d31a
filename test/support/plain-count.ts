/**
 * Closes the run with one plain line, `N passed, N failed`, for whoever reads only the end. Before it
 * stands what was skipped: what a machine cannot test is not tested there.
 */
import type { Reporter, TestModule } from "vitest/node";

export default class PlainCount implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    let passed = 0;
    let failed = 0;
    const skipped: string[] = [];
    for (const module of modules) {
      if (module.state() === "failed" && module.children.size === 0) failed++;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === "passed") passed++;
        if (state === "failed") failed++;
        if (state === "skipped") skipped.push(`skipped: ${test.fullName}\n`);
      }
    }
    process.once("exit", () =>
      process.stdout.write(`\n${skipped.join("")}\n${passed} passed, ${failed} failed\n`),
    );
  }
}
