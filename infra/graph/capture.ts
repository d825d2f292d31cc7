import * as pulumi from "@pulumi/pulumi";
import type { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb.js";
import resourceProto from "@pulumi/pulumi/proto/resource_pb.js";
import state from "@pulumi/pulumi/runtime/state.js";
import { withoutPromiseTraces } from "../traces.ts";
import { describe, plain, urnOf } from "./describe.ts";
import { masked } from "./properties.ts";
import type { GraphResource, Inputs } from "./resource.ts";

/** The registrations of a program; `requests` are the raw messages with plaintext secrets: never show them. */
export type Capture = { resources: GraphResource[]; outputs: Inputs; requests: RegisterResourceRequest[] };

/**
 * Runs a Pulumi program in this process without an engine and returns its registrations in order. Values that a provider
 * would compute stay unknown, as in a preview. Runs are isolated from each other, but must not overlap.
 * Throws the program's errors, and for duplicate resource names, as the engine does.
 */
export function capture(
  { project, stack }: { project: string; stack: string },
  program: () => Promise<pulumi.Inputs>,
): Promise<Capture> {
  return withLocalStorage(() =>
    withoutTraces(async () => {
      const found: Capture = { resources: [], outputs: {}, requests: [] };
      // the mocks only enable the engine's features: all requests go to the monitor below
      const unused = { newResource: () => ({ id: "", state: {} }), call: () => ({}) };
      await pulumi.runtime.setMocks(unused, project, stack, true);
      Object.assign(pulumi.runtime.getMonitor() as object, monitor(found, { project, stack }));
      let failure: unknown;
      // an error thrown inside the stack's own promise would be reported several times, once as unhandled
      const failed = (error: unknown) => {
        failure = error ?? new Error("the program failed without a reason");
        return {};
      };
      await pulumi.runtime.runInPulumiStack(() => program().catch(failed));
      await pulumi.runtime.disconnect(false);
      if (failure) throw failure;
      const urns = found.resources.map(({ urn }) => urn);
      const twice = urns.find((urn, index) => urns.indexOf(urn) !== index);
      if (twice !== undefined) throw new Error(`Duplicate resource URN '${twice}'; try giving it a unique name`);
      return found;
    }),
  );
}

// internal to Pulumi, so not in its types; the Automation API isolates its runs the same way
const { withLocalStorage } = state as unknown as { withLocalStorage<T>(run: () => Promise<T>): Promise<T> };

type Callback<T> = (error: Error | null, answer: T) => void;

/** The engine's interface for programs: records registrations and answers only from them. */
function monitor(found: Capture, { project, stack }: { project: string; stack: string }) {
  const nothing = (_: unknown, callback: Callback<object>) => callback(null, {});
  return {
    registerResource(request: RegisterResourceRequest, callback: Callback<resourceProto.RegisterResourceResponse>) {
      const urn = urnOf(request, project, stack);
      found.requests.push(request);
      found.resources.push(describe(request, urn));
      const answer = new resourceProto.RegisterResourceResponse();
      answer.setUrn(urn);
      answer.setObject(request.getObject());
      callback(null, answer);
    },
    registerResourceOutputs(request: resourceProto.RegisterResourceOutputsRequest, callback: Callback<object>) {
      if (request.getUrn().includes("::pulumi:pulumi:Stack::")) {
        found.outputs = masked(plain(request.getOutputs())).inputs;
      }
      callback(null, {});
    },
    registerResourceHook: nothing,
    registerErrorHook: nothing,
    registerStackTransform: nothing,
    registerStackInvokeTransform: nothing,
    signalAndWaitForShutdown: nothing,
  };
}

async function withoutTraces<T>(run: () => Promise<T>): Promise<T> {
  const undo = withoutPromiseTraces();
  try {
    return await run();
  } finally {
    undo();
  }
}
