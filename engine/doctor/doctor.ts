/**
 * What holds the server back on this machine, and what to change: facts in, findings out.
 *
 * Pure. Facts are looked up by doctor-command.ts. To add a check, write a function from the facts to
 * its findings and add it to `MACHINE_CHECKS` or `SITE_CHECKS`: what is not known, or is no question
 * here, is no finding.
 */
import { MACHINE_CHECKS } from "./doctor-machine.js";
import { SITE_CHECKS } from "./doctor-site.js";
import type { Check, DoctorFacts, Finding } from "./finding.js";

const CHECKS: readonly Check[] = [...MACHINE_CHECKS, ...SITE_CHECKS];

/** In the order of the checks. */
export const examine = (facts: DoctorFacts): Finding[] => CHECKS.flatMap((check) => check(facts));
