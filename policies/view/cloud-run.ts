import { at, listAt, numberAt, objectAt, textAt } from "../props.ts";
import type { Resource } from "../resource.ts";
import { type ContainerView, serviceOf } from "./container.ts";

export const SERVICE = "gcp:cloudrunv2/service:Service";
const JOB = "gcp:cloudrunv2/job:Job";
const templates: Readonly<Record<string, string>> = { [SERVICE]: "template", [JOB]: "template.template" };

/** The containers of Cloud Run services and jobs. The platform's sandbox confines them; the image sets their user. */
export const cloudRunContainers = (resources: readonly Resource[]): ContainerView[] =>
  resources.flatMap((resource) => {
    const template = templates[resource.type];
    if (template === undefined) return [];
    return listAt(resource.props, `${template}.containers`).map((_, i) => container(resource, template, i));
  });

function container(resource: Resource, template: string, index: number): ContainerView {
  const { props, type } = resource;
  const own = listAt(props, `${template}.containers`)[index];
  const path = `${template}.containers[${index}]`;
  // the container with a port is the service, the others are sidecars
  const serves = numberAt(own, "ports.containerPort");
  return {
    resource,
    path,
    service: serves === undefined ? undefined : serviceOf(at(objectAt(props, `${template}.labels`), "service")),
    name: textAt(own, "name") ?? textAt(props, "name") ?? "",
    get image() {
      return textAt(own, "image");
    },
    variables: listAt(own, "envs").map((variable, i) => ({
      path: `${path}.envs[${i}]`,
      name: textAt(variable, "name") ?? "",
      text: textAt(variable, "value"),
      secret: textAt(variable, "valueSource.secretKeyRef.secret"),
    })),
    words: [...listAt(own, "commands"), ...listAt(own, "args")].map(String),
    security: { root: undefined, privileged: false, confined: undefined },
    limits: {
      memory: at(own, "resources.limits.memory") !== undefined,
      cpu: at(own, "resources.limits.cpu") !== undefined,
    },
    probes: { starts: at(own, "startupProbe") !== undefined, lives: at(own, "livenessProbe") !== undefined },
    ports: serves === undefined ? [] : [{ port: serves }],
    mounts: listAt(own, "volumeMounts").flatMap((mount) => {
      const volume = listAt(props, `${template}.volumes`).find((one) => at(one, "name") === at(mount, "name"));
      const shared = textAt(volume, "gcs.bucket") ?? textAt(volume, "nfs.server");
      return shared === undefined ? [] : [{ volume: shared, folder: textAt(mount, "mountPath") ?? "", writable: true }];
    }),
    lasting: type === SERVICE,
  };
}
