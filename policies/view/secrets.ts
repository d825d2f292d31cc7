import type { Props } from "../props.ts";
import { NotProven, type Resource } from "../resource.ts";

/** The properties that are meant for secrets, by resource type. */
const places: Readonly<Record<string, readonly RegExp[]>> = {
  "gcp:secretmanager/secretVersion:SecretVersion": [/^secretData/],
  "gcp:sql/user:User": [/^password/],
  "gcp:monitoring/notificationChannel:NotificationChannel": [/^sensitiveLabels/, /^labels\.url$/],
  "gcp:pubsub/subscription:Subscription": [/^pushConfig\.pushEndpoint$/],
  "kubernetes:core/v1:Secret": [/^(data|stringData)/],
  "docker:index/container:Container": [/^uploads\[\d+\]\.content$/],
};

/** What secrets look like, whatever their names. */
const looks = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  /\b[a-z]+:\/\/[^\s:/@"'\\]+:[^\s@/"'\\]+@/,
  /\bAKIA[0-9A-Z]{16}\b/,
  /\bxox[abpr]-[0-9A-Za-z-]{10,}/,
  /\bgh[pousr]_[0-9A-Za-z]{36}/,
  /\bsk-[0-9A-Za-z_-]{20,}/,
  /\bhooks\.slack\.com\/services\//,
  /\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]+/,
  // a Fernet key, alone or as a variable's value
  /(^|[=\s])[\w-]{43}=($|\s)/,
];

/** The paths at which a resource contains a plaintext secret. */
export const exposed = (resource: Resource): string[] =>
  leaves(resource.props)
    .filter(([path]) => !isPlace(resource, path))
    .filter(([path, text]) => resource.secretPaths?.has(path) || looks.some((look) => look.test(text)))
    .map(([path]) => path);

/** The paths that are meant for secrets and whose values are not marked as such; none if the source does not record marks. */
export function unmarked(resource: Resource): string[] {
  const { secretPaths } = resource;
  if (!secretPaths) return [];
  const isMarked = (path: string) =>
    [...secretPaths].some(
      (marked) => path === marked || path.startsWith(`${marked}.`) || path.startsWith(`${marked}[`),
    );
  return leaves(resource.props)
    .filter(([path]) => isPlace(resource, path) && !isMarked(path))
    .map(([path]) => path);
}

/** An uploaded file is meant for secrets if it is below /run/secrets. */
function isPlace({ type, props }: Resource, path: string): boolean {
  if (!places[type]?.some((place) => place.test(path))) return false;
  const upload = /^uploads\[(\d+)\]/.exec(path);
  if (!upload) return true;
  const file = (props.uploads as Props[])[Number(upload[1])]?.file;
  return typeof file === "string" && file.startsWith("/run/secrets/");
}

/** All strings of a resource with their paths, except those that are not known yet. */
function leaves(value: unknown, path = ""): [string, string][] {
  if (typeof value === "string") return [[path, value]];
  if (typeof value !== "object" || value === null) return [];
  return Object.keys(value).flatMap((key) => {
    const below = Array.isArray(value) ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`;
    try {
      return leaves((value as Props)[key], below);
    } catch (error) {
      if (error instanceof NotProven) return [];
      throw error;
    }
  });
}
