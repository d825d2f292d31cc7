import * as pulumi from "@pulumi/pulumi";
import type { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb.js";
import resourceProto from "@pulumi/pulumi/proto/resource_pb.js";
import state from "@pulumi/pulumi/runtime/state.js";
import { withoutPromiseTraces } from "../traces.ts";
import { describe, plain, urnOf } from "./describe.ts";
import { masked } from "./properties.ts";
import type { GraphResource, Inputs } from "./resource.ts";

/** What a program asked the engine for; `requests` are the raw messages, with secrets in the clear: never show them. */
export type Capture = { resources: GraphResource[]; outputs: Inputs; requests: RegisterResourceRequest[] };

/**
 * Runs a Pulumi program in this process without an engine and answers with what it registered, in order. What a provider
 * would compute stays unknown, as in a preview. Runs are isolated from each other, but must follow one another.
 * Throws what the program throws, and where two resources have one name: the engine refuses that too.
 */
export function capture(
  { project, stack }: { project: string; stack: string },
  program: () => Promise<pulumi.Inputs>,
): Promise<Capture> {
  return withLocalStorage(() =>
    withoutTraces(async () => {
      const found: Capture = { resources: [], outputs: {}, requests: [] };
      // the mocks only switch the engine's features on: all that is asked goes to the monitor below
      const unused = { newResource: () => ({ id: "", state: {} }), call: () => ({}) };
      await pulumi.runtime.setMocks(unused, project, stack, true);
      Object.assign(pulumi.runtime.getMonitor() as object, monitor(found, { project, stack }));
      let failure: unknown;
      // thrown inside the stack's own promise it would be reported several times, once as unhandled
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

// internal to Pulumi and so not in its types; its automation interface isolates its runs the same way
const { withLocalStorage } = state as unknown as { withLocalStorage<T>(run: () => Promise<T>): Promise<T> };

type Callback<T> = (error: Error | null, answer: T) => void;

/** The part of the engine that a program talks to: it takes note, and knows no more than what it was told. */
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
