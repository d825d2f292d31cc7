import type { Target } from "../../ecosystem/targets.ts";
import { isPinned, ReleaseError } from "./release.ts";
import type { Revision } from "./revision.ts";

/** A new revision, with its stack and target. */
type JudgedRelease = { revision: Revision; stack: string; target: Target };

/** Throws a ReleaseError for a revision that could not run safely. */
export function judgeRevision(made: JudgedRelease): void {
  const fault = faultOf(made);
  if (fault === undefined) return;
  const { stack, target, revision } = made;
  throw new ReleaseError(`a release of ${stack}, ${target}, ${revision.service}: ${fault}`);
}

/** The first problem, with its remedy. */
function faultOf({ revision, stack, target }: JudgedRelease): string | undefined {
  const { service, image, identityProxy, sessions, data, instances } = revision;
  const loose = [image, identityProxy?.image].find((image) => image && !isPinned(image));
  if (stack !== "local" && loose) {
    return `the image ${loose} has no digest, and its tag can move. Example: --image ${service}=registry.acme.dev/${service}@sha256:...`;
  }
  if (target !== "compose" && /^sha256:/.test(image)) {
    return `an image id is known only to one Docker host. Push the image and use its digest: --image ${service}=registry.acme.dev/${service}@sha256:...`;
  }
  if (data === "volume" && sessions !== "single") {
    return `its data is on a volume with one writer at a time, so it cannot be ${sessions}${target === "cloud-run" ? " on Cloud Run, which scales instances freely" : ""}. Use the session model single`;
  }
  if (sessions === "single" && instances.max > 1) return `single means one instance, not up to ${instances.max}`;
  return target === "cloud-run" ? cloudRunFault(revision) : undefined;
}

function cloudRunFault({ service, sessions, cpu, memoryMi, identityProxy }: Revision): string | undefined {
  if (sessions === "sticky") {
    return "Cloud Run does not pin a session to an instance. Use stateless, or single for the singletons' VM";
  }
  if (sessions === "single") {
    if (!identityProxy) return undefined;
    const peers = identityProxy.peers.map(({ service }) => service).join(", ");
    return `it calls ${peers} on Cloud Run, which requires an identity token, and nothing on the singletons' VM adds one. Make it stateless, or make ${peers} single as well`;
  }
  const [least, most] = cloudRunMemory[cpu] ?? [];
  if (least === undefined || most === undefined) {
    return `Cloud Run offers ${Object.keys(cloudRunMemory).join(", ")} vCPU per instance, not ${cpu}. Set sizes.${service}.cpu`;
  }
  if (memoryMi < least || memoryMi > most) {
    return `Cloud Run offers ${least} to ${most} MiB of memory with ${cpu} vCPU, not ${memoryMi}. Set sizes.${service}.memoryMi`;
  }
  return undefined;
}

/** Cloud Run's minimum and maximum memory, in MiB, by number of CPUs. */
const cloudRunMemory: Record<number, [number, number]> = {
  1: [512, 4096],
  2: [512, 8192],
  4: [2048, 16384],
  6: [4096, 24576],
  8: [4096, 32768],
};
