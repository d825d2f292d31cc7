import type { RevisionRole } from "../ecosystem/revision-role.ts";
import type { Milliseconds, Percent } from "../ecosystem/units.ts";
import { edgePaths } from "../edge/paths.ts";
import { serve } from "../load/link.ts";
import { seeded } from "../promotion/random.ts";
import { type Child, type Death, lastLines } from "./child.ts";
import { type Envoy, startEnvoy } from "./envoy.ts";
import { type Fault, faultAt } from "./faults.ts";
import { type FaultProxy, startProxy } from "./proxy.ts";
import { startServer } from "./server.ts";
import { type RehearsedService, revisionId, type Workload } from "./workload.ts";

/** The calls that the stage process serves. */
export type StageVerbs = {
  raise(play: { workload: Workload; logs: string; fault: Fault | null; seed: number }): Promise<StagedService[]>;
  envoy(start: { binary: string; folder: string }): Promise<void>;
  faultsAt(share: Percent): Promise<void>;
  down(): Promise<void>;
};

/** Events of the stage process: progress, the process group of each command, and unexpected exits. */
export type StageEvent = { say: string } | { group: number } | { death: Death };

/** One revision as the edge reaches it: through its proxy. */
export type StageEndpoint = { id: string; address: string; port: number };

/** One service on the stage. */
export type StagedService = { name: string; stable: StageEndpoint; candidate: StageEndpoint };

type Actor = { role: RevisionRole; child: Child; proxy: FaultProxy };

/** Grace period of a server, in milliseconds; the ecosystem's slowest server needs five seconds. */
const GRACE_MS: Milliseconds = 6000;

const children = new Set<Child>();
const actors: Actor[] = [];
let envoy: Envoy | undefined;
let isGoingDown = false;
let injected: Fault | null = null;
let highestShare = 0;

const verbs: StageVerbs = {
  async raise({ workload, logs, fault, seed }) {
    injected = fault;
    const services = workload.services.map(async (service) => {
      const enter = (role: RevisionRole) => enterActor(service, role, { folder: workload.folder, logs, seed });
      const [stable, candidate] = await Promise.all([enter("stable"), enter("candidate")]);
      return { name: service.name, stable, candidate };
    });
    return Promise.all(services);
  },
  async envoy({ binary, folder }) {
    envoy = await startEnvoy({ binary, folder });
    emit({ group: envoy.pid });
    await envoy.ready;
    envoy.exited.then(({ code, signal }) => {
      const output = lastLines(edgePaths(folder).log);
      if (!isGoingDown) emit({ death: { what: "Envoy", code, signal, output } });
    });
  },
  async faultsAt(share) {
    // Faults persist when the share goes back.
    highestShare = Math.max(highestShare, share);
    await Promise.all(
      actors.map(async ({ role, child, proxy }) => {
        const behaviour = faultAt(injected, role, highestShare);
        if (behaviour.kind === "crash") await child.kill();
        await proxy.behave(behaviour);
      }),
    );
  },
  async down() {
    isGoingDown = true;
    await Promise.all([envoy?.stop(), ...[...children].map((child) => child.stop(GRACE_MS))]);
    await Promise.all(actors.map(({ proxy }) => proxy.close()));
  },
};

const emit = serve<StageEvent>(verbs);

async function enterActor(
  service: RehearsedService,
  role: RevisionRole,
  { folder, logs, seed }: { folder: string; logs: string; seed: number },
): Promise<StageEndpoint> {
  const began = performance.now();
  const { child, port } = await startServer(service, role, { folder, logs, onStart: keep });
  const id = revisionId(service, role);
  const random = seeded(seed, `${service.name} ${role} faults`);
  const proxy = await startProxy({ port, path: service.path, revision: id, random });
  actors.push({ role, child, proxy });
  child.died.then((death) => {
    proxy.close();
    emit({ death });
  });
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  emit({ say: `${service.name} ${role}, version ${service[role].version}, is ready after ${seconds} s` });
  return { id, address: "127.0.0.1", port: proxy.port };
}

function keep(child: Child): Child {
  children.add(child);
  child.ended.then(() => children.delete(child));
  emit({ group: child.pid });
  return child;
}
