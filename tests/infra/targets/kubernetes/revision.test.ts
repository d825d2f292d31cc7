import { expect, test } from "vitest";
import { replicas, scaling } from "../../../../infra/targets/kubernetes/revision.ts";
import { first, revisionOf } from "../../../fixtures/kubernetes/states.ts";

const revision = revisionOf(first, "mahavishnu");

test.each<[{ min: number; max: number }, number, number]>([
  [{ min: 2, max: 10 }, 2, 10],
  [{ min: 0, max: 3 }, 1, 3],
  [{ min: 4, max: 4 }, 4, 4],
])("instances of %o scale from %i to %i above 80 percent of their processors", (instances, min, max) => {
  expect(scaling({ id: "mahavishnu-1", instances })).toMatchObject({
    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "mahavishnu-1" },
    minReplicas: min,
    maxReplicas: max,
    metrics: [{ resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } } }],
  });
});

test.each([
  ["stateless" as const, undefined, "RollingUpdate"],
  ["sticky" as const, 1, "Recreate"],
  ["single" as const, 1, "Recreate"],
])("%s pods are %s, replaced by %s", (sessions, count, type) => {
  const made = replicas({ ...revision, sessions });
  expect("replicas" in made ? made.replicas : undefined).toBe(count);
  expect(made.strategy.type).toBe(type);
});
