import { edgePaths } from "../../../edge/paths.ts";
import { REVISION_HEADER, TOKEN_HEADER } from "../../../edge/routes.ts";
import type { ComposeSettings } from "../../config/schema.ts";
import { type ComposeDeployment, type Outputs, pairsOf } from "../../deployment.ts";
import { edgeContainer, edgeFolder } from "../../names.ts";

/** A stack's addresses on its host. All traffic goes through the edge; a candidate at 0 % requires the preview token. */
export function composeOutputs(
  deployment: Pick<ComposeDeployment, "stack" | "settings" | "stable" | "candidate" | "secret">,
): Pick<Outputs, "urls" | "candidateUrls" | "edgeAdmin"> {
  const { compose } = deployment.settings;
  const pairs = [...pairsOf(deployment)];
  const origin = `${compose.tls ? "https" : "http"}://${hostnameOf(compose)}`;
  const url = (port: number, path: string) => `${origin}:${port}${path}`;
  const headers = () => ({ [REVISION_HEADER]: "candidate", [TOKEN_HEADER]: deployment.secret("preview-token") });
  return {
    urls: Object.fromEntries(pairs.map(([name, { stable }]) => [name, url(stable.port, stable.path)])),
    candidateUrls: Object.fromEntries(
      pairs.flatMap(([name, { candidate }]) =>
        candidate ? [[name, { url: url(candidate.port, candidate.path), headers: headers() }]] : [],
      ),
    ),
    edgeAdmin: pairs.length > 0 ? `docker://${edgeContainer(deployment.stack)}${edgePaths(edgeFolder).admin}` : null,
  };
}

/** The host in URLs: the published address if there is one, else the host's own name. */
export function hostnameOf({ host, publish }: Pick<ComposeSettings, "host" | "publish">): string {
  if (publish !== "0.0.0.0") return publish;
  return /^ssh:\/\/(?:[^@]*@)?([^:/]+)/.exec(host)?.[1] ?? "127.0.0.1";
}
