import type { core } from "@pulumi/kubernetes/types/input.js";
import type { RevisionRole } from "../../../ecosystem/revision-role.ts";
import type { Seconds } from "../../../ecosystem/units.ts";
import type { KubernetesSettings, SettingsOn } from "../../config/schema.ts";
import { claimOf, component, labelsOf, secretOf } from "../../names.ts";
import type { Revision } from "../../release/revision.ts";
import { backupSidecar } from "./backups/pods.ts";
import { resources, restrictedContainer, restrictedPod, scratch, spread } from "./pods.ts";

/** Seconds before the stop signal in which clients learn that the pod is terminating. */
const LEAVE_SECONDS: Seconds = 5;

/** The CA certificates for the database: the image's own, or a file from the settings. */
const PUBLIC_AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt";
const OWN_AUTHORITY = "/etc/mahavishnu/database-authority.crt";

/** The selector of a revision's pods: only the revision, since a Deployment's selector is immutable. */
export const chosenBy = ({ id }: Pick<Revision, "id">) => ({ revision: id });

/** The name of the ConfigMap with a revision's files. */
export const filesOf = ({ id }: Pick<Revision, "id">) => `${id}-files`;

/**
 * The pod of a revision. Except for a single writer's volumes it is the same for stable and candidate, so that a candidate
 * that becomes stable keeps running.
 */
export function revisionPod(
  revision: Revision,
  { stack, settings, role }: { stack: string; settings: SettingsOn<"kubernetes">; role: RevisionRole },
) {
  const { database } = settings.kubernetes;
  const files = filesOfPod(revision, database);
  const claims = hasClaim(revision, role);
  const backup = revision.sessions === "single" ? [backupSidecar(revision.service, { settings })] : [];
  return {
    metadata: { labels: { ...labelsOf(stack, revision), ...component("service") } },
    spec: {
      ...restrictedPod,
      serviceAccountName: revision.service,
      terminationGracePeriodSeconds: LEAVE_SECONDS + revision.stopSeconds + 5,
      topologySpreadConstraints: spread(chosenBy(revision)),
      containers: [
        {
          ...restrictedContainer,
          name: revision.service,
          image: revision.image,
          command: revision.command,
          ports: [{ name: "http", containerPort: revision.port }],
          env: environmentOf(revision, database),
          resources: resources(revision),
          ...probes(revision),
          lifecycle: { preStop: { sleep: { seconds: LEAVE_SECONDS } } },
          volumeMounts: [
            { name: "state", mountPath: revision.state },
            ...revision.scratch.map((mountPath, i) => ({ name: `scratch-${i}`, mountPath })),
            ...Object.keys(files).map((mountPath) => ({
              name: "files",
              mountPath,
              subPath: keyOf(mountPath),
              readOnly: true,
            })),
          ],
        },
        ...backup.map(({ container }) => container),
      ],
      volumes: [
        claims ? { name: "state", persistentVolumeClaim: { claimName: claimOf(revision.service) } } : scratch("state"),
        ...backup.map(({ volume }) => (claims ? volume : scratch(volume.name))),
        ...revision.scratch.map((_, i) => scratch(`scratch-${i}`)),
        ...(Object.keys(files).length > 0 ? [{ name: "files", configMap: { name: filesOf(revision) } }] : []),
      ],
    },
  } satisfies core.v1.PodTemplateSpec;
}

/** A single writer's volume belongs to its service: a candidate gets a scratch folder. */
export const hasClaim = ({ sessions }: Pick<Revision, "sessions">, role: RevisionRole): boolean =>
  sessions === "single" && role === "stable";

/** The content of the ConfigMap with a revision's files; empty if there are none. */
export const filesData = (revision: Revision, database: KubernetesSettings["database"]): Record<string, string> =>
  Object.fromEntries(Object.entries(filesOfPod(revision, database)).map(([path, text]) => [keyOf(path), text]));

const usesDatabase = ({ database }: Revision) => database !== null;

function filesOfPod(revision: Revision, { authority }: KubernetesSettings["database"]): Record<string, string> {
  return {
    ...revision.files,
    ...(usesDatabase(revision) && authority !== undefined && { [OWN_AUTHORITY]: authority }),
  };
}

/** ConfigMap keys cannot contain slashes. */
const keyOf = (path: string) => path.slice(1).replaceAll("/", "_");

/** The database client verifies the server's certificate only when a CA is given. */
const environmentOf = (revision: Revision, { authority }: KubernetesSettings["database"]) => [
  ...Object.entries({
    ...revision.environment,
    ...(usesDatabase(revision) && { PGSSLROOTCERT: authority === undefined ? PUBLIC_AUTHORITIES : OWN_AUTHORITY }),
  }).map(([name, value]) => ({ name, value })),
  ...Object.entries(revision.secrets).map(([name, key]) => ({
    name,
    valueFrom: { secretKeyRef: { name: secretOf(revision.service), key } },
  })),
];

/** It has time to start; after that it gets no traffic while it does not answer, and is restarted if that persists. */
function probes({ health, startupSeconds }: Revision) {
  const httpGet = { path: health, port: "http" };
  return {
    startupProbe: { httpGet, periodSeconds: 2, timeoutSeconds: 2, failureThreshold: Math.ceil(startupSeconds / 2) },
    readinessProbe: { httpGet, periodSeconds: 5, timeoutSeconds: 2, failureThreshold: 3 },
    livenessProbe: { httpGet, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
  };
}
