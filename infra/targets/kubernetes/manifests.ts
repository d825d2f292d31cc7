import { stringify } from "yaml";
import { type Secret, secrets } from "../../../ecosystem/secrets.ts";
import { type Graph, type GraphResource, SECRET, UNKNOWN } from "../../graph/resource.ts";

/** One object of a cluster, as its API takes it. */
export type Manifest = {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string>; annotations?: Record<string, string> };
} & Record<string, unknown>;

/** What `kubectl apply` can follow: an object stands after those that it needs. Kinds of others come last, secrets not at all. */
export function manifestsOf({ resources }: Pick<Graph, "resources">): Manifest[] {
  return resources
    .filter(({ type }) => type.startsWith("kubernetes:"))
    .map(manifestOf)
    .filter(({ kind }) => kind !== "Secret")
    .sort((a, b) => rank(a) - rank(b));
}

/** The objects as YAML, after words about the secrets that they name. */
export function asYaml({ stack }: Pick<Graph, "stack">, manifests: Manifest[]): string {
  const head = ["---", ...preface(stack, manifests).map((line) => `# ${line}`.trimEnd())].join("\n");
  // the cluster reads YAML 1.1, in which a bare yes is no text
  const objects = manifests.map((manifest) => `---\n${stringify(manifest, { version: "1.1", lineWidth: 0 })}`);
  return `${[head, ...objects].join("\n")}`;
}

/** A secret that objects name: where it must lie, and under which keys. */
export type Needed = { namespace: string; name: string; keys: string[] };

/** The secrets that objects read, which must be there before them. */
export function neededSecrets(manifests: Manifest[]): Needed[] {
  const found = new Map<string, Needed>();
  for (const { metadata, spec } of manifests) {
    const { namespace = "" } = metadata;
    for (const { name, key } of referencesIn(spec)) {
      const needed = found.get(`${namespace}/${name}`) ?? { namespace, name, keys: [] };
      found.set(`${namespace}/${name}`, {
        ...needed,
        keys: [...new Set([...needed.keys, ...(key ? [key] : [])])].sort(),
      });
    }
  }
  return [...found.values()].sort((a, b) => a.name.localeCompare(b.name));
}

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
  const { metadata, ...rest } = inputs as Manifest;
  const annotations = Object.fromEntries(
    Object.entries(metadata.annotations ?? {}).filter(([key]) => !key.startsWith("pulumi.com/")),
  );
  const { annotations: _, ...plain } = metadata;
  const manifest = {
    ...rest,
    metadata: { ...plain, ...(Object.keys(annotations).length > 0 && { annotations }) },
  } as Manifest;
  if (manifest.kind !== "Secret") mustBePlain(name, manifest);
  return manifest;
}

/** Text that is applied as it stands cannot hold what only an engine knows. */
function mustBePlain(name: string, value: unknown): void {
  if (value === SECRET || value === UNKNOWN) {
    throw new Error(`${name} holds ${value}, which only pulumi can fill in: a manifest cannot describe it`);
  }
  if (typeof value === "object" && value !== null) for (const item of Object.values(value)) mustBePlain(name, item);
}

function preface(stack: string, manifests: Manifest[]): string[] {
  return [
    `The Kubernetes objects of the stack ${stack}, for: maha manifests --stack ${stack} | kubectl apply -f -`,
    "No value of a secret is printed. These must be there before their objects can start:",
    "",
    ...neededSecrets(manifests).flatMap(({ namespace, name, keys }) => [
      `Secret ${name} in ${namespace}`,
      ...keys.map((key) => `  ${key}: ${wordsOf(key)}`),
    ]),
    "",
    `maha secrets init --stack ${stack} makes the values and keeps them encrypted in Pulumi.${stack}.yaml. From files of one value each:`,
    "kubectl -n NAMESPACE create secret generic NAME --from-file=KEY=FILE ...",
  ];
}

const wordsOf = (key: string): string => {
  const known = (secrets as Record<string, (typeof secrets)[Secret]>)[key];
  return known ? `${known.purpose} (${known.form.words})` : "a value of your own";
};

/** Where an object reads a secret: as a variable, as files, or as a certificate. */
function referencesIn(value: unknown): { name: string; key?: string }[] {
  if (typeof value !== "object" || value === null) return [];
  const { secretKeyRef, secretName, certificateRefs } = value as {
    secretKeyRef?: { name: string; key: string };
    secretName?: string;
    certificateRefs?: { kind: string; name: string }[];
  };
  return [
    ...(secretKeyRef ? [secretKeyRef] : []),
    ...(secretName === undefined ? [] : [{ name: secretName }]),
    ...(certificateRefs ?? []).flatMap(({ name }) => ["tls.crt", "tls.key"].map((key) => ({ name, key }))),
    ...Object.values(value).flatMap(referencesIn),
  ];
}
