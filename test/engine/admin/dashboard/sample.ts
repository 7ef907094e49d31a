/** Samples for tests: a quiet second, but for what a test is about. */
import { SAMPLE_FIELDS, type Sample } from "../../../../metrics/samples.js";

const QUIET = Object.fromEntries(SAMPLE_FIELDS.map((field) => [field, 0])) as unknown as Sample;

export const sampleOf = (differs: Partial<Sample> = {}): Sample => ({ ...QUIET, ...differs });
