import { secretNamed } from "../../../ecosystem/secrets.ts";
import { readStack } from "../../config/stack-file.ts";
import type { Capture } from "../../graph/capture.ts";
import { captureStack } from "../../graph/offline.ts";
import { SIGNATURE } from "../../graph/properties.ts";
import { type GraphResource, SECRET, UNKNOWN } from "../../graph/resource.ts";
import { type Templates, templatesOf } from "../../secrets/derived.ts";
import { namedReleases } from "../../stack.ts";
import { aboutUnpublished } from "../unpublished.ts";
import { yaml11 } from "../yaml11.ts";

/** A Kubernetes object. */
export type Manifest = {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string>; annotations?: Record<string, string> };
} & Record<string, unknown>;

/** A secret that objects read: its namespace, name and keys. */
export type Needed = { namespace: string; name: string; keys: string[] };

/** A stack as objects for `kubectl apply`, and the secrets that they need, without values. */
export type Manifests = {
  stack: string;
  objects: Manifest[];
  secrets: Needed[];
  /** Templates of the derived secrets. */
  derived: Templates;
};

/** Describes a stack from its current settings and releases. Throws a SettingsError or a ReleaseError. */
export async function manifestsOf(root: string, name: string): Promise<Manifests> {
  const stack = readStack(root, name);
  const releases = namedReleases(root, name, stack.settings);
  const captured = await captureStack(stack, releases, "kubernetes");
  const needed = secretsOf(captured);
  return {
    stack: name,
    objects: objectsOf(captured),
    secrets: needed,
    derived: templatesOf([releases.stable, releases.candidate].flatMap((one) => one?.revisions.kubernetes ?? [])),
  };
}

/** Objects come after those they depend on; third-party kinds come last, secrets are left out. */
export function objectsOf({ resources }: Pick<Capture, "resources">): Manifest[] {
  return resources
    .filter(({ type }) => type.startsWith("kubernetes:") && type !== SECRETS)
    .map(manifestOf)
    .sort((a, b) => rank(a) - rank(b));
}

/** The secrets that Pulumi would create, and the certificates provided by others. */
export function secretsOf({ requests, resources }: Pick<Capture, "requests" | "resources">): Needed[] {
  const made = requests
    .filter((request) => request.getType() === SECRETS)
    .map((request) => {
      const object: unknown = request.getObject()?.toJavaScript() ?? {};
      const { metadata, stringData } = object as { metadata: ObjectKey; stringData: Marked };
      const content = SIGNATURE in stringData ? stringData.value : stringData;
      return { namespace: metadata.namespace, name: metadata.name, keys: Object.keys(content).sort() };
    });
  const provided = resources.flatMap(({ inputs }) =>
    certificatesIn(inputs).map((name) => ({
      namespace: (inputs.metadata as ObjectKey).namespace,
      name,
      keys: ["tls.crt", "tls.key"],
    })),
  );
  return [...made, ...provided].sort((a, b) => a.name.localeCompare(b.name));
}

/** The objects as YAML, with a header about the secrets. */
export function asYaml(manifests: Manifests): string {
  const { objects } = manifests;
  const head = preface(manifests).map((line) => `# ${line}`.trimEnd());
  return [`${head.join("\n")}\n`, ...objects.map(yaml11)].join("---\n");
}

const SECRETS = "kubernetes:core/v1:Secret";

type ObjectKey = { namespace: string; name: string };
type Marked = Record<string, object> & { value: object };

const order = [
  "Namespace",
  "NetworkPolicy",
  "ServiceAccount",
  "Role",
  "RoleBinding",
  "ConfigMap",
  "PersistentVolumeClaim",
  "Service",
  "Deployment",
  "PodDisruptionBudget",
  "HorizontalPodAutoscaler",
  "CronJob",
];

const rank = ({ kind }: Manifest) => (order.includes(kind) ? order.indexOf(kind) : order.length);

function manifestOf({ name, inputs }: GraphResource): Manifest {
  const { apiVersion, kind, metadata, ...rest } = inputs as Manifest;
  const annotations = Object.entries(metadata.annotations ?? {}).filter(([key]) => !key.startsWith("pulumi.com/"));
  const { name: called, namespace, labels = {} } = metadata;
  const manifest = {
    apiVersion,
    kind,
    metadata: {
      name: called,
      ...(namespace !== undefined && { namespace }),
      labels,
      ...(annotations.length > 0 && { annotations: Object.fromEntries(annotations) }),
    },
    ...rest,
  };
  mustBePlain(name, manifest);
  return manifest;
}

/** Plain YAML cannot contain values that only the Pulumi engine knows. */
function mustBePlain(name: string, value: unknown): void {
  if (value === SECRET || value === UNKNOWN) {
    throw new Error(`${name} contains ${value}, which only Pulumi can fill in, so it cannot be printed as a manifest`);
  }
  if (typeof value === "object" && value !== null) for (const item of Object.values(value)) mustBePlain(name, item);
}

function preface({ stack, objects, secrets: needed, derived }: Manifests): string[] {
  return [
    `The Kubernetes objects of the stack ${stack}: npx maha manifests --stack ${stack} | kubectl apply -f -`,
    "",
    ...aboutUnpublished(imagesIn(objects)),
    "Secret values are not printed. Create these secrets first; replace each <name> with that secret's value:",
    "",
    ...needed.flatMap(({ namespace, name, keys }) => [
      `Secret ${name} in ${namespace}`,
      ...keys.map((key) => `  ${key}: ${wordsOf(key, derived)}`),
    ]),
    "",
    `npx maha secrets init --stack ${stack} generates the other values, or prints how to set them, and keeps them encrypted in`,
    `Pulumi.${stack}.yaml. To create a secret from one file per value:`,
    "kubectl -n NAMESPACE create secret generic NAME --from-file=KEY=FILE ...",
  ];
}

function wordsOf(key: string, derived: Templates): string {
  if (key.startsWith("tls.")) return "of the Gateway's certificate";
  return `${secretNamed(key).purpose} (${derived[key] ?? secretNamed(key).form.words})`;
}

/** All container images in an object. */
function imagesIn(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  const { image } = value as { image?: unknown };
  return [...(typeof image === "string" ? [image] : []), ...Object.values(value).flatMap(imagesIn)];
}

/** The certificate secrets that an object references. */
function certificatesIn(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  const { certificateRefs = [] } = value as { certificateRefs?: { name: string }[] };
  return [...certificateRefs.map(({ name }) => name), ...Object.values(value).flatMap(certificatesIn)];
}
