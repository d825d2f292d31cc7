import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import grpc from "@grpc/grpc-js";
import callbackService from "@pulumi/pulumi/proto/callback_grpc_pb.js";
import callbackProto from "@pulumi/pulumi/proto/callback_pb.js";
import engineService from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import engineProto from "@pulumi/pulumi/proto/engine_pb.js";
import resourceService from "@pulumi/pulumi/proto/resource_grpc_pb.js";
import resourceProto from "@pulumi/pulumi/proto/resource_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import { parse } from "yaml";
import { describe, plain, urnOf } from "../../infra/graph/describe.ts";
import { masked } from "../../infra/graph/properties.ts";
import type { GraphResource, Inputs } from "../../infra/graph/resource.ts";

/**
 * What a program did when Pulumi's own runtime ran it. `seconds` are from its start to its last resource, `peakMb` is the
 * largest resident memory of its process.
 */
export type Run = {
  code: number | null;
  output: string;
  resources: GraphResource[];
  /** The names of the resources whose hooks were called, in order. */
  hooked: string[];
  outputs: Inputs;
  seconds: number;
  peakMb: number;
};

type Call<Request> = grpc.ServerUnaryCall<Request, never>;
type Answer<T> = (error: null, answer: T) => void;

/**
 * Runs a Pulumi program the way the CLI does, with `@pulumi/pulumi/cmd/run` in a process of its own, against a double of
 * the engine that takes note of what is registered, makes nothing, and calls the hooks of what an update would create.
 * `onRegistered` is told each resource's name and type before it is answered.
 */
export async function runWithEngine(asked: {
  folder: string;
  project: string;
  stack: string;
  config: Record<string, string>;
  preview: boolean;
  env?: NodeJS.ProcessEnv;
  onRegistered?: (name: string, type: string) => Promise<unknown>;
}): Promise<Run> {
  const { folder, project, stack, config, preview, env = {} } = asked;
  const found: Found = {
    ...{ registered: [], outputs: new struct.Struct(), log: "", lastAt: performance.now() },
    ...{ hooks: new Map(), hooked: [] },
  };
  const server = new grpc.Server();
  server.addService(resourceService.ResourceMonitorService as never, monitor(found, asked) as never);
  server.addService(engineService.EngineService as never, engine(found) as never);
  const address = await new Promise<string>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(`127.0.0.1:${port}`),
    ),
  );
  const started = performance.now();
  const args = [
    ...nodeArguments(folder),
    createRequire(import.meta.url).resolve("@pulumi/pulumi/cmd/run"),
    `--monitor=${address}`,
    `--engine=${address}`,
    `--project=${project}`,
    `--stack=${stack}`,
    `--root-directory=${folder}`,
    `--pwd=${folder}`,
    ...(preview ? ["--dry-run"] : []),
    ".",
  ];
  // GNU time would be one more tool: the shell's own children are waited for by us, and Linux keeps a process's peak
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      PULUMI_CONFIG: JSON.stringify(config),
      PULUMI_CONFIG_SECRET_KEYS: JSON.stringify([`${project}:secrets`]),
      NODE_OPTIONS: `--import ${new URL("peak.js", import.meta.url).href}`,
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  child.stdout.on("data", (text) => (output += text));
  child.stderr.on("data", (text) => (output += text));
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  const seconds = (found.lastAt - started) / 1000;
  server.forceShutdown();
  const peakMb = Number(/peak memory: (\d+) kB/.exec(output)?.[1] ?? Number.NaN) / 1024;
  return {
    code,
    output: output + found.log,
    resources: found.registered.map((request) => describe(request, urnOf(request, project, stack))),
    hooked: found.hooked,
    outputs: masked(plain(found.outputs)).inputs,
    seconds,
    peakMb,
  };
}

/** What the double was asked: read only when the program has ended, so that it keeps no program waiting. */
type Found = {
  registered: resourceProto.RegisterResourceRequest[];
  outputs: struct.Struct;
  log: string;
  lastAt: number;
  hooks: Map<string, callbackProto.Callback>;
  hooked: string[];
};

/** What the project wants Node to be started with: the CLI reads it as well. */
function nodeArguments(folder: string): string[] {
  const { runtime } = parse(readFileSync(join(folder, "Pulumi.yaml"), "utf8"));
  return runtime.options.nodeargs?.split(" ") ?? [];
}

