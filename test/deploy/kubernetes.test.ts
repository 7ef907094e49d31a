/** Fear: manifests that restart a server which lives, cut its downloads, or starve it of memory. */
import { describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { examine } from "../../engine/doctor/doctor.js";
import type { DoctorFacts } from "../../engine/doctor/finding.js";
import { parseBytes } from "../../engine/settings/units.js";
import { readMachineFacts } from "../../fs/machine-facts.js";
import { commandOf, configOf, readText } from "./shipped.js";

const MAIN = "/app/dist/engine/main.js";

const documents = parseAllDocuments(readText("deploy/kubernetes.yaml"), { uniqueKeys: true });
const [deployment, service, budget] = documents.map((one) => one.toJS());
const pod = deployment.spec.template.spec;
const [container] = pod.containers;
const config = configOf({
  SLUICE_HOST: "0.0.0.0", // by the image
  ...Object.fromEntries(
    container.env.map(({ name, value }: { name: string; value: string }) => [name, value]),
  ),
});

test("is YAML without a fault, of the kinds and versions that clusters know", () => {
  expect(documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([]);
  expect(documents.map((one) => `${one.get("apiVersion")} ${one.get("kind")}`)).toEqual([
    "apps/v1 Deployment",
    "v1 Service",
    "policy/v1 PodDisruptionBudget",
  ]);
});

test("all parts mean the same pods", () => {
  const { labels } = deployment.spec.template.metadata;
  expect(deployment.spec.selector.matchLabels).toEqual(labels);
  expect(service.spec.selector).toEqual(labels);
  expect(budget.spec.selector.matchLabels).toEqual(labels);
  expect(pod.topologySpreadConstraints[0].labelSelector.matchLabels).toEqual(labels);
});

test("the service leads to the port that the server listens on", () => {
  const [{ targetPort }] = service.spec.ports;
  expect(container.ports).toEqual([{ name: targetPort, containerPort: config.port }]);
});

test("one pod may be disrupted, and one is left", () => {
  expect(budget.spec.minAvailable).toBeGreaterThan(0);
  expect(budget.spec.minAvailable).toBeLessThan(deployment.spec.replicas);
});

test("a pod that is told to stop has the time to drain", () => {
  const beforeMs = container.lifecycle.preStop.sleep.seconds * 1000;
  expect(pod.terminationGracePeriodSeconds * 1000).toBeGreaterThan(beforeMs + config.drainMs);
});

describe("probes", () => {
  const { startupProbe, readinessProbe, livenessProbe } = container;
  test.each([
    ["starting", startupProbe, false],
    ["readiness", readinessProbe, true],
    ["liveness", livenessProbe, false],
  ])("%s asks for what it means, with more patience than the question has", (_, probe, ready) => {
    const asked = commandOf(probe.exec.command, MAIN);
    expect(asked).toEqual({ kind: "health", isForRequests: ready });
    expect(probe.timeoutSeconds).toBeGreaterThan(3);
  });
  test("a server is taken out of service long before it is ended", () => {
    const seconds = (probe: { periodSeconds: number; failureThreshold: number }): number =>
      probe.periodSeconds * probe.failureThreshold;
    expect(seconds(livenessProbe)).toBeGreaterThanOrEqual(3 * seconds(readinessProbe));
  });
});

test("the memory granted is enough for the settings, and for a probe beside the server", () => {
  const { limits, requests } = container.resources;
  expect(requests.memory).toBe(limits.memory);
  const PROBE_BYTES = 64 * 2 ** 20; // a Node that asks one question
  const memoryBytes = parseBytes(limits.memory.replace(/i$/, "iB"))! - PROBE_BYTES;
  const facts: DoctorFacts = {
    config,
    complaints: [],
    machine: { ...readMachineFacts(), grant: { memoryBytes, cores: undefined } },
    node: "Node 24.0.0",
    libc: undefined,
    uws: { loads: true },
    root: undefined,
    writes: [],
    certificates: undefined,
  };
  expect(examine(facts).find(({ check }) => check === "memory")?.verdict).toBe("ok");
});

test("the pod has no right it does not use", () => {
  expect(pod).toMatchObject({
    automountServiceAccountToken: false,
    securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
  });
  expect(container.securityContext).toEqual({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
  });
});
