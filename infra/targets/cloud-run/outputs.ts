import { REVISION_HEADER } from "../../../edge/routes.ts";
import {
  type CandidateUrl,
  type CloudRunDeployment,
  type Outputs,
  type Pair,
  pairsOf,
  revisionIds,
} from "../../deployment.ts";
import { previewPort } from "../../names.ts";
import { cloudRunUrl, machineHost } from "../../release/addresses.ts";
import { CANDIDATE_TAG } from "./traffic.ts";

/** The addresses for users, smoke tests and the promotion. All are known before anything exists. */
export function outputsOf(deployment: CloudRunDeployment): Outputs {
  const pairs = [...pairsOf(deployment).values()];
  const previews = pairs.flatMap(({ candidate }) =>
    candidate ? [[candidate.service, previewOf(candidate, deployment)] as const] : [],
  );
  return {
    target: "cloud-run",
    urls: Object.fromEntries(pairs.map(({ stable }) => [stable.service, urlOf(stable, deployment)])),
    candidateUrls: Object.fromEntries(previews),
    revisions: revisionIds(deployment),
    edgeAdmin: null,
  };
}

type OutputRevision = Pair["stable"];
type CloudRunOutputs = Pick<CloudRunDeployment, "settings">;

/** A single service is reachable only inside the network. */
const urlOf = ({ service, port, path, sessions }: OutputRevision, { settings }: CloudRunOutputs): string =>
  sessions === "single" ? `http://${machineHost(settings)}:${port}${path}` : `${cloudRunUrl(service, settings)}${path}`;

function previewOf(candidate: OutputRevision, { settings }: CloudRunOutputs): CandidateUrl {
  const { path, sessions, port } = candidate;
  const url = urlOf(candidate, { settings });
  if (sessions === "single") return { url: url.replace(`:${port}/`, `:${previewPort(port)}/`), headers: {} };
  if (settings.cloudRun.domain !== undefined) {
    return { url, headers: { [REVISION_HEADER]: "candidate" } };
  }
  return { url: `https://${CANDIDATE_TAG}---${new URL(url).host}${path}`, headers: {} };
}