function monitor(
  found: Found,
  { project, stack, preview, onRegistered }: Omit<Parameters<typeof runWithEngine>[0], "config">,
) {
  const nothing = (_: unknown, answer: Answer<empty.Empty>) => answer(null, new empty.Empty());
  return {
    getDeploymentInfo(_: unknown, answer: Answer<resourceProto.DeploymentInfo>) {
      const info = new resourceProto.DeploymentInfo();
      const { RESOURCE_MONITOR_FEATURE_OUTPUT_VALUES: _outputs, ...features } = resourceProto.ResourceMonitorFeature;
      info.setSupportedfeaturesList(Object.values(features) as never);
      answer(null, info);
    },
    async registerResource(
      { request }: Call<resourceProto.RegisterResourceRequest>,
      answer: grpc.sendUnaryData<resourceProto.RegisterResourceResponse>,
    ) {
      found.lastAt = performance.now();
      found.registered.push(request);
      await onRegistered?.(request.getName(), request.getType());
      const refusal = preview ? "" : await askHooks(found, request);
      if (refusal !== "") {
        found.log += `${refusal}\n`;
        return answer({ code: grpc.status.UNKNOWN, details: refusal });
      }
      const response = new resourceProto.RegisterResourceResponse();
      response.setUrn(urnOf(request, project, stack));
      if (!preview && request.getCustom()) response.setId(`id of ${request.getName()}`);
      response.setObject(request.getObject());
      answer(null, response);
    },
    registerResourceOutputs(
      { request }: Call<resourceProto.RegisterResourceOutputsRequest>,
      answer: Answer<empty.Empty>,
    ) {
      if (request.getUrn().includes("::pulumi:pulumi:Stack::"))
        found.outputs = request.getOutputs() ?? new struct.Struct();
      answer(null, new empty.Empty());
    },
    invoke(_: unknown, answer: Answer<resourceProto.ResourceInvokeResponse>) {
      const response = new resourceProto.ResourceInvokeResponse();
      response.setReturn(new struct.Struct());
      answer(null, response);
    },
    registerPackage(_: unknown, answer: Answer<resourceProto.RegisterPackageResponse>) {
      const response = new resourceProto.RegisterPackageResponse();
      response.setRef("package");
      answer(null, response);
    },
    registerStackTransform: nothing,
    registerStackInvokeTransform: nothing,
    registerResourceHook({ request }: Call<resourceProto.RegisterResourceHookRequest>, answer: Answer<empty.Empty>) {
      found.hooks.set(request.getName(), request.getCallback() ?? new callbackProto.Callback());
      answer(null, new empty.Empty());
    },
    registerErrorHook: nothing,
    signalAndWaitForShutdown: nothing,
  };
}

/** Calls what a resource asks for before it is created, as the engine does; answers with the first refusal, or with "". */
async function askHooks(found: Found, resource: resourceProto.RegisterResourceRequest): Promise<string> {
  for (const name of resource.getHooks()?.getBeforeCreateList() ?? []) {
    found.hooked.push(resource.getName());
    const callback = found.hooks.get(name);
    if (!callback) throw new Error(`${resource.getName()} names a hook that was never registered: ${name}`);
    const call = new callbackProto.CallbackInvokeRequest();
    call.setToken(callback.getToken());
    call.setRequest(new resourceProto.ResourceHookRequest().serializeBinary());
    const client = new callbackService.CallbacksClient(callback.getTarget(), grpc.credentials.createInsecure());
    const response = await new Promise<callbackProto.CallbackInvokeResponse>((resolve, reject) =>
      client.invoke(call, (error, response) => (error ? reject(error) : resolve(response))),
    );
    client.close();
    const refusal = resourceProto.ResourceHookResponse.deserializeBinary(response.getResponse_asU8()).getError();
    if (refusal !== "") return refusal;
  }
  return "";
}

function engine(found: Found) {
  return {
    log({ request }: Call<engineProto.LogRequest>, answer: Answer<empty.Empty>) {
      if (request.getSeverity() !== engineProto.LogSeverity.DEBUG) found.log += `${request.getMessage()}\n`;
      answer(null, new empty.Empty());
    },
    getRootResource: (_: unknown, answer: Answer<engineProto.GetRootResourceResponse>) =>
      answer(null, new engineProto.GetRootResourceResponse()),
    setRootResource: (_: unknown, answer: Answer<engineProto.SetRootResourceResponse>) =>
      answer(null, new engineProto.SetRootResourceResponse()),
  };
}
