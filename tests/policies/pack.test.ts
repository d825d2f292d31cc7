import structs from "google-protobuf/google/protobuf/struct_pb.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Target, targets } from "../../ecosystem/targets.ts";
import { catalogue } from "../../infra/alerts/catalogue.ts";
import { readStack } from "../../infra/config/stack-file.ts";
import { readFacts } from "../../policies/facts.ts";
import { PACK, policiesOf } from "../../policies/policies.ts";
import { type DeclaredResource, fromDeclared } from "../../policies/readers/declared-resource.ts";
import { reportOn } from "../../policies/report.ts";
import { resourceViolations, stackViolations, type Violation } from "../../policies/violations.ts";
import { declaredOf, root } from "./graphs.ts";
import { mutations } from "./mutations/all.ts";
import { analyzer, diagnosticsOf, PackProcess } from "./pack-process.ts";
import { resourceRequest, stackRequest } from "./requests.ts";

const [resources, readiness, advice] = policiesOf(() => {
  throw new Error("only their names and levels matter here");
});

/** Violations as the engine receives them from a policy of the pack. */
const sent = (policy: typeof resources, violations: readonly Violation[]): string[] => {
  const { MANDATORY, ADVISORY } = analyzer.EnforcementLevel;
  const level = policy?.enforcementLevel === "mandatory" ? MANDATORY : ADVISORY;
  return violations.map(({ message, urn = "" }) =>
    [policy?.name, level, urn, `${policy?.description}\n${message}`].join(" | "),
  );
};

describe("the pack as a separate process", () => {
  let pack: PackProcess;
  beforeAll(async () => {
    pack = await PackProcess.start();
  });
  afterAll(() => pack?.stop());

  test("lists its policies and their enforcement levels", async () => {
    const info = await pack.info();
    expect(info.getName()).toBe(PACK);
    const { MANDATORY, ADVISORY } = analyzer.EnforcementLevel;
    const policies = info.getPoliciesList().map((policy) => [policy.getName(), policy.getEnforcementlevel()]);
    expect(policies).toEqual([
      ["resources", MANDATORY],
      ["readiness", MANDATORY],
      ["advice", ADVISORY],
    ]);
  });

  const publicInvoker = mutations.find(({ what }) => what === "a public invoker");
  const graphs: [string, () => Promise<DeclaredResource[]>][] = [
    ...targets.map((target: Target): [string, () => Promise<DeclaredResource[]>] => [
      `prod on ${target}`,
      () => declaredOf("prod", target),
    ]),
    ["local", () => declaredOf("local", "compose")],
    ["prod with a public invoker", async () => publicInvoker?.breaks(await declaredOf("prod", "cloud-run")) ?? []],
  ];

  test.each(graphs)("reports for %s exactly what the offline run reports", { timeout: 60_000 }, async (_, graph) => {
    const declared = await graph();
    await pack.configure(new analyzer.ConfigureAnalyzerRequest());
    // facts as the process reads them, except for the time of day
    const stack = declared[0]?.urn.split(":")[2] ?? "";
    const facts = readFacts(root, stack, { settings: readStack(root, stack).settings, catalogue, now: new Date() });
    // the engine does not say which inputs are secret
    const known = declared.map((one) => ({ ...fromDeclared(one), secretPaths: undefined }));

    for (const one of declared) {
      // nor, before a resource is created, where its inputs come from
      const alone = { ...fromDeclared(one), secretPaths: undefined, references: {} };
      expect(diagnosticsOf(await pack.analyze(resourceRequest(one)))).toEqual(
        sent(resources, resourceViolations(alone, facts)).sort(),
      );
    }
    const report = reportOn(known, facts);
    const violations = stackViolations(report, facts);
    expect(diagnosticsOf(await pack.analyzeStack(stackRequest(declared)))).toEqual(
      [...sent(readiness, violations.stops), ...sent(advice, violations.advice)].sort(),
    );
    // and nothing that the report holds against the stack stays unsaid
    const amiss = [...report.checks, ...report.rules].filter(({ verdict }) => verdict === "fail" || verdict === "warn");
    const all = [...violations.stops, ...violations.advice].map(({ message }) => message);
    for (const { name } of amiss) expect(all.some((message) => message.startsWith(`${name}: `))).toBe(true);
    expect(all.some((message) => message.includes("has a score of"))).toBe(report.score < report.gate.minimum);
  });

  test("blocks a public invoker before it is created", async () => {
    const declared = publicInvoker?.breaks(await declaredOf("prod", "cloud-run")) ?? [];
    const invoker = declared.find(
      ({ inputs }) => (inputs as { member?: string }).member === "allUsers",
    ) as DeclaredResource;
    const said = (await pack.analyze(resourceRequest(invoker))).getDiagnosticsList();
    expect(said.map((one) => one.getPolicyname())).toEqual(["resources"]);
    expect(said[0]?.getEnforcementlevel()).toBe(analyzer.EnforcementLevel.MANDATORY);
    expect(said[0]?.getMessage()).toMatch(/^authentication: .*it grants access to everyone/m);
  });

  test("an unknown stack is blocked, not passed", async () => {
    const [one] = (await declaredOf("prod", "cloud-run")).map((declared) => ({
      ...declared,
      urn: declared.urn.replace("urn:pulumi:prod", "urn:pulumi:nowhere"),
    }));
    await expect(pack.analyzeStack(stackRequest([one as DeclaredResource]))).rejects.toThrow(
      "there is no Pulumi.nowhere.yaml",
    );
  });

  test("a policy can be disabled by configuration, as the engine allows", async () => {
    const request = new analyzer.ConfigureAnalyzerRequest();
    const off = new analyzer.PolicyConfig();
    off.setEnforcementlevel(analyzer.EnforcementLevel.DISABLED);
    off.setProperties(new structs.Struct());
    request.getPolicyconfigMap().set("readiness", off);
    await pack.configure(request);
    const said = diagnosticsOf(await pack.analyzeStack(stackRequest(await declaredOf("prod", "cloud-run"))));
    expect(said.some((line) => line.startsWith("readiness"))).toBe(false);
    await pack.configure(new analyzer.ConfigureAnalyzerRequest());
  });
});
